import type { Timer } from "../src/base/ports.ts";
import { createPrng } from "../src/base/prng.ts";
import { TreeSnapshotSource } from "../src/core/tree/snapshot-source.ts";

/**
 * Snapshots of large trees take time, and hold parts of what is decided meanwhile (storage-formats 3.4). So that those of the
 * small trees of a run do too, each slice of one is small, and the next one comes a little later.
 */
export class SlowWalks {
  readonly #sliceBytes: number;
  readonly #sliceMs: number;
  /** A walk has just given a part: who asks for another turn now does so to go on with it. */
  #isUnderWay = false;

  constructor(sliceBytes: number, sliceMs: number) {
    this.#sliceBytes = sliceBytes;
    this.#sliceMs = sliceMs;
  }

  /** Replaces the walk for the time of a run; the result puts it back. One run at a time in a process. */
  hook(): () => void {
    const { writeNext } = TreeSnapshotSource.prototype;
    const walks = this;
    TreeSnapshotSource.prototype.writeNext = function (this: TreeSnapshotSource, out, bytesMax) {
      const isDone = writeNext.call(this, out, Math.min(bytesMax, walks.#sliceBytes));
      walks.#isUnderWay = !isDone;
      return isDone;
    };
    return () => {
      TreeSnapshotSource.prototype.writeNext = writeNext;
    };
  }

  /** The timer of a process whose walks take their time. */
  timer(timer: Timer): Timer {
    return {
      after: (delayMs, callback) => timer.after(delayMs, callback),
      soon: (callback) => {
        if (!this.#isUnderWay) return timer.soon(callback);
        this.#isUnderWay = false;
        timer.after(this.#sliceMs, callback);
      },
    };
  }
}

/** In every other run snapshots take so long that txns come in between; which, and how long, is the seed's choice. */
export function walksOf(seed: number): SlowWalks {
  const rng = createPrng(seed * 7 + 5);
  const isSlow = rng.below(2) === 0;
  return isSlow ? new SlowWalks(256 << rng.below(4), 1 + rng.below(20)) : new SlowWalks(1 << 30, 0);
}
