import type { Clock, Disk } from "../base/ports.ts";
import type { Zxid } from "../protocol/zxid.ts";

/** What recovery found at the end of the log: where appending may go on, and what has to be cleared away first. */
export interface LogTail {
  /** Zxid of the last readable record, or of the snapshot when that is newer; -1 when there is neither. */
  readonly lastZxid: Zxid;
  /** An incomplete record at the end of this file: it is cut off before the first append. */
  readonly torn: { readonly file: string; readonly offset: number } | undefined;
  /** Files without a single record: they are removed before the first append. */
  readonly emptyFiles: readonly string[];
}

export interface TxnLogOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** `DataDirectory.logDir`. */
  readonly directory: string;
  /** From `recover()`. */
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

/**
 * The transaction log, written. `append` frames into memory; `commit` resolves when everything appended before the
 * call is durable. While one write is on its way to the disk everything appended gathers and goes with the next one
 * (group commit), so calling `commit` once per event-loop turn is right.
 */
export declare class TxnLog {
  constructor(options: TxnLogOptions);
  /** Zxid of the last record appended (durable or not). */
  readonly lastAppendedZxid: Zxid;
  /** Zxid of the last record that is durable. */
  readonly lastDurableZxid: Zxid;
  /** Bytes of the open file with its preallocation, plus those rolled since {@link roll}: what snapSizeLimitInKb counts. */
  readonly fileBytes: number;
  /** Adds one record (`bytes` = header, body, digest; copied). Zxids must rise. Throws when the log has failed. */
  append(zxid: Zxid, bytes: Uint8Array): void;
  /** Resolves with the last durable zxid; rejects when the log has failed, now or earlier. */
  commit(): Promise<Zxid>;
  /** The next append starts a new file (the snapshot trigger does this). */
  roll(): void;
  /** Commits what is left and closes the file. */
  close(): Promise<void>;
}
