import type { Checker, Observation } from "../observation.ts";

/** No server ends by itself, by a broken invariant or otherwise, unless its disk made it. */
export class Alive implements Checker {
  readonly name = "alive";

  see(seen: Observation): string | undefined {
    if (seen.kind !== "failed" || seen.isExcused) return undefined;
    return `server ${seen.server} ended by itself: ${seen.reason}`;
  }
}
