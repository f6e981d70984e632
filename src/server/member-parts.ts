import type { ServerState } from "../admin/admin-view.ts";
import { invariant } from "../base/invariant.ts";
import type { Instant } from "../base/ports.ts";
import { readOnlyChain } from "../core/pipeline/chains.ts";
import { ServerMachine } from "../core/pipeline/server-machine.ts";
import { ServerStats } from "../core/pipeline/server-stats.ts";
import { type Membership, memberOf, type ServerSpec } from "../core/quorum/membership.ts";
import type { QuorumView } from "../core/quorum/quorum-view.ts";
import type { Input } from "../core/ready.ts";
import type { PeerInput, PeerReady } from "../core/zab/peer-face.ts";
import { EpochFiles } from "../storage/epoch-files.ts";
import type { Epochs } from "../storage/epoch-rules.ts";
import { DurableQueue } from "./ensemble-durable-queue.ts";
import { LearnerLinks } from "./ensemble-links.ts";
import { LEARNER_BYTES_MAX } from "./ensemble-outbox.ts";
import { StorageDesk } from "./ensemble-storage.ts";
import { ExitCode } from "./exit-code.ts";
import { type BindAddress, QuorumListener } from "./quorum-listener.ts";
import { type Machine, Replica } from "./replica.ts";
import { serverOptionsOf } from "./server-options.ts";
import {
  type ClientSide,
  clientPerformers,
  connectClientSide,
  createLogWorker,
  createSnapshotWorker,
  type ServerFoundation,
  type ServerParts,
} from "./server-parts.ts";

/** The deciding core of a member, as its host sees it: `Peer`. */
export interface MemberMachine extends Machine<PeerInput, PeerReady> {
  /** Serves clients; null while there is no role in which it may. */
  readonly server: ServerMachine | null;
}

/** What the member's machine is made from, beside the configuration. */
export interface MemberStart {
  readonly epochs: Epochs;
  readonly view: QuorumView;
  readonly stats: ServerStats;
  readonly startedAt: Instant;
}

/** How a member speaks with the others about who leads: `ElectionNetwork`. */
export interface ElectionLinks {
  /** Opens the election port. Rejects when it cannot be bound (exit code 14). */
  start(): Promise<void>;
  /** A newer notification for the same peer replaces one that has not left. */
  notify(to: number, payload: Uint8Array): void;
  /** Notifications sent before are not to be repeated. */
  forget(): void;
  /** Where peers are dialed from now on. */
  viewChanged(view: QuorumView): void;
  close(): Promise<void>;
}

export interface MemberMakers {
  machine(foundation: ServerFoundation, start: MemberStart): MemberMachine;
  election(foundation: ServerFoundation, view: QuorumView, step: (input: PeerInput) => void): ElectionLinks;
  /** Stores what changes of the ensemble's configuration (quorum-protocol 5.2). */
  memberships(foundation: ServerFoundation): { store(view: QuorumView): Promise<void> };
}

