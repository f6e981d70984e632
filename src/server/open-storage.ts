import type { Clock, Disk, Log, Rng, Timer } from "../base/ports.ts";
import type { Config } from "../config/config.ts";
import { Database, type DatabaseOptions } from "../core/tree/database.ts";
import type { Zxid } from "../protocol/zxid.ts";
import { type DataDirectory, openDataDirectory } from "../storage/data-directory.ts";
import { type Recovered, recover } from "../storage/recovery.ts";
import { SnapshotPolicy } from "../storage/snapshot-policy.ts";
import { SnapshotStore } from "../storage/snapshot-store.ts";
import { TxnLog } from "../storage/txn-log.ts";
import { reportDigestMismatch, reportTree } from "./tree-log.ts";

export interface StoragePorts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly rng: Rng;
  readonly log: Log;
}

/** Numbers that storage has for the metrics. */
export interface StorageObserver {
  /** One write of the log reached the disk, in ms. */
  synced(elapsedMs: number): void;
  /** One was slower than `fsync.warningthresholdms`. */
  slowSync(): void;
  digestMismatch(): void;
  /** The database is loaded: times in ms, and how many txns of the log were replayed. */
  recovered(snapshotMs: number, replayMs: number, txns: number): void;
}

/** A server's data, recovered and open for writing. */
export interface OpenStorage {
  readonly directory: DataDirectory;
  readonly recovered: Recovered<Database>;
  readonly database: Database;
  readonly log: TxnLog;
  readonly snapshots: SnapshotStore;
  readonly policy: SnapshotPolicy;
}

/** How long the two parts of a recovery took, in ms; a repeated attempt counts from its own beginning. */
interface LoadTimes {
  beganMs: number;
  snapshotLoadedMs: number;
}

/** A database that notes when its snapshot was complete. */
class TimedDatabase extends Database {
  readonly #times: LoadTimes;
  readonly #clock: Clock;

  constructor(options: DatabaseOptions, times: LoadTimes, clock: Clock) {
    super(options);
    this.#times = times;
    this.#clock = clock;
    times.beganMs = times.snapshotLoadedMs = clock.now().elapsedMs;
  }

  override snapshotLoaded(zxid: Zxid): void {
    super.snapshotLoaded(zxid);
    this.#times.snapshotLoadedMs = this.#clock.now().elapsedMs;
  }
}

/** Room in a log record for what a txn has beside the largest field of a request. */
const RECORD_EXTRA_BYTES = 1024 * 1024;

/**
 * Claims the data directory, reads what is in it, and opens the log behind that. Changes nothing on disk before it is
 * understood.
 *
 * @throws {@link StartRefused} when this data must not be served
 */
export async function openStorage(
  config: Config,
  ports: StoragePorts,
  observer: StorageObserver,
): Promise<OpenStorage> {
  const { disk, clock, log } = ports;
  const { files, storage, requests } = config;
  const fieldBytesMax = requests.juteMaxBufferBytes + requests.juteExtraBytes;
  const times: LoadTimes = { beganMs: 0, snapshotLoadedMs: 0 };
  const directory = await openDataDirectory({
    disk,
    dataDir: files.dataDir,
    dataLogDir: files.dataLogDir,
    isAutocreated: files.createsMissingDirectories,
  });
  try {
    const recovered = await recover<Database>({
      disk,
      directory,
      createTarget: () =>
        new TimedDatabase(databaseOptionsOf(config, ports.rng, log, observer), times, clock),
      isEmptySnapshotTrusted: storage.trustsEmptySnapshot,
      isDbAutocreated: storage.createsDatabase,
      recordBytesMax: fieldBytesMax + RECORD_EXTRA_BYTES,
      fieldBytesMax,
      isLastZxidWritten: storage.writesLastProcessedZxid,
    });
    observer.recovered(
      times.snapshotLoadedMs - times.beganMs,
      clock.now().elapsedMs - times.snapshotLoadedMs,
      recovered.recordsReplayed,
    );
    for (const { file, reason } of recovered.skippedSnapshots) {
      log.warn({ file }, `snapshot not usable, an older one is taken: ${reason}`);
    }
    for (const notice of recovered.notices) log.warn({}, notice);
    return {
      directory,
      recovered,
      database: recovered.target,
      ...openWriters(config, ports, observer, directory, recovered),
    };
  } catch (error) {
    await directory.release();
    throw error;
  }
}

function databaseOptionsOf(config: Config, rng: Rng, log: Log, observer: StorageObserver): DatabaseOptions {
  return {
    hashSeed: rng.uint32() | 0,
    digestEnabled: config.tree.hasDigest,
    extendedTypesEnabled: config.tree.hasExtendedTypes,
    emulate353TTLNodes: config.tree.emulates353TtlNodes,
    commitLogCount: config.storage.commitLogCount,
    fieldBytesMax: config.requests.juteMaxBufferBytes + config.requests.juteExtraBytes,
    onDigestMismatch(mismatch) {
      observer.digestMismatch();
      reportDigestMismatch(mismatch, log);
    },
    onReport: (report) => reportTree(report, log),
  };
}

function openWriters(
  config: Config,
  ports: StoragePorts,
  observer: StorageObserver,
  directory: DataDirectory,
  recovered: Recovered<Database>,
): { log: TxnLog; snapshots: SnapshotStore; policy: SnapshotPolicy } {
  const { storage } = config;
  const { disk, clock, timer, rng } = ports;
  const log = new TxnLog({
    disk,
    clock,
    directory: directory.logDir,
    after: recovered.logTail,
    preAllocBytes: storage.preallocateBytes,
    fileBytesMax: storage.logSizeLimitBytes,
    isSynced: storage.syncsLog,
    syncWarningMs: storage.fsyncWarningThresholdMs,
    onSync: (elapsedMs) => observer.synced(elapsedMs),
    onSlowSync(elapsedMs, bytes, file) {
      observer.slowSync();
      const thresholdMs = storage.fsyncWarningThresholdMs;
      ports.log.warn({ elapsedMs, thresholdMs, bytes, file }, "fsync of the transaction log was slow");
    },
  });
  const snapshots = new SnapshotStore({
    disk,
    timer,
    directory: directory.snapDir,
    compression: storage.snapshotCompression === "none" ? "" : storage.snapshotCompression,
    isLastZxidWritten: storage.writesLastProcessedZxid,
  });
  const policy = new SnapshotPolicy({
    rng,
    snapCount: storage.snapCount,
    snapBytesMax: storage.snapSizeLimitBytes,
  });
  policy.seed(recovered.recordsReplayed);
  return { log, snapshots, policy };
}
