import type { TrackedSession } from "./session-tracker.ts";

/**
 * What has to happen before a request that needs a global session runs (client-protocol 7.4): nothing, an upgrade (a
 * createSession txn for the same id goes in front of it), or a refusal with EPHEMERALONLOCALSESSION.
 */
export type UpgradeDecision = "none" | "upgrade" | "refuse";

/**
 * @param needsGlobal the request creates an ephemeral znode, alone or inside a multi (containers and TTL znodes do not count)
 */
export function decideUpgrade(
  session: TrackedSession | null,
  needsGlobal: boolean,
  isUpgradingEnabled: boolean,
): UpgradeDecision {
  if (!needsGlobal || session === null || !session.isLocal) return "none";
  return isUpgradingEnabled ? "upgrade" : "refuse";
}
