import type { Checker, Facts, Observation } from "../observation.ts";

/** S21, L5: when clients have been left alone for longer than a session lives, every session and every ephemeral is somebody's. */
export class Phantoms implements Checker {
  readonly name = "phantoms";

  see(seen: Observation, { expected }: Facts): string | undefined {
    if (seen.kind !== "rest") return undefined;
    const known = new Set(seen.sessions);
    for (const key of expected.sessions.keys())
      if (!known.has(key)) return `session ${key} lives and is nobody's`;
    for (const { key } of expected.tree.ephemeralOwners())
      if (!known.has(key)) return `an ephemeral of session ${key}, which is nobody's, lives`;
    return undefined;
  }
}
