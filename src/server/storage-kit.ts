import type { Clock, Disk, Log, Rng, Timer } from "../base/ports.ts";
import type { Config } from "../config/config.ts";
import { Database, type DatabaseOptions } from "../core/tree/database.ts";
import type { Zxid } from "../protocol/zxid.ts";
import type { DataDirectory } from "../storage/directory/data-directory.ts";
import { type LogTail, TxnLog } from "../storage/log/txn-log.ts";
import { type Recovered, recover } from "../storage/recovery/recovery.ts";
import { completeInstall } from "../storage/snapshot/snapshot-install.ts";
import { SnapshotPolicy } from "../storage/snapshot/snapshot-policy.ts";
import { SnapshotStore } from "../storage/snapshot/snapshot-store.ts";
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

/** Reads and opens one server's data, with its configuration: at its start, and each time a member of an ensemble begins anew. */
export class StorageKit {
  /** Longest string or buffer of a request, in bytes. */
  readonly fieldBytesMax: number;
  /** Longest record of the log, in bytes. */
  readonly recordBytesMax: number;
  readonly #config: Config;
  readonly #ports: StoragePorts;
  readonly #observer: StorageObserver;

  constructor(config: Config, ports: StoragePorts, observer: StorageObserver) {
    const { juteMaxBufferBytes, juteExtraBytes } = config.requests;
    this.fieldBytesMax = juteMaxBufferBytes + juteExtraBytes;
    this.recordBytesMax = this.fieldBytesMax + RECORD_EXTRA_BYTES;
    this.#config = config;
    this.#ports = ports;
    this.#observer = observer;
  }

  /** An empty one. */
  createDatabase(): Database {
    return new Database(this.#databaseOptions());
  }

  /**
   * Reads what is in the directory; first it finishes what a crash interrupted.
   *
   * @throws StartRefused when this data must not be served
   */
  async recover(directory: DataDirectory): Promise<Recovered<Database>> {
    const { storage } = this.#config;
    const { disk, clock, log } = this.#ports;
    const { fieldBytesMax, recordBytesMax } = this;
    const times: LoadTimes = { beganMs: 0, snapshotLoadedMs: 0 };
    await completeInstall({ disk, directory });
    const recovered = await recover<Database>({
      disk,
      directory,
      createTarget: () => new TimedDatabase(this.#databaseOptions(), times, clock),
      isEmptySnapshotTrusted: storage.trustsEmptySnapshot,
      isDbAutocreated: storage.createsDatabase,
      recordBytesMax,
      fieldBytesMax,
      isLastZxidWritten: storage.writesLastProcessedZxid,
    });
    this.#observer.recovered(
      times.snapshotLoadedMs - times.beganMs,
      clock.now().elapsedMs - times.snapshotLoadedMs,
      recovered.recordsReplayed,
    );
    for (const { file, reason } of recovered.skippedSnapshots) {
      log.warn({ file }, `snapshot not usable, an older one is taken: ${reason}`);
    }
    for (const notice of recovered.notices) log.warn({}, notice);
    return recovered;
  }

  /** The log behind what recovery found. */
  openLog(directory: DataDirectory, after: LogTail): TxnLog {
    const { storage } = this.#config;
    const { disk, clock, log } = this.#ports;
    return new TxnLog({
      disk,
      clock,
      directory: directory.logDir,
      after,
      preAllocBytes: storage.preallocateBytes,
      fileBytesMax: storage.logSizeLimitBytes,
      isSynced: storage.syncsLog,
      syncWarningMs: storage.fsyncWarningThresholdMs,
      onSync: (elapsedMs) => this.#observer.synced(elapsedMs),
      onSlowSync: (elapsedMs, bytes, file) => {
        this.#observer.slowSync();
        const thresholdMs = storage.fsyncWarningThresholdMs;
        log.warn({ elapsedMs, thresholdMs, bytes, file }, "fsync of the transaction log was slow");
      },
    });
  }

  openSnapshots(directory: DataDirectory): SnapshotStore {
    const { snapshotCompression, writesLastProcessedZxid } = this.#config.storage;
    return new SnapshotStore({
      disk: this.#ports.disk,
      timer: this.#ports.timer,
      directory: directory.snapDir,
      compression: snapshotCompression === "none" ? "" : snapshotCompression,
      isLastZxidWritten: writesLastProcessedZxid,
    });
  }

  /** @param recordsReplayed records already in the log since the last snapshot */
  createPolicy(recordsReplayed: number): SnapshotPolicy {
    const { snapCount, snapSizeLimitBytes } = this.#config.storage;
    const policy = new SnapshotPolicy({ rng: this.#ports.rng, snapCount, snapBytesMax: snapSizeLimitBytes });
    policy.seed(recordsReplayed);
    return policy;
  }

  #databaseOptions(): DatabaseOptions {
    const { tree, storage } = this.#config;
    const { rng, log } = this.#ports;
    return {
      hashSeed: rng.uint32() | 0,
      digestEnabled: tree.hasDigest,
      extendedTypesEnabled: tree.hasExtendedTypes,
      emulate353TTLNodes: tree.emulates353TtlNodes,
      commitLogCount: storage.commitLogCount,
      fieldBytesMax: this.fieldBytesMax,
      onDigestMismatch: (mismatch) => {
        this.#observer.digestMismatch();
        reportDigestMismatch(mismatch, log);
      },
      onReport: (report) => reportTree(report, log),
    };
  }
}
