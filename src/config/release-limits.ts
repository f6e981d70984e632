import type { Config } from "./config.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";

/**
 * Refuses what this release understands but cannot do, and where going on would be worse than not starting: a secure
 * port that does not open leaves clients outside, servers that talk in the clear are not what was asked for. Whoever builds the feature takes its line out. Throws {@link ConfigError}.
 */
export function refuseWhatThisReleaseLacks(config: Config): void {
  const problems: ConfigProblem[] = [];
  if (config.clients.securePort !== null) {
    const reason = "TLS is not part of this release yet: remove the secure port";
    problems.push({ reason, key: "secureClientPort", value: String(config.clients.securePort) });
  }
  problems.push(...quorumProblems(config));
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Servers that talk to each other in the clear although they were told not to would be worse than none. */
function quorumProblems({ ensemble }: Config): ConfigProblem[] {
  if (!ensemble.isDistributed) return [];
  const problems: ConfigProblem[] = [];
  if (ensemble.hasTls) {
    const reason =
      "TLS between servers is not part of this release yet: remove sslQuorum, and protect the network";
    problems.push({ reason, key: "sslQuorum", value: "true" });
  }
  const required = (["learnerRequires", "serverRequires"] as const).filter((key) => ensemble.sasl[key]);
  for (const key of required) {
    const name = `quorum.auth.${key.replace("Requires", "RequireSasl")}`;
    problems.push({
      reason: "SASL between servers is not part of this release yet",
      key: name,
      value: "true",
    });
  }
  if (ensemble.oraclePath !== null) {
    const reason = "the failure-detection oracle is not part of this release yet: remove oraclePath";
    problems.push({ reason, key: "oraclePath", value: ensemble.oraclePath });
  }
  return problems;
}