/** Puts a member of an ensemble together. */
export function connectMember(
  foundation: ServerFoundation,
  epochs: Epochs,
  view: QuorumView,
  make: MemberMakers,
): ServerParts {
  const { config, ports, storage, metrics, failed } = foundation;
  const { disk, clock, timer, rng, log, network } = ports;
  const { ensemble } = config;
  const stats = new ServerStats();
  const startedAt = clock.now();
  const machine = make.machine(foundation, { epochs, view, stats, startedAt });
  const step = (input: PeerInput): void => replica.step(input);

  const snapshots = createSnapshotWorker(foundation, () => machine.server?.database);
  const desk = new StorageDesk({
    storage,
    disk,
    log,
    snapshots,
    createWorker: (txnLog, policy) =>
      createLogWorker(foundation, { log: txnLog, policy }, snapshots, (zxid) => {
        // First what others wait for.
        durable.persisted(zxid);
        step({ kind: "persisted", zxid });
      }),
  });
  const links = new LearnerLinks({
    network,
    clock,
    timer,
    log,
    step,
    hasTcpKeepAlive: ensemble.hasTcpKeepAlive,
    createDatabase: () => desk.createDatabase(),
    fieldBytesMax: storage.kit.fieldBytesMax,
    bytesMax: LEARNER_BYTES_MAX,
    readLog: (after, through) => desk.readLog(after, through),
    logFailed: (through) => desk.logFailed(through),
  });
  const epochFiles = new EpochFiles(disk, storage.directory.snapDir);
  const memberships = make.memberships(foundation);
  const durable: DurableQueue = new DurableQueue({
    send: (sends) => links.sendDurable(sends),
    storeMemberships: (changed) => memberships.store(changed),
    async storeEpochs({ accepted, current }) {
      if (accepted !== undefined) await epochFiles.writeAccepted(accepted);
      if (current !== undefined) await epochFiles.writeCurrent(current);
    },
    perform: (job) => desk.perform(job),
    step,
    failed: (error) => failed(ExitCode.unexpected, "the data of this server cannot be kept", error),
  });
  const election = make.election(foundation, view, step);
  const accepted = links.accept.bind(links);
  const quorumPort = new QuorumListener({ network, timer, log, what: "quorum port", accepted });
  const observerPort = new QuorumListener({ network, timer, log, what: "port for observers", accepted });
  let committed = view.committed;
  let open: NonNullable<PeerReady["listen"]> = { quorum: false, observerMaster: false };
  const openPorts = (): void => {
    quorumPort.listen(open.quorum ? quorumAddresses(foundation, committed) : []);
    const { observerMasterPort } = ensemble;
    observerPort.listen(
      open.observerMaster ? quorumAddresses(foundation, committed, observerMasterPort) : [],
    );
  };

  const performMember = (ready: PeerReady): void => {
    durable.add(ready);
    if (ready.sendNow.length > 0) links.send(ready.sendNow);
    for (const { link, zxid } of ready.surveys) void desk.survey(link, zxid).then(step);
    if (ready.memberships !== undefined) {
      election.viewChanged(ready.memberships);
      committed = ready.memberships.committed;
      openPorts();
    }
    if (ready.forgetsNotifications) election.forget();
    for (const { to, payload } of ready.notify) election.notify(to, payload);
    for (const dial of ready.dial) links.dial(dial);
    if (ready.closeLinks.length > 0) links.close(ready.closeLinks);
    if (ready.listen !== undefined) {
      open = ready.listen;
      openPorts();
    }
  };

  const isServing = (): boolean => foundation.isServing() && machine.server !== null;
  const idle = new ServerMachine(
    { server: serverOptionsOf(config), database: desk.createDatabase(), rng, startedAt, stats },
    readOnlyChain,
  );
  const clients: ClientSide = connectClientSide(
    foundation,
    {
      machine: () => machine.server ?? idle,
      stats,
      serverState: () => (machine.server ?? idle).role satisfies ServerState,
      isServing,
      step: (input: Input) => step(input),
    },
    snapshots,
  );
  const replica: Replica<PeerInput, PeerReady> = new Replica<PeerInput, PeerReady>({
    machine,
    clock,
    timer,
    performers: {
      append: (entries) => desk.append(entries),
      performMember,
      ...clientPerformers(clients, log),
    },
    failed: (error) => failed(ExitCode.unexpected, "the server's state machine failed", error),
    observe: metrics.turn,
  });
  return {
    replica,
    worker: desk,
    snapshots,
    ...clients,
    ensemble: {
      begin: () => election.start(),
      async end() {
        durable.stop();
        links.closeAll();
        await Promise.all([quorumPort.close(), observerPort.close(), election.close()]);
      },
    },
  };
}

/** Where the quorum port, or another one beside it, is bound. */
function quorumAddresses({ config }: ServerFoundation, committed: Membership, port?: number): BindAddress[] {
  const own = ownLine(config.ensemble.membership, committed, config.files.serverId);
  if (!config.ensemble.listensOnAllAddresses) {
    return own.addresses.map(({ host, quorumPort }) => ({ host, port: port ?? quorumPort }));
  }
  const ports = new Set(own.addresses.map(({ quorumPort }) => port ?? quorumPort));
  return [...ports].map((each) => ({ host: null, port: each }));
}

/** This server's line, also when a reconfig has removed it. */
function ownLine(configured: Membership | null, committed: Membership, sid: number): ServerSpec {
  const own = memberOf(committed, sid) ?? (configured === null ? undefined : memberOf(configured, sid));
  invariant(own !== undefined, `server.${sid} is in no configuration`);
  return own;
}
