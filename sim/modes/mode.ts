import { createPrng } from "../../src/base/prng.ts";

/** How an ensemble may be set up beside its usual way. */
export const MODE_NAMES = ["plain", "read-only", "local-sessions", "epoch-ends", "mixed"] as const;
export type ModeName = (typeof MODE_NAMES)[number];

/** What becomes of sessions that are made: `refusing` and `upgrading` say what a local one may do that wants an ephemeral. */
export type SessionKind = "global" | "refusing" | "upgrading";

/** What servers and clients of a run may do beside the usual. */
export interface Mode {
  readonly name: ModeName;
  /** `readonlymode.enabled`; clients take a server without a quorum. */
  readonly hasReadOnly: boolean;
  /** `localSessionsEnabled`, `localSessionsUpgradingEnabled`. */
  readonly sessions: SessionKind;
  /** The last counter of an epoch; undefined: as it is. */
  readonly counterMax: number | undefined;
}

/** Of twenty seeds. */
const SHARES: readonly (readonly [ModeName, number])[] = [
  ["plain", 12],
  ["read-only", 3],
  ["local-sessions", 2],
  ["epoch-ends", 2],
  ["mixed", 1],
];
const SHARES_TOTAL = SHARES.reduce((sum, [, share]) => sum + share, 0);

/** The mode of a seed; `name` forces one, and leaves its details to the seed. */
export function modeOf(seed: number, name?: ModeName): Mode {
  const rng = createPrng(seed * 7 + 5);
  let at = rng.below(SHARES_TOTAL);
  const chosen = name ?? SHARES.find(([, share]) => (at -= share) < 0)![0];
  const isMixed = chosen === "mixed";
  const local = rng.below(2) === 0 ? "refusing" : "upgrading";
  // Apache serves read-only with local sessions only; with global ones it is a server of ours that makes an exception.
  const isLocal = chosen === "local-sessions" || isMixed || (chosen === "read-only" && rng.below(2) === 0);
  const counterMax = [6, 20, 60][rng.below(3)]!;
  return {
    name: chosen,
    hasReadOnly: chosen === "read-only" || isMixed,
    sessions: isLocal ? local : "global",
    counterMax: chosen === "epoch-ends" || isMixed ? counterMax : undefined,
  };
}

/** What stands in a server's zoo.cfg. */
export function modeSettings({ sessions }: Mode): readonly string[] {
  if (sessions === "global") return [];
  return ["localSessionsEnabled=true", `localSessionsUpgradingEnabled=${sessions === "upgrading"}`];
}

/** What a server's process is started with. */
export function modeFlags({ hasReadOnly }: Mode): readonly string[] {
  return hasReadOnly ? ["-Dreadonlymode.enabled=true"] : [];
}
