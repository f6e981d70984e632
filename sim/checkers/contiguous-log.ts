import { counterOf, epochOf, ZXID_ZERO } from "../../src/protocol/zxid.ts";
import type { Checker, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/** S16: the next record is the next of its epoch, or begins a higher one. */
export class ContiguousLog implements Checker {
  readonly name = "contiguous-log";

  see(seen: Observation): string | undefined {
    if (seen.kind !== "logged") return undefined;
    const { zxid, previous = ZXID_ZERO } = seen;
    if (
      epochOf(zxid) === epochOf(previous) ? zxid === previous + 1 : zxid > previous && counterOf(zxid) === 1
    ) {
      return undefined;
    }
    return `server ${seen.server} logs ${show(zxid)} behind ${show(previous)}`;
  }
}
