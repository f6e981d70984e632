import { invariant } from "../../base/invariant.ts";
import type { Clock, Disk } from "../../base/ports.ts";
import { type Zxid, zxidToHex } from "../../protocol/zxid.ts";
import { logName } from "../directory/file-names.ts";
import { LogBatch } from "./log-batch.ts";
import { LogFile } from "./log-file.ts";
import { clearLogTail, type LogTail } from "./log-tail-repair.ts";

export type { LogTail } from "./log-tail-repair.ts";

const PREALLOC_BYTES = 64 * 1024 * 1024;
const SYNC_WARNING_MS = 1000;
/** One write takes no more than this (one larger record apart): recovery counts on it (log-damage.ts, TORN_BYTES_MAX). */
export const BATCH_BYTES_MAX = 2 * 1024 * 1024;
const SPARES_MAX = 2;

export interface TxnLogOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** `DataDirectory.logDir`. */
  readonly directory: string;
  /** From `recover()` or `truncateLog()`. */
  readonly after: LogTail;
  /** `zookeeper.preAllocSize` in bytes (default 64 MiB); 0 turns preallocation off. */
  readonly preAllocBytes?: number;
  /** `txnLogSizeLimitInKb` in bytes; 0 or less (default) turns this way of rolling off. */
  readonly fileBytesMax?: number;
  /** `forceSync` (default true): false gives durability away for speed. */
  readonly isSynced?: boolean;
  /** `fsync.warningthresholdms` (default 1000); reported through {@link onSlowSync}. */
  readonly syncWarningMs?: number;
  readonly onSlowSync?: (elapsedMs: number, bytes: number, file: string) => void;
  /** Called after each write reached the disk: for the fsync metric. */
  readonly onSync?: (elapsedMs: number, bytes: number) => void;
  /** Called exactly once, with the first I/O error: from then on every append and commit fails with it. */
  readonly onFatal?: (error: Error) => void;
}

interface Waiter {
  readonly zxid: Zxid;
  readonly resolve: (durable: Zxid) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The transaction log, written. `append` frames into memory; `commit` resolves when everything appended before the
 * call is durable. While one write is on its way to the disk everything appended gathers and goes with the next one
 * (group commit), so calling `commit` once per event-loop turn is right.
 *
 * An I/O error is the end of this log: what the page cache holds afterwards is unknown, so nothing is tried again on the
 * same file, and nothing that was not durable is ever acknowledged (storage-formats 5.3).
 */
export class TxnLog {
  readonly #options: TxnLogOptions;
  readonly #isSynced: boolean;
  readonly #fileBytesMax: number;
  #file: LogFile | undefined;
  /** Batches that wait, the last one being filled; each goes to the disk in one write. */
  #waiting: LogBatch[] = [];
  /** Their memory is used again: one is filled while another one is written. */
  readonly #spares: LogBatch[] = [];
  #waiters: Waiter[] = [];
  #isTailCleared = false;
  #isRollDue = true;
  #isWriting = false;
  #isClosed = false;
  #failure: Error | undefined;
  #lastAppended: Zxid;
  #lastDurable: Zxid;

  constructor(options: TxnLogOptions) {
    this.#options = options;
    this.#isSynced = options.isSynced ?? true;
    this.#fileBytesMax = options.fileBytesMax ?? 0;
    this.#lastAppended = options.after.lastZxid;
    this.#lastDurable = options.after.lastZxid;
  }

  /** Zxid of the last record that is durable. */
  get lastDurableZxid(): Zxid {
    return this.#lastDurable;
  }

  /** Bytes of the open file with its preallocation, 0 before the first append: what snapSizeLimitInKb counts. */
  get fileBytes(): number {
    return this.#file?.size ?? 0;
  }

