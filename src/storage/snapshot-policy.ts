import type { Rng } from "../base/ports.ts";

export interface SnapshotPolicyOptions {
  readonly rng: Rng;
  /** `snapCount` (default 100000, at least 2): txns between snapshots, at most. */
  readonly snapCount?: number;
  /** `snapSizeLimitInKb` in bytes (default 4 GiB); 0 or less turns the size rule off. */
  readonly snapBytesMax?: number;
}

/** Decides when the log is rolled and a snapshot is taken (storage-formats 3.8). */
export declare class SnapshotPolicy {
  constructor(options: SnapshotPolicyOptions);
  /** After each append; `fileBytes` is `TxnLog.fileBytes`. True: roll the log and start a snapshot; the counters have been reset. */
  appended(records: number, fileBytes: number): boolean;
  /** Records already in the log since the last snapshot, found by recovery. */
  seed(records: number): void;
}
