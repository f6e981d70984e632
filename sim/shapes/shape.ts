import type { Rng } from "../../src/base/ports.ts";
import { createPrng } from "../../src/base/prng.ts";
import { memberAddress } from "../world.ts";
import { pickHierarchy } from "./hierarchies.ts";

export const SHAPE_NAMES = ["plain", "joining", "groups", "masters"] as const;
export type ShapeName = (typeof SHAPE_NAMES)[number];

/** How the ensemble of a run is set up, and what an operator makes of it meanwhile. */
export interface Shape {
  readonly name: ShapeName;
  readonly voters: readonly number[];
  readonly observers: readonly number[];
  /** Machines without a server at first, for those that join. */
  readonly spares: readonly number[];
  /** Groups and weights; none: the majority decides. */
  readonly hierarchy: readonly string[];
  /** Whether followers feed the observers. */
  readonly hasObserverMasters: boolean;
  readonly operator: "none" | "roles" | "members" | "quorums";
  readonly snapCount: number;
  readonly commitLogCount: number;
  readonly snapshotSizeFactor: string;
  /** What stands in zoo.cfg beside that. */
  readonly settings: readonly string[];
}

/** Of 20 seeds this many have the shape; the others are plain. */
const SHARES: readonly (readonly [ShapeName, number])[] = [
  ["joining", 3],
  ["groups", 3],
  ["masters", 2],
];

/** Which shape a seed makes when nobody asks for one. */
function shapeNameOf(seed: number): ShapeName {
  let at = createPrng(seed * 11 + 7).below(20);
  for (const [name, share] of SHARES) {
    at -= share;
    if (at < 0) return name;
  }
  return "plain";
}

/**
 * Small limits, so that everything that depends on them happens in seconds: files are rolled, snapshots taken, and a server
 * that was away gets what it lacks from the leader's memory, from its log files, or as a snapshot.
 */
export function shapeOf(seed: number, count: number, name = shapeNameOf(seed)): Shape {
  const rng = createPrng(seed * 5 + 3);
  const plain: Shape = {
    name: "plain",
    voters: sids(1, count),
    observers: rng.below(3) === 0 ? [count + 1] : [],
    spares: [],
    hierarchy: [],
    hasObserverMasters: false,
    settings: [],
    snapCount: [20, 40, 100][rng.below(3)]!,
    commitLogCount: [5, 30, 500][rng.below(3)]!,
    snapshotSizeFactor: ["0.33", "100", "-1"][rng.below(3)]!,
    operator: rng.below(3) === 0 ? "roles" : "none",
  };
  switch (name) {
    case "joining":
      return { ...plain, name, observers: [], spares: sids(count + 1, 3), operator: "members" };
    case "groups":
      return { ...plain, name, ...pickHierarchy(rng), operator: rng.below(2) === 0 ? "quorums" : "none" };
    case "masters":
      return { ...plain, name, ...withMasters(rng, count) };
    case "plain":
      return plain;
  }
}

function withMasters(rng: Rng, count: number) {
  return { observers: sids(count + 1, 1 + rng.below(2)), hasObserverMasters: true };
}

function sids(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** The text of the configuration that the ensemble begins with. */
export function membershipTextOf({ voters, observers, hierarchy }: Shape): string {
  return [
    ...voters.map((sid) => serverLine(sid, "participant")),
    ...observers.map((sid) => serverLine(sid, "observer")),
    ...hierarchy,
  ].join("\n");
}

export function serverLine(sid: number, role: "participant" | "observer"): string {
  return `server.${sid}=${memberAddress(sid, role)}`;
}