  /** Set when the log can no longer be written. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Adds one record (`bytes` = header, body, digest; copied). Zxids must rise. Throws when the log has failed. */
  append(zxid: Zxid, bytes: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    invariant(!this.#isClosed, "append to a closed transaction log");
    invariant(
      zxid > this.#lastAppended,
      () => `txn 0x${zxidToHex(zxid)} appended behind 0x${zxidToHex(this.#lastAppended)}`,
    );
    this.#batchFor(bytes.length).add(zxid, bytes);
    this.#lastAppended = zxid;
  }

  /** The batch that the next record goes to. */
  #batchFor(bytes: number): LogBatch {
    const last = this.#waiting.at(-1);
    if (last !== undefined && !this.#isRollDue && last.bytes + bytes <= BATCH_BYTES_MAX) return last;
    const batch = this.#spares.pop() ?? new LogBatch();
    batch.startsFile = this.#isRollDue;
    this.#isRollDue = false;
    this.#waiting.push(batch);
    return batch;
  }

  /** Resolves with the last durable zxid; rejects when the log has failed, now or earlier. */
  commit(): Promise<Zxid> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#lastDurable === this.#lastAppended) return Promise.resolve(this.#lastDurable);
    const zxid = this.#lastAppended;
    const durable = new Promise<Zxid>((resolve, reject) => this.#waiters.push({ zxid, resolve, reject }));
    if (!this.#isWriting) void this.#writeWaiting();
    return durable;
  }

  /** The next append starts a new file (the snapshot trigger does this). */
  roll(): void {
    this.#isRollDue = true;
  }

  /** Commits what is left and closes the file. */
  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      await this.commit();
    } finally {
      const file = this.#file;
      this.#file = undefined;
      await file?.close();
    }
  }

  async #writeWaiting(): Promise<void> {
    this.#isWriting = true;
    try {
      for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) {
        await this.#write(batch);
        this.#lastDurable = batch.lastZxid;
        batch.clear();
        if (this.#spares.length < SPARES_MAX) this.#spares.push(batch);
        this.#answer();
      }
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      this.#isWriting = false;
    }
  }

  async #write(batch: LogBatch): Promise<void> {
    const { clock } = this.#options;
    if (batch.startsFile) await this.#startFile(batch.firstZxid);
    const file = this.#file!;
    const started = clock.now().elapsedMs;
    await file.write(batch);
    this.#report(clock.now().elapsedMs - started, batch.bytes, file.path);
    if (this.#fileBytesMax > 0 && file.size > this.#fileBytesMax) this.#rollAfterLimit();
  }

  async #startFile(zxid: Zxid): Promise<void> {
    const { disk, directory, after, preAllocBytes = PREALLOC_BYTES } = this.#options;
    if (!this.#isTailCleared) {
      await clearLogTail(disk, directory, after);
      this.#isTailCleared = true;
    }
    const previous = this.#file;
    this.#file = undefined;
    await previous?.close();
    this.#file = await LogFile.create({
      disk,
      directory,
      name: logName(zxid),
      preAllocBytes,
      isSynced: this.#isSynced,
    });
  }

  /** The file has reached `txnLogSizeLimitInKb`: what waits already goes to the next one. */
  #rollAfterLimit(): void {
    const next = this.#waiting[0];
    if (next !== undefined) next.startsFile = true;
    else this.#isRollDue = true;
  }

  #report(elapsedMs: number, bytes: number, path: string): void {
    const { onSync, onSlowSync, syncWarningMs = SYNC_WARNING_MS } = this.#options;
    if (!this.#isSynced) return;
    onSync?.(elapsedMs, bytes);
    if (elapsedMs > syncWarningMs) onSlowSync?.(elapsedMs, bytes, path);
  }

  /** Resolves the commits of everything durable by now; they are in zxid order. */
  #answer(): void {
    let count = 0;
    while (count < this.#waiters.length && this.#waiters[count]!.zxid <= this.#lastDurable) count++;
    for (const waiter of this.#waiters.splice(0, count)) waiter.resolve(this.#lastDurable);
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#waiting = [];
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    this.#options.onFatal?.(error);
  }
}
