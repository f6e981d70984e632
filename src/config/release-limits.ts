import type { Config } from "./config.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";

/**
 * Refuses what this release understands but cannot do, and where going on would be worse than not starting: a secure
 * port that does not open leaves clients outside. Whoever builds the feature takes its line out. Throws {@link ConfigError}.
 */
export function refuseWhatThisReleaseLacks(config: Config): void {
  const problems: ConfigProblem[] = [];
  if (config.clients.securePort !== null) {
    const reason = "TLS is not part of this release yet: remove the secure port";
    problems.push({ reason, key: "secureClientPort", value: String(config.clients.securePort) });
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
