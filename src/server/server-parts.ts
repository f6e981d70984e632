import type { Log, Network } from "../base/ports.ts";
import type { Config } from "../config/config.ts";
import type { ServerStats } from "../core/pipeline/server-stats.ts";
import type { Input } from "../core/ready.ts";
import type { Zxid } from "../protocol/zxid.ts";
import type { CommandWords } from "../transport/client-connection.ts";
import { AuditLog } from "./audit-log.ts";
import type { ClientAddress } from "./client-port.ts";
import { commandAnswers } from "./command-answers.ts";
import { ExitCode } from "./exit-code.ts";
import { Gateway } from "./gateway.ts";
import { LogWorker } from "./log-worker.ts";
import { reportEvent } from "./machine-log.ts";
import type { OpenStorage, StoragePorts } from "./open-storage.ts";
import type { Performers } from "./replica.ts";
import { type DatabaseServer, ServedSnapshot } from "./served-snapshot.ts";
import type { ServerMetrics } from "./server-metrics.ts";
import { countLocality, ServerView, type ServerViewParts } from "./server-view.ts";
import { SnapshotWorker } from "./snapshot-worker.ts";

/** What the parts are made from. */
export interface ServerFoundation {
  readonly config: Config;
  readonly ports: StoragePorts & { readonly network: Network };
  readonly storage: OpenStorage;
  readonly metrics: ServerMetrics;
  /** Text of the configuration file; null if there is none. */
  readonly configText: string | null;
  readonly isServing: () => boolean;
  /** The bound client port. */
  readonly clientPort: () => number | null;
  readonly fileDescriptors: () => { readonly open: number; readonly max: number } | null;
  /** A reconfig has given this server's clients another address. */
  readonly clientsMoved: (to: ClientAddress) => void;
  /** A part cannot go on, and so the server cannot. */
  readonly failed: (exitCode: ExitCode, what: string, error: unknown) => void;
}

/** A server's parts, connected; nothing runs yet. */
export interface ServerParts extends ClientSide {
  readonly replica: { start(): void; stop(): void };
  readonly worker: {
    /** Records that are not durable yet. */
    readonly waiting: number;
    drained(): Promise<void>;
    close(): Promise<void>;
  };
  readonly snapshots: SnapshotWorker;
  /** What a member of an ensemble has beside; undefined on a standalone server. */
  readonly ensemble?: EnsembleSide;
}

/** What a member does with the other servers. */
export interface EnsembleSide {
  /** Opens its ports; called before the replica starts. Rejects with a {@link ServerFailure}. */
  begin(): Promise<void>;
  /** Leaves: closes all links and ports. */
  end(): Promise<void>;
}

/** What stands between the machine and its clients and operators. */
export interface ClientSide {
  readonly gateway: Gateway;
  readonly view: ServerView;
  readonly words: CommandWords;
  readonly audit: AuditLog;
}

/** What the client side sees of the machine. */
export interface ServedMachine
  extends Pick<ServerViewParts, "machine" | "serverState" | "quorum" | "isServing"> {
  readonly stats: ServerStats;
  readonly step: (input: Input) => void;
}

export function connectClientSide(
  foundation: ServerFoundation,
  served: ServedMachine,
  snapshots: SnapshotWorker,
): ClientSide {
  const { config, ports, metrics } = foundation;
  const { timer, log } = ports;
  const { stats } = served;
  const audit = new AuditLog(log);
  const gateway: Gateway = new Gateway({
    step: served.step,
    answerCommand: (word, argument, connection) => commands.answer(word, argument, connection),
    dropped: () => metrics.connectionDropped(),
  });
  const view = createView(foundation, served, gateway, snapshots);
  const commands = commandAnswers({
    config,
    view,
    timer,
    log,
    received(connection) {
      stats.packetsReceived++;
      const asked = served.machine().connections.get(connection);
      if (asked !== undefined) asked.stats.packetsReceived++;
    },
  });
  metrics.bind(served.machine, stats, {
    aliveConnections: () => gateway.size,
    locality: () => countLocality(gateway),
    uptimeMs: () => view.uptimeMs(),
    fileDescriptors: foundation.fileDescriptors,
  });
  return { gateway, view, words: commands.words, audit };
}

/** Where the part of a Ready goes that is for clients and the log. */
export function clientPerformers({ gateway, audit }: ClientSide, log: Log): Omit<Performers, "append"> {
  return {
    send: (output) => gateway.send(output),
    pauseReading: (connection) => gateway.pauseReading(connection),
    resumeReading: (connection) => gateway.resumeReading(connection),
    reportTaken: (connection) => gateway.reportTaken(connection),
    report: (event) => reportEvent(event, log, audit),
  };
}

/** @param served whose database is to be kept; undefined while nobody serves one */
export function createSnapshotWorker(
  { ports, storage, metrics, failed }: ServerFoundation,
  served: () => DatabaseServer | undefined,
): SnapshotWorker {
  const { recovered, snapshots } = storage;
  const { clock, log } = ports;
  const isNew = recovered.origin === "new";
  return new SnapshotWorker({
    store: snapshots,
    source: () => {
      const server = served();
      return server === undefined ? undefined : new ServedSnapshot(server, served);
    },
    clock,
    log,
    newest: isNew
      ? { zxid: recovered.lastZxid, timestampS: Math.floor(clock.now().wallMs / 1000) }
      : undefined,
    failed: (error) => failed(ExitCode.snapshotFailed, "the snapshot could not be written", error),
    observe: (elapsedMs) => metrics.snapshot(elapsedMs),
  });
}

export function createLogWorker(
  { config, ports, metrics, failed }: ServerFoundation,
  { log, policy }: Pick<OpenStorage, "log" | "policy">,
  snapshots: SnapshotWorker,
  persisted: (zxid: Zxid) => void,
): LogWorker {
  const { flushDelayMs, writeQueuePollTimeMaxMs, batchTxnsMax } = config.storage;
  return new LogWorker({
    log,
    policy,
    clock: ports.clock,
    timer: ports.timer,
    flushDelayMs,
    idleFlushMs: writeQueuePollTimeMaxMs,
    batchRecordsMax: batchTxnsMax,
    persisted,
    snapshotDue: () => snapshots.start(),
    failed: (error) => failed(ExitCode.unexpected, "the transaction log cannot be written", error),
    observe: metrics.log,
  });
}

function createView(
  { config, configText, ports, storage, metrics, clientPort }: ServerFoundation,
  { machine, serverState, quorum, isServing }: ServedMachine,
  gateway: Gateway,
  snapshots: SnapshotWorker,
): ServerView {
  const { disk, clock, rng } = ports;
  return new ServerView({
    config,
    configText,
    directory: storage.directory,
    machine,
    serverState,
    quorum,
    gateway,
    snapshots,
    registry: metrics.registry,
    clock,
    clientPort,
    isServing,
    async directoryBytes(directory) {
      const names = await disk.list(directory);
      const sizes = await Promise.all(names.map((name) => disk.size(`${directory}/${name}`)));
      // A file may have gone between the two questions.
      return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    },
    slowSyncCount: metrics.slowSyncs,
    randomBelow: (bound) => rng.below(bound),
  });
}
