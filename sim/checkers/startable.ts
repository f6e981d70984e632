import type { Checker, Observation } from "../observation.ts";

/** S26: whatever moment the power failed at, the server starts again from what is left. */
export class Startable implements Checker {
  readonly name = "startable";

  see(seen: Observation): string | undefined {
    if (seen.kind !== "refused" || seen.isExcused) return undefined;
    return `server ${seen.server} does not start from its own data: ${seen.reason}`;
  }
}
