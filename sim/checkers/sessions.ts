import type { Checker, Facts, Observation } from "../observation.ts";

/** S21: every ephemeral has a session, and none outlives it. */
export class Sessions implements Checker {
  readonly name = "sessions";

  see(seen: Observation, { expected }: Facts): string | undefined {
    if (seen.kind !== "committed") return undefined;
    return orphanIn(expected, "the decided txns");
  }
}

/** The first ephemeral whose session is over. */
export function orphanIn(database: Facts["expected"], where: string): string | undefined {
  for (const session of database.tree.ephemeralOwners()) {
    if (!database.sessions.has(session.key))
      return `${where}: session ${session.key} is over, its ephemerals are there`;
  }
  return undefined;
}
