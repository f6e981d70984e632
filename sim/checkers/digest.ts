import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/** S20: no server finds another tree than a txn says, and none of the decided txns says another than the expected one. */
export class Digest implements Checker {
  readonly name = "digest";

  see(seen: Observation, { expected }: Facts): string | undefined {
    if (seen.kind === "said" && /digest/i.test(seen.message) && seen.level !== "debug") {
      return `server ${seen.server}: ${seen.message}`;
    }
    const last = seen.kind === "committed" ? seen.txns.at(-1) : undefined;
    if (last === undefined || expected.tree.digests.mismatches === 0) return undefined;
    return `the tree of all decided txns up to ${show(last.zxid)} has another digest than a txn says`;
  }
}
