import type { JuteWriter } from "../../protocol/jute-writer.ts";

/** A walk over a tree that goes on changing (`core/tree/snapshot-source.ts`), as whoever streams it sees it. */
export interface SnapshotWalk {
  /** Appends the next part to `out` until it has grown by about `bytesMax`; true when all is written. */
  writeNext(out: JuteWriter, bytesMax: number): boolean;
  /** Ends a walk that is not carried to its end. */
  abandon(): void;
}
