import type { Rng } from "../../src/base/ports.ts";

/** Groups and weights, and the servers that they are for (quorum-protocol 2.8). */
export interface HierarchyChoice {
  readonly voters: readonly number[];
  readonly observers: readonly number[];
  readonly hierarchy: readonly string[];
}

/** Small ones that a majority would decide otherwise; each server costs. */
const CHOICES: readonly HierarchyChoice[] = [
  {
    // Two of the groups, of a group of two both.
    voters: [1, 2, 3, 4, 5],
    observers: [],
    hierarchy: ["group.1=1:2", "group.2=3:4", "group.3=5"],
  },
  {
    // Three that count, and one that votes for nothing and must not lead, though it would win by its id.
    voters: [1, 2, 3, 4],
    observers: [],
    hierarchy: ["group.1=1:2:3:4", "weight.1=1", "weight.2=1", "weight.3=1", "weight.4=0"],
  },
  {
    // A group that weighs nothing is no group.
    voters: [1, 2, 3, 4],
    observers: [],
    hierarchy: ["group.1=1", "group.2=2", "group.3=3", "group.4=4", "weight.4=0"],
  },
  {
    // Two servers are a quorum with the first only; so are the others together with it alone.
    voters: [1, 2, 3],
    observers: [],
    hierarchy: ["group.1=1:2:3", "weight.1=2", "weight.2=1", "weight.3=1"],
  },
  {
    // The observer's weight makes the quorum heavier: the two lighter ones are none.
    voters: [1, 2, 3],
    observers: [4],
    hierarchy: ["group.1=1:2:3:4", "weight.1=3", "weight.2=2", "weight.3=2", "weight.4=1"],
  },
];

export function pickHierarchy(rng: Rng): HierarchyChoice {
  return CHOICES[rng.below(CHOICES.length)]!;
}

/** What an operator may replace it by, for the same servers: the majority, or other weights. */
export function otherHierarchy(servers: readonly number[], rng: Rng): readonly string[] {
  if (rng.below(3) === 0) return [];
  const weights = servers.map((sid) => `weight.${sid}=${1 + rng.below(3)}`);
  if (servers.length < 4 || rng.below(2) === 0) return [`group.1=${servers.join(":")}`, ...weights];
  const [a, b, c, ...rest] = servers;
  return [`group.1=${a}:${b}`, `group.2=${c}`, `group.3=${rest.join(":")}`, ...weights];
}
