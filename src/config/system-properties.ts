import { noEffectOptions } from "./schema/no-effect-options.ts";
import { allOptions } from "./schema.ts";
import type { FileSettings } from "./settings.ts";

/** What stands in place of a password. */
const REDACTED = "***";

const SECRET_NAME = /password(?!path)|passwd|superdigest|secret/i;

/**
 * What Java would hold as system properties after start-up: the `-D` words, and over them every key of the file that
 * Apache does not parse itself, as `zookeeper.<key>` (configuration 1.2 rule 4). Secrets are redacted.
 */
export function systemProperties(
  file: FileSettings,
  flags: ReadonlyMap<string, string>,
): Record<string, string> {
  const isNamed = namedKeys();
  const entries = new Map(flags);
  for (const { key, value } of file.values()) {
    if (!isNamed.has(key) && !key.startsWith("metricsProvider.")) entries.set(`zookeeper.${key}`, value);
  }
  const redacted = [...entries].map(
    ([name, value]) => [name, SECRET_NAME.test(name) ? REDACTED : value] as const,
  );
  return Object.fromEntries(redacted.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function namedKeys(): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const option of allOptions()) if (option.isNamed) keys.add(option.key);
  for (const option of noEffectOptions) if (option.isNamed === true) keys.add(option.key);
  return keys;
}
