import type { Disk } from "../base/ports.ts";
import type { Zxid } from "../protocol/zxid.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { RecoveryTarget, SnapshotSource } from "./snapshot-port.ts";
import type { LogTail } from "./txn-log.ts";

export interface RecoverOptions<T> {
  readonly disk: Disk;
  readonly directory: DataDirectory;
  /** A fresh, empty database; called once per attempt. */
  readonly createTarget: () => T;
  /** `snapshot.trust.empty` (default false): logs without any snapshot are replayed on an empty tree. */
  readonly isEmptySnapshotTrusted?: boolean;
  /** `db.autocreate` (default true): nothing on disk means an empty database with the right to vote. */
  readonly isDbAutocreated?: boolean;
  /** Largest log record, in bytes (jute.maxbuffer + extrasize + some room). */
  readonly recordBytesMax?: number;
}

export interface SkippedSnapshot {
  readonly file: string;
  readonly reason: string;
}

export interface Recovered<T> {
  readonly target: T;
  /** The last zxid of the database; -1 only when {@link origin} is "untrusted-empty". */
  readonly lastZxid: Zxid;
  /**
   * "disk": from snapshot and log. "new": nothing was there, snapshot.0 has been written. "untrusted-empty": nothing
   * was there and db.autocreate is false without an `initialize` file; the server may not vote with this.
   */
  readonly origin: "disk" | "new" | "untrusted-empty";
  /** Zxid of the snapshot that was loaded, undefined without one. */
  readonly snapshotZxid: Zxid | undefined;
  readonly recordsReplayed: number;
  /** For `new TxnLog`. */
  readonly logTail: LogTail;
  /** Newer snapshots that could not be used, and why. */
  readonly skippedSnapshots: readonly SkippedSnapshot[];
  /** One sentence each, for the server's log at warn level. */
  readonly notices: readonly string[];
}

/** Reads the newest valid snapshot and replays the log behind it. Throws StartRefused. */
export declare function recover<T extends RecoveryTarget & { snapshotSource(): SnapshotSource }>(
  options: RecoverOptions<T>,
): Promise<Recovered<T>>;
