import { unreachable } from "../../base/invariant.ts";
import type { Disk, Log } from "../../base/ports.ts";
import type { LogEntry } from "../../core/ready.ts";
import type { Database } from "../../core/tree/database.ts";
import type { JobDone, LinkId, LogSurveyed, StorageJob } from "../../core/zab/peer-face.ts";
import { type Zxid, zxidText } from "../../protocol/zxid.ts";
import type { LogRecord } from "../../storage/log/log-format.ts";
import { readLog } from "../../storage/log/log-reader.ts";
import { type Survey, surveyLog } from "../../storage/log/log-survey.ts";
import type { LogTail } from "../../storage/log/log-tail-repair.ts";
import { CannotTruncate, truncateLog } from "../../storage/log/log-truncate.ts";
import type { TxnLog } from "../../storage/log/txn-log.ts";
import { completeInstall } from "../../storage/snapshot/snapshot-install.ts";
import type { SnapshotPolicy } from "../../storage/snapshot/snapshot-policy.ts";
import type { LogWorker } from "../log-worker.ts";
import type { OpenStorage } from "../open-storage.ts";
import type { SnapshotWorker } from "../snapshot-worker.ts";

export interface StorageDeskOptions {
  readonly storage: OpenStorage;
  readonly disk: Disk;
  readonly log: Log;
  readonly snapshots: SnapshotWorker;
  /** A worker for a log that begins. */
  readonly createWorker: (log: TxnLog, policy: SnapshotPolicy) => LogWorker;
}

const NOTHING: Survey = { atOrBelow: undefined, above: undefined, bytes: 0, snapshotBytes: 0 };

/**
 * A member's data on disk: takes its records, tells what the log holds, and does the jobs after which the data is another
 * one. A job closes the log, waits for a snapshot that is being written, and opens the log anew behind its outcome.
 */
export class StorageDesk {
  readonly #options: StorageDeskOptions;
  #log: TxnLog;
  #worker: LogWorker;
  /** Up to here the log has a hole, which a learner's sync has found. */
  #holeThrough = -1;

  constructor(options: StorageDeskOptions) {
    this.#options = options;
    const { log, policy } = options.storage;
    this.#log = log;
    this.#worker = options.createWorker(log, policy);
  }

  /** Records that are not durable yet. */
  get waiting(): number {
    return this.#worker.waiting;
  }

  append(entries: readonly LogEntry[]): void {
    this.#worker.append(entries);
  }

  drained(): Promise<void> {
    return this.#worker.drained();
  }

  /** Makes everything durable that was appended, then closes the log. */
  close(): Promise<void> {
    return this.#worker.close();
  }

  /**
   * Durable records above `after` up to `through`, of which the log must still have `after` itself: a purge may have taken that
   * file since the survey, and where the next one begins with an epoch nobody could see that txns are missing (S16).
   */
  async *readLog(after: Zxid, through: Zxid): AsyncGenerator<readonly LogRecord[], void, void> {
    const { disk, storage } = this.#options;
    const { logDir } = storage.directory;
    const durable = this.#log.lastDurableZxid;
    const portions = readLog({
      disk,
      directory: logDir,
      from: after,
      through: through < durable ? through : durable,
      recordBytesMax: storage.kit.recordBytesMax,
    });
    let isFirst = true;
    for await (const records of portions) {
      if (isFirst && records[0]!.zxid !== after)
        throw new Error(`it does not have ${zxidText(after)} any more`);
      isFirst = false;
      yield records.filter(({ zxid }) => zxid > after);
    }
  }

  /** The log could not be read up to `through`: it is not offered to learners again. */
  logFailed(through: Zxid): void {
    this.#holeThrough = Math.max(this.#holeThrough, through);
  }

  async survey(link: LinkId, zxid: Zxid): Promise<LogSurveyed> {
    return { kind: "logSurveyed", link, zxid, ...(await this.#survey(zxid)) };
  }

  async #survey(zxid: Zxid): Promise<Survey> {
    if (zxid < this.#holeThrough) return NOTHING;
    const { disk, storage, log } = this.#options;
    const { directory, kit } = storage;
    const through = this.#log.lastDurableZxid;
    try {
      return await surveyLog({ disk, directory, zxid, through, recordBytesMax: kit.recordBytesMax });
    } catch (error) {
      // The file may have been purged meanwhile. A learner that cannot have the log gets a snapshot.
      log.warn({}, `the log on disk cannot be looked through for a learner: ${(error as Error).message}`);
      return NOTHING;
    }
  }

  /** Rejects with what makes it impossible to go on: DiskError, StartRefused. */
  perform(job: StorageJob): Promise<JobDone> {
    return this.#options.snapshots.exclusively(async () => {
      await this.#worker.close();
      this.#holeThrough = -1;
      switch (job.kind) {
        case "installSnapshot":
          return await this.#install(job.zxid, job.database);
        case "truncate":
          return await this.#truncate(job.zxid);
        case "reload":
          return await this.#recover();
        default:
          return unreachable(job, "storage job");
      }
    });
  }

  async #install(zxid: Zxid, database: Database): Promise<JobDone> {
    const { disk, storage, snapshots } = this.#options;
    const { directory } = storage;
    await storage.snapshots.writeForInstall(database.snapshotSource());
    await completeInstall({ disk, directory });
    snapshots.written(zxid);
    this.#openLog(endsAt(zxid), 0);
    return { kind: "snapshotInstalled", zxid };
  }

  async #truncate(zxid: Zxid): Promise<JobDone> {
    const { disk, storage } = this.#options;
    const { directory, kit } = storage;
    try {
      await truncateLog({ disk, directory, zxid, recordBytesMax: kit.recordBytesMax });
    } catch (error) {
      if (!(error instanceof CannotTruncate)) throw error;
      this.#openLog(endsAt(this.#log.lastDurableZxid), 0);
      return { kind: "truncateRefused", reason: error.message };
    }
    return await this.#recover();
  }

  async #recover(): Promise<JobDone> {
    const { directory, kit } = this.#options.storage;
    const { target, lastZxid, logTail, recordsReplayed } = await kit.recover(directory);
    this.#openLog(logTail, recordsReplayed);
    return { kind: "recovered", database: target, lastZxid };
  }

  #openLog(after: LogTail, recordsReplayed: number): void {
    const { storage, createWorker } = this.#options;
    const { directory, kit } = storage;
    this.#log = kit.openLog(directory, after);
    this.#worker = createWorker(this.#log, kit.createPolicy(recordsReplayed));
  }
}

/** A log that needs no repair. */
function endsAt(lastZxid: Zxid): LogTail {
  return { lastZxid, torn: [], unterminated: [], empty: [] };
}
