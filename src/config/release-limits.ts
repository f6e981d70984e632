import type { Config } from "./config.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";

/**
 * Refuses what this release understands but cannot do, and where going on would be worse than not starting: a member
 * that runs alone would invent its own history, a secure port that does not open leaves clients outside. Whoever
 * builds the feature takes its line out. Throws {@link ConfigError}.
 */
export function refuseWhatThisReleaseLacks(config: Config): void {
  const problems: ConfigProblem[] = [];
  if (config.ensemble.isDistributed) {
    const members =
      config.ensemble.membership?.servers.map(({ id }) => `server.${id}`).join(", ") ?? "no server";
    problems.push({
      reason: `this is an ensemble (${members}), and this release runs standalone only: keep at most one server line and leave standaloneEnabled at true`,
    });
  }
  if (config.clients.securePort !== null) {
    const reason = "TLS is not part of this release yet: remove the secure port";
    problems.push({ reason, key: "secureClientPort", value: String(config.clients.securePort) });
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
