import type { Clock, Timer } from "../base/ports.ts";
import type { LogEntry } from "../core/ready.ts";
import type { Zxid } from "../protocol/zxid.ts";

/** The transaction log, as much of it as the worker needs (`storage/log/txn-log.ts`). */
export interface AppendLog {
  readonly fileBytes: number;
  append(zxid: Zxid, bytes: Uint8Array): void;
  commit(): Promise<Zxid>;
  roll(): void;
  close(): Promise<void>;
}

/** Decides after which record a new log file and a snapshot are due (`storage/snapshot/snapshot-policy.ts`). */
export interface RollPolicy {
  appended(records: number, fileBytes: number): boolean;
}

/** Numbers of the worker for the metrics, in ms where it is a time. */
export interface LogObserver {
  /** Records handed over in one turn, how many wait for the disk with them, and how long putting them into the log took. */
  appended(records: number, waiting: number, elapsedMs: number): void;
  /** Records that became durable together, and how long the first of them waited for that. */
  flushed(records: number, waitedMs: number, flushMs: number): void;
}

export interface LogWorkerOptions {
  readonly log: AppendLog;
  readonly policy: RollPolicy;
  readonly clock: Clock;
  readonly timer: Timer;
  /** `flushDelay`: how long records may wait for company; 0 sends them off at the end of each turn. */
  readonly flushDelayMs: number;
  /** `maxWriteQueuePollTime`: with a delay, how long nothing must have come for the rest to go. */
  readonly idleFlushMs: number;
  /** `maxBatchSize`: with a delay, how many records go at once without waiting; 0 means any number waits. */
  readonly batchRecordsMax: number;
  /** Everything up to this zxid is durable. */
  readonly persisted: (zxid: Zxid) => void;
  /** A snapshot is due: everything in the log files so far may be forgotten once it is written. */
  readonly snapshotDue: () => void;
  /** The log cannot be written any more. Called once. */
  readonly failed: (error: unknown) => void;
  readonly observe: LogObserver;
}

/**
 * Brings the machine's records to the disk. Whatever gathers while one write is on its way goes with the next one, so a
 * slow disk makes groups larger and not queues longer (storage-formats 5.1).
 */
export class LogWorker {
  readonly #options: LogWorkerOptions;
  /** Records appended that no commit was asked for yet, and when the first of them came. */
  #held = 0;
  #heldSinceMs = 0;
  #lastFlushMs: number;
  #cancelDelay: (() => void) | undefined;
  #inFlight = 0;
  #durable = 0 as Zxid;
  #isFailed = false;
  #drainWaiters: (() => void)[] = [];

  constructor(options: LogWorkerOptions) {
    this.#options = options;
    this.#lastFlushMs = options.clock.now().elapsedMs;
  }

  /** Records that are not durable yet. */
  get waiting(): number {
    return this.#held + this.#inFlight;
  }

  append(entries: readonly LogEntry[]): void {
    const { log, policy, clock, observe } = this.#options;
    if (this.#isFailed) return;
    const beganMs = clock.now().elapsedMs;
    try {
      for (const entry of entries) {
        log.append(entry.zxid, entry.bytes);
        if (!policy.appended(1, log.fileBytes)) continue;
        log.roll();
        this.#options.snapshotDue();
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#held === 0) this.#heldSinceMs = beganMs;
    this.#held += entries.length;
    observe.appended(entries.length, this.waiting, clock.now().elapsedMs - beganMs);
    this.#schedule();
  }

  /** Sends off what is held back and resolves when nothing waits for the disk any more, or the log has failed. */
  drained(): Promise<void> {
    this.#flush();
    if (this.waiting === 0 || this.#isFailed) return Promise.resolve();
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Makes everything durable that was appended, then closes the log. */
  async close(): Promise<void> {
    this.#flush();
    await this.#options.log.close();
  }

  #schedule(): void {
    const { flushDelayMs, idleFlushMs, batchRecordsMax, clock, timer } = this.#options;
    if (flushDelayMs <= 0 || (batchRecordsMax > 0 && this.#held >= batchRecordsMax)) {
      this.#flush();
      return;
    }
    const untilFlushMs = this.#lastFlushMs + flushDelayMs - clock.now().elapsedMs;
    this.#cancelDelay?.();
    this.#cancelDelay = timer.after(Math.max(0, Math.min(untilFlushMs, idleFlushMs)), () => this.#flush());
  }

  #flush(): void {
    this.#cancelDelay?.();
    this.#cancelDelay = undefined;
    const records = this.#held;
    if (records === 0 || this.#isFailed) return;
    const askedMs = this.#options.clock.now().elapsedMs;
    const waitedMs = askedMs - this.#heldSinceMs;
    this.#held = 0;
    this.#inFlight += records;
    this.#lastFlushMs = askedMs;
    this.#options.log.commit().then(
      (zxid) => this.#flushed(zxid, records, waitedMs, askedMs),
      (error) => this.#fail(error),
    );
  }

  #flushed(zxid: Zxid, records: number, waitedMs: number, askedMs: number): void {
    this.#inFlight -= records;
    this.#options.observe.flushed(records, waitedMs, this.#options.clock.now().elapsedMs - askedMs);
    // Commits of several turns may be answered by one write: the machine needs to hear of it once.
    if (zxid > this.#durable) {
      this.#durable = zxid;
      this.#options.persisted(zxid);
    }
    if (this.waiting === 0) this.#endDrain();
  }

  #endDrain(): void {
    for (const resolve of this.#drainWaiters.splice(0)) resolve();
  }

  #fail(error: unknown): void {
    if (this.#isFailed) return;
    this.#isFailed = true;
    this.#endDrain();
    this.#options.failed(error);
  }
}
