import type { AuthConfig, AuthScheme } from "./config-security.ts";
import type { OptionReader } from "./option-reader.ts";
import { AUTH_PROVIDER_PREFIX } from "./schema/auth-options.ts";
import { schema } from "./schema.ts";
import type { FileSettings } from "./settings.ts";

const APACHE_PROVIDERS: Readonly<Record<string, AuthScheme>> = {
  IPAuthenticationProvider: "ip",
  DigestAuthenticationProvider: "digest",
  X509AuthenticationProvider: "x509",
  SASLAuthenticationProvider: "sasl",
  EnsembleAuthenticationProvider: "ensemble",
  KeyAuthenticationProvider: "key",
};

const APACHE_PACKAGE = "org.apache.zookeeper.server.auth.";

/** Puts the authentication part together: which schemes there are, and which a session must have used. */
export function resolveAuth(
  settings: FileSettings,
  properties: ReadonlyMap<string, string>,
  hasSecurePort: boolean,
  reader: OptionReader,
): AuthConfig {
  const switches = reader.section(schema.authSwitches);
  const schemes = new Set<AuthScheme>(["world", "ip"]);
  if (switches.digestEnabled) schemes.add("digest");
  for (const [key, provider] of family(AUTH_PROVIDER_PREFIX, settings, properties, reader)) {
    const scheme = schemeOf(provider);
    if (scheme !== undefined) schemes.add(scheme);
    else reader.warn(key, `${key}=${provider}: there is no such provider here, the scheme is not available`);
  }
  if (hasSecurePort) schemes.add("x509");
  const saslSuperUsers = [...family("superUser.", settings, properties, reader)].map(
    ([, principal]) => principal,
  );
  if (switches.superUser !== null) saslSuperUsers.unshift(switches.superUser);
  return {
    ...reader.section(schema.auth),
    schemes: [...schemes],
    saslSuperUsers,
    requiredSchemes: requiredSchemes(switches, schemes, reader),
  };
}

function schemeOf(provider: string): AuthScheme | undefined {
  const name = provider.startsWith(APACHE_PACKAGE) ? provider.slice(APACHE_PACKAGE.length) : provider;
  return Object.hasOwn(APACHE_PROVIDERS, name) ? APACHE_PROVIDERS[name] : undefined;
}

function requiredSchemes(
  switches: {
    readonly enforced: boolean;
    readonly enforcedSchemes: readonly string[];
    readonly requiresSasl: boolean;
  },
  available: ReadonlySet<string>,
  reader: OptionReader,
): string[] {
  const required = switches.requiresSasl ? ["sasl"] : switches.enforced ? [...switches.enforcedSchemes] : [];
  if (switches.enforced && !switches.requiresSasl && required.length === 0) {
    reader.problems.push({
      key: "enforce.auth.enabled",
      reason: "zookeeper.enforce.auth.enabled is true zookeeper.enforce.auth.schemes must be  configured.",
    });
  }
  for (const scheme of required) {
    if (available.has(scheme) && scheme !== "world") continue;
    reader.problems.push({
      reason: `Authentication scheme ${scheme} is not available.`,
      allowed: [...available].join(", "),
    });
  }
  return required;
}

/** All settings whose key begins with `prefix`, the system properties first, the file over them. */
function family(
  prefix: string,
  settings: FileSettings,
  properties: ReadonlyMap<string, string>,
  reader: OptionReader,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of properties) {
    if (name.startsWith(`zookeeper.${prefix}`)) found.set(name.slice("zookeeper.".length), value);
  }
  for (const { key, value } of settings.values()) {
    if (!key.startsWith(prefix)) continue;
    reader.usedKeys.add(key);
    found.set(key, value);
  }
  return found;
}
