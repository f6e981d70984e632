import { readFileSync } from "node:fs";
import type { ConnectOptions, TlsOptions } from "../../client/options.ts";
import { parseProperties } from "../../config/properties.ts";
import { splitFlags } from "../../config/settings.ts";
import { CommandError, ShellExit } from "./command-error.ts";

/**
 * What Apache's client properties mean for our client (configuration 8). The file wins over the system properties of the
 * flags. Properties that only a JVM understands are ignored; a store that cannot be used is refused.
 *
 * @throws {@link CommandError} that names the property
 */
export function clientProperties(file: Uint8Array | undefined, flags: string): ConnectOptions {
  const properties = new Map<string, string>();
  for (const flag of splitFlags(flags)) {
    const [, key, value] = /^-D([^=]+)=(.*)$/.exec(flag) ?? [];
    if (key !== undefined) properties.set(key, value ?? "");
  }
  for (const { key, value } of file === undefined ? [] : parseProperties(file))
    properties.set(key.trim(), value.trim());
  const get = (key: string): string | undefined => properties.get(key) || undefined;
  const requestTimeoutMs = number(get, "zookeeper.request.timeout");
  const bufferBytes = number(get, "jute.maxbuffer");
  return {
    ...(requestTimeoutMs === undefined || requestTimeoutMs === 0
      ? {}
      : { requestDeadlineMs: requestTimeoutMs }),
    ...(bufferBytes === undefined
      ? {}
      : { requestBytesMax: bufferBytes, replyBytesMax: Math.max(bufferBytes, 1 << 24) }),
    ...(get("zookeeper.client.secure")?.toLowerCase() === "true" ? { tls: tlsOptions(get) } : {}),
  };
}

type Get = (key: string) => string | undefined;

function number(get: Get, key: string): number | undefined {
  const text = get(key);
  if (text === undefined) return undefined;
  if (!/^(0x[0-9a-fA-F]+|\d+)$/.test(text)) throw wrong(key, text, "a number");
  return Number(text);
}

function tlsOptions(get: Get): TlsOptions {
  const isNameChecked = get("zookeeper.ssl.hostnameVerification")?.toLowerCase() !== "false";
  return {
    ...trusted(get),
    ...identity(get),
    server: isNameChecked ? "verified" : "anyName",
  };
}

function trusted(get: Get): TlsOptions {
  const file = get("zookeeper.ssl.trustStore.location");
  if (file === undefined) return {};
  requireKind(get, "zookeeper.ssl.trustStore", file, /\.(pem|crt|cer)$/i, "PEM");
  return { ca: store("zookeeper.ssl.trustStore.location", file) };
}

function identity(get: Get): TlsOptions {
  const file = get("zookeeper.ssl.keyStore.location");
  if (file === undefined) return {};
  const passwordFile = get("zookeeper.ssl.keyStore.passwordPath");
  const passphrase =
    passwordFile === undefined
      ? get("zookeeper.ssl.keyStore.password")
      : store("zookeeper.ssl.keyStore.passwordPath", passwordFile).toString("utf8").trim();
  const secret = passphrase === undefined ? {} : { passphrase };
  if (/\.(p12|pfx)$/i.test(file) || get("zookeeper.ssl.keyStore.type")?.toUpperCase() === "PKCS12")
    return { pfx: store("zookeeper.ssl.keyStore.location", file), ...secret };
  requireKind(get, "zookeeper.ssl.keyStore", file, /\.(pem|crt|key)$/i, "PEM or PKCS12");
  const pem = store("zookeeper.ssl.keyStore.location", file);
  return { cert: pem, key: pem, ...secret };
}

function requireKind(get: Get, prefix: string, file: string, suffix: RegExp, kinds: string): void {
  const type = get(`${prefix}.type`)?.toUpperCase();
  if (type === "PEM" || (type === undefined && suffix.test(file))) return;
  throw wrong(`${prefix}.location`, file, `a store of type ${kinds}; convert it with keytool or openssl`);
}

function store(key: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw wrong(key, file, `a file that can be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function wrong(key: string, value: string, wanted: string): CommandError {
  return new CommandError(`${key} is "${value}": it must be ${wanted}`, ShellExit.badConfiguration);
}
