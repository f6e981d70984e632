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

/** The kinds of stores by the suffix of the file, where `.type` does not say it. */
const SUFFIXES: Readonly<Record<string, string>> = {
  pem: "PEM",
  crt: "PEM",
  cer: "PEM",
  key: "PEM",
  p12: "PKCS12",
  pfx: "PKCS12",
  jks: "JKS",
};

function trusted(get: Get): TlsOptions {
  const name = "zookeeper.ssl.trustStore";
  const file = get(`${name}.location`);
  if (file === undefined) return {};
  const kind = kindOf(get, name, file);
  const bytes = store(`${name}.location`, file);
  if (kind === "PEM") return { ca: bytes };
  return { trustStore: bytes, trustStorePassphrase: password(get, name) };
}

function identity(get: Get): TlsOptions {
  const name = "zookeeper.ssl.keyStore";
  const file = get(`${name}.location`);
  if (file === undefined) return {};
  const kind = kindOf(get, name, file);
  const bytes = store(`${name}.location`, file);
  const passphrase = password(get, name);
  if (kind === "PEM") return { cert: bytes, key: bytes, passphrase };
  return kind === "JKS" ? { keyStore: bytes, passphrase } : { pfx: bytes, passphrase };
}

function password(get: Get, name: string): string | undefined {
  const file = get(`${name}.passwordPath`);
  if (file === undefined) return get(`${name}.password`);
  return store(`${name}.passwordPath`, file).toString("utf8").trim();
}

function kindOf(get: Get, name: string, file: string): string {
  const kind = get(`${name}.type`)?.toUpperCase() ?? SUFFIXES[/[^.]*$/.exec(file)![0].toLowerCase()];
  if (kind === "PEM" || kind === "PKCS12" || kind === "JKS") return kind;
  throw wrong(
    `${name}.location`,
    file,
    "a store of type PEM, PKCS12 or JKS; say which with .type, or convert it",
  );
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
