import { JuteWriter } from "../../../protocol/jute-writer.ts";
import type { SnapshotWalk } from "../snapshot-walk.ts";

/** A tree of so many bytes is written out in a few milliseconds. */
const AT_ONCE_BYTES_MAX = 1 << 20;

/**
 * A walk whose first megabyte is made at once: a tree that is not larger goes out exactly as it is at the zxid of the SNAP packet,
 * with nothing of later txns in it. Apache 3.9 needs that if it is to find its digests right: it compares them from the first txn
 * behind the snapshot on.
 */
export class BegunWalk implements SnapshotWalk {
  readonly #rest: SnapshotWalk;
  readonly #begun: Uint8Array;
  readonly #isWhole: boolean;
  #at = 0;

  constructor(walk: SnapshotWalk) {
    this.#rest = walk;
    const out = new JuteWriter(4096);
    this.#isWhole = walk.writeNext(out, AT_ONCE_BYTES_MAX);
    this.#begun = out.take(0);
  }

  writeNext(out: JuteWriter, bytesMax: number): boolean {
    const end = Math.min(this.#at + bytesMax, this.#begun.length);
    out.writeRaw(this.#begun.subarray(this.#at, end));
    const left = bytesMax - (end - this.#at);
    this.#at = end;
    if (end < this.#begun.length) return false;
    return this.#isWhole || (left > 0 && this.#rest.writeNext(out, left));
  }

  abandon(): void {
    if (!this.#isWhole) this.#rest.abandon();
  }
}
