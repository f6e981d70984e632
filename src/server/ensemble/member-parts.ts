import type { ServerState } from "../../admin/admin-view.ts";
import { invariant } from "../../base/invariant.ts";
import { isAnyAddress } from "../../config/resolve-client-ports.ts";
import { readOnlyChain } from "../../core/pipeline/chains.ts";
import { ServerMachine } from "../../core/pipeline/server-machine.ts";
import { ServerStats } from "../../core/pipeline/server-stats.ts";
import { type Membership, memberOf, type ServerSpec } from "../../core/quorum/membership.ts";
import type { QuorumView } from "../../core/quorum/quorum-view.ts";
import type { Input } from "../../core/ready.ts";
import { Peer } from "../../core/zab/peer.ts";
import type { PeerInput, PeerReady } from "../../core/zab/peer-face.ts";
import { bindPeerStats } from "../../metrics/peer-metrics.ts";
import { EpochFiles } from "../../storage/directory/epoch-files.ts";
import type { Epochs } from "../../storage/directory/epoch-rules.ts";
import { ExitCode } from "../exit-code.ts";
import { Replica } from "../replica.ts";
import {
  type ClientSide,
  clientPerformers,
  connectClientSide,
  createLogWorker,
  createSnapshotWorker,
  type ServerFoundation,
  type ServerParts,
} from "../server-parts.ts";
import { DurableQueue } from "./durable-queue.ts";
import { ElectionNetwork } from "./election-network.ts";
import { LearnerLinks } from "./learner-links.ts";
import { LEARNER_BYTES_MAX } from "./link-outbox.ts";
import { memberGauges } from "./member-gauges.ts";
import { ensembleOptionsOf, memberServerOptionsOf } from "./member-options.ts";
import { MemberView } from "./member-view.ts";
import { MembershipFiles } from "./membership-files.ts";
import { type BindAddress, QuorumListener } from "./quorum-listener.ts";
import { StorageDesk } from "./storage-desk.ts";

/** From here on a stall is told: others may have given this server up meanwhile, and it takes them for silent. */
const STALL_MS = 1000;

/** Puts a member of an ensemble together. */
export function connectMember(foundation: ServerFoundation, epochs: Epochs, view: QuorumView): ServerParts {
  const { config, ports, storage, metrics, failed } = foundation;
  const { disk, clock, timer, rng, log, network } = ports;
  const { ensemble } = config;
  const { kit, recovered, directory } = storage;
  const stats = new ServerStats();
  const startedAt = clock.now();
  const server = memberServerOptionsOf(config);
  const machine = new Peer({
    server,
    ensemble: ensembleOptionsOf(config),
    view,
    database: storage.database,
    mayVote: recovered.origin !== "untrusted-empty",
    acceptedEpoch: epochs.accepted,
    currentEpoch: epochs.current,
    lastZxid: recovered.lastZxid,
    createDatabase: () => kit.createDatabase(),
    rng,
    startedAt,
    stats,
  });
  const step = (input: PeerInput): void => replica.step(input);

  const snapshots = createSnapshotWorker(foundation, () => machine.server ?? undefined);
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
    createDatabase: () => kit.createDatabase(),
    fieldBytesMax: kit.fieldBytesMax,
    bytesMax: LEARNER_BYTES_MAX,
    readLog: (after, through) => desk.readLog(after, through),
    logFailed: (through) => desk.logFailed(through),
  });
  const epochFiles = new EpochFiles(disk, directory.snapDir);
  const memberships = new MembershipFiles(config, disk);
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
  const election = new ElectionNetwork({
    sid: config.files.serverId,
    network,
    timer,
    log,
    connectTimeoutMs: ensemble.electionConnectTimeoutMs,
    readTimeoutMs: ensemble.electionReadTimeoutMs,
    bindRetries: ensemble.bindRetries,
    listensOnAllAddresses: ensemble.listensOnAllAddresses,
    sendsV2: ensemble.multiAddress.isEnabled,
    hasTcpKeepAlive: ensemble.hasTcpKeepAlive,
    acceptsStrangers: ensemble.allowsReconfig,
    received: (from, payload) => step({ kind: "notification", from, payload }),
    unreachable: (peer) => step({ kind: "peerUnreachable", peer }),
    failed: (error) => failed(ExitCode.electionPort, "this server cannot take part in elections", error),
  });
  election.setView(view);
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

  /** A server that is taken out of the ensemble goes on serving where it is. */
  const moveClients = (before: Membership, after: Membership): void => {
    const [from, to] = [before, after].map((each) => memberOf(each, config.files.serverId)?.client);
    if (to === undefined || to === null || (from?.host === to.host && from.port === to.port)) return;
    foundation.clientsMoved({ host: isAnyAddress(to.host) ? null : to.host, port: to.port });
  };

  const performMember = (ready: PeerReady): void => {
    durable.add(ready);
    if (ready.sendNow.length > 0) links.send(ready.sendNow);
    for (const { link, zxid } of ready.surveys) void desk.survey(link, zxid).then(step);
    if (ready.memberships !== undefined) {
      election.setView(ready.memberships);
      moveClients(committed, ready.memberships.committed);
      committed = ready.memberships.committed;
      openPorts();
    }
    if (ready.forgetsNotifications) election.forget();
    for (const { peer, reason } of ready.endElectionLinks ?? []) election.endLink(peer, reason);
    for (const { to, payload } of ready.notify) election.send(to, payload);
    for (const dial of ready.dial) links.dial(dial);
    if (ready.closeLinks.length > 0) links.close(ready.closeLinks);
    if (ready.listen !== undefined) {
      open = ready.listen;
      openPorts();
    }
  };

  const isServing = (): boolean => foundation.isServing() && machine.server !== null;
  const idle = new ServerMachine(
    { server, database: kit.createDatabase(), rng, startedAt, stats },
    readOnlyChain,
  );
  const clients: ClientSide = connectClientSide(
    foundation,
    {
      machine: () => machine.server ?? idle,
      stats,
      serverState: () => (machine.server ?? idle).role satisfies ServerState,
      quorum: new MemberView({
        peer: machine,
        config: ensemble,
        clientAddress:
          config.clients.port === null
            ? null
            : { host: config.clients.address ?? "0.0.0.0", port: config.clients.port },
        traffic: (link) => links.traffic(link),
      }),
      isServing,
      step: (input: Input) => step(input),
    },
    snapshots,
  );
  bindPeerStats(
    metrics.registry,
    machine.peerStats,
    memberGauges(machine, () => clock.now().elapsedMs),
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
    late: (delayMs) => {
      if (delayMs >= STALL_MS) {
        log.warn(
          { stalledMs: delayMs },
          "this process did not run: it was stopped, or swapped out, or had no processor",
        );
      }
    },
  });
  return {
    replica,
    worker: desk,
    snapshots,
    ...clients,
    ensemble: {
      begin: () => election.listen(),
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
