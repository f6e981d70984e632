import type { Config } from "../config/config.ts";
import { ServerMachine } from "../core/pipeline/server-machine.ts";
import type { Zxid } from "../protocol/zxid.ts";
import type { CommandWords } from "../transport/client-connection.ts";
import { AuditLog } from "./audit-log.ts";
import { commandAnswers } from "./command-answers.ts";
import { ExitCode } from "./exit-code.ts";
import { Gateway } from "./gateway.ts";
import { LogWorker } from "./log-worker.ts";
import { reportEvent } from "./machine-log.ts";
import type { OpenStorage, StoragePorts } from "./open-storage.ts";
import { Replica } from "./replica.ts";
import type { ServerMetrics } from "./server-metrics.ts";
import { serverOptionsOf } from "./server-options.ts";
import { countLocality, ServerView } from "./server-view.ts";
import { SnapshotWorker } from "./snapshot-worker.ts";

/** What the parts are made from. */
export interface ServerFoundation {
  readonly config: Config;
  readonly ports: StoragePorts;
  readonly storage: OpenStorage;
  readonly metrics: ServerMetrics;
  /** Text of the configuration file; null if there is none. */
  readonly configText: string | null;
  readonly isServing: () => boolean;
  /** The bound client port. */
  readonly clientPort: () => number | null;
  readonly fileDescriptors: () => { readonly open: number; readonly max: number } | null;
  /** A part cannot go on, and so the server cannot. */
  readonly failed: (exitCode: ExitCode, what: string, error: unknown) => void;
}

/** A standalone server's parts, connected; nothing runs yet. */
export interface ServerParts {
  readonly machine: ServerMachine;
  readonly replica: Replica;
  readonly worker: LogWorker;
  readonly snapshots: SnapshotWorker;
  readonly gateway: Gateway;
  readonly view: ServerView;
  readonly words: CommandWords;
  readonly audit: AuditLog;
}

/** Puts a server together: the machine, what performs its decisions, and what looks at it. */
export function connectParts(foundation: ServerFoundation): ServerParts {
  const { config, ports, storage, metrics, failed } = foundation;
  const { clock, timer, rng, log } = ports;
  const machine = new ServerMachine({
    server: serverOptionsOf(config),
    database: storage.database,
    rng,
    startedAt: clock.now(),
  });
  const audit = new AuditLog(log);
  const snapshots = createSnapshotWorker(foundation);
  const worker = createLogWorker(foundation, snapshots, (zxid) => replica.step({ kind: "persisted", zxid }));
  const gateway: Gateway = new Gateway({
    step: (input) => replica.step(input),
    answerCommand: (word, argument, connection) => commands.answer(word, argument, connection),
    dropped: () => metrics.connectionDropped(),
  });
  const replica: Replica = new Replica({
    machine,
    clock,
    timer,
    performers: {
      append: (entries) => worker.append(entries),
      send: (output) => gateway.send(output),
      pauseReading: (connection) => gateway.pauseReading(connection),
      resumeReading: (connection) => gateway.resumeReading(connection),
      reportTaken: (connection) => gateway.reportTaken(connection),
      report: (event) => reportEvent(event, log, audit),
    },
    failed: (error) => failed(ExitCode.unexpected, "the server's state machine failed", error),
    observe: metrics.turn,
  });
  const view = createView(foundation, machine, gateway, snapshots);
  const commands = commandAnswers({
    config,
    view,
    timer,
    log,
    received(connection) {
      machine.stats.packetsReceived++;
      const asked = machine.connections.get(connection);
      if (asked !== undefined) asked.stats.packetsReceived++;
    },
  });
  metrics.bind(machine, {
    aliveConnections: () => gateway.size,
    locality: () => countLocality(gateway),
    uptimeMs: () => view.uptimeMs(),
    fileDescriptors: foundation.fileDescriptors,
  });
  return { machine, replica, worker, snapshots, gateway, view, words: commands.words, audit };
}

function createSnapshotWorker({ ports, storage, metrics, failed }: ServerFoundation): SnapshotWorker {
  const { database, recovered, snapshots } = storage;
  const { clock, log } = ports;
  const isNew = recovered.origin === "new";
  return new SnapshotWorker({
    store: snapshots,
    source: () => database.snapshotSource(),
    clock,
    log,
    newest: isNew
      ? { zxid: recovered.lastZxid, timestampS: Math.floor(clock.now().wallMs / 1000) }
      : undefined,
    failed: (error) => failed(ExitCode.snapshotFailed, "the snapshot could not be written", error),
    observe: (elapsedMs) => metrics.snapshot(elapsedMs),
  });
}

function createLogWorker(
  { config, ports, storage, metrics, failed }: ServerFoundation,
  snapshots: SnapshotWorker,
  persisted: (zxid: Zxid) => void,
): LogWorker {
  const { flushDelayMs, writeQueuePollTimeMaxMs, batchTxnsMax } = config.storage;
  return new LogWorker({
    log: storage.log,
    policy: storage.policy,
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
  { config, configText, ports, storage, metrics, isServing, clientPort }: ServerFoundation,
  machine: ServerMachine,
  gateway: Gateway,
  snapshots: SnapshotWorker,
): ServerView {
  const { disk, clock, rng } = ports;
  return new ServerView({
    config,
    configText,
    directory: storage.directory,
    machine,
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
