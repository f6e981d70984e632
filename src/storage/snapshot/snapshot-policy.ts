import type { Rng } from "../../base/ports.ts";

const SNAP_COUNT = 100_000;
const SNAP_BYTES_MAX = 4 * 1024 * 1024 * 1024;

export interface SnapshotPolicyOptions {
  readonly rng: Rng;
  /** `snapCount` (default 100000, at least 2): txns between snapshots, at most. */
  readonly snapCount?: number;
  /** `snapSizeLimitInKb` in bytes (default 4 GiB); 0 or less turns the size rule off. */
  readonly snapBytesMax?: number;
}

/**
 * Decides when the log is rolled and a snapshot is taken: at a random point in the second half of the limits, drawn anew
 * each time, so that the servers of an ensemble do not write their snapshots together (storage-formats 3.8).
 */
export class SnapshotPolicy {
  readonly #rng: Rng;
  readonly #snapCount: number;
  readonly #snapBytesMax: number;
  #records = 0;
  #recordsAbove = 0;
  #bytesAbove = 0;

  constructor(options: SnapshotPolicyOptions) {
    this.#rng = options.rng;
    this.#snapCount = Math.max(2, options.snapCount ?? SNAP_COUNT);
    this.#snapBytesMax = options.snapBytesMax ?? SNAP_BYTES_MAX;
    this.#draw();
  }

  #draw(): void {
    this.#recordsAbove = above(this.#snapCount, this.#rng);
    this.#bytesAbove =
      this.#snapBytesMax > 0 ? above(this.#snapBytesMax, this.#rng) : Number.POSITIVE_INFINITY;
  }

  /** After each append; `fileBytes` is `TxnLog.fileBytes`. True: roll the log and start a snapshot; the counters are reset. */
  appended(records: number, fileBytes: number): boolean {
    this.#records += records;
    if (this.#records <= this.#recordsAbove && fileBytes <= this.#bytesAbove) return false;
    this.#records = 0;
    this.#draw();
    return true;
  }

  /** Records already in the log since the last snapshot, found by recovery. */
  seed(records: number): void {
    this.#records = records;
  }
}

/** limit/2 + r, r uniform in [0, limit/2). */
function above(limit: number, rng: Rng): number {
  const half = Math.floor(limit / 2);
  return half + Math.floor((rng.uint32() / 0x1_0000_0000) * half);
}
