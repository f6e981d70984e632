import type { PlantedBug } from "../ensemble-run.ts";

/** A bug that was once somebody's, to see that the checkers notice. */
export interface KnownBug extends PlantedBug {
  readonly name: string;
  /** ZOOKEEPER-nnnn, or the clause of quorum-protocol that it breaks. */
  readonly source: string;
  /** The checkers that may notice first. */
  readonly rings: readonly string[];
  /** A seed at which one does. */
  readonly seed: number;
}

/** What of a history that should have been cut is noticed first depends on what comes behind it. */
export const UNCUT = ["digest", "log-agreement", "contiguous-log", "votes", "ack-epoch"] as const;
