import type { HostPort, ServerSpec } from "../core/quorum/membership.ts";
import type { ClientsConfig } from "./config.ts";
import type { OptionReader } from "./option-reader.ts";

type ClientPorts = Pick<ClientsConfig, "port" | "address" | "securePort" | "secureAddress">;

/**
 * The listeners: from the static keys, or from the client parts of the own server line. When both are there they must
 * agree (configuration 1.5).
 */
export function resolveClientPorts(
  keys: ClientPorts,
  own: ServerSpec | undefined,
  reader: OptionReader,
): ClientPorts {
  checkPortIsSet("clientPort", keys.address, keys.port, reader);
  checkPortIsSet("secureClientPort", keys.secureAddress, keys.securePort, reader);
  const plain = merge("client", keys.address, keys.port, own, own?.client ?? null, reader);
  const secure = merge(
    "secure client",
    keys.secureAddress,
    keys.securePort,
    own,
    own?.secureClient ?? null,
    reader,
  );
  return { port: plain.port, address: plain.host, securePort: secure.port, secureAddress: secure.host };
}

function checkPortIsSet(
  key: string,
  address: string | null,
  port: number | null,
  reader: OptionReader,
): void {
  if (address === null || port !== null) return;
  reader.problems.push({
    reason: `${key}Address is set but ${key} is not set`,
    key: `${key}Address`,
    value: address,
  });
}

interface Listener {
  readonly host: string | null;
  readonly port: number | null;
}

function merge(
  kind: "client" | "secure client",
  address: string | null,
  port: number | null,
  own: ServerSpec | undefined,
  listed: HostPort | null,
  reader: OptionReader,
): Listener {
  if (own === undefined || listed === null) return { host: address, port };
  if (port !== null && contradicts({ host: address, port }, listed)) {
    const found = `is ${address ?? "0.0.0.0"}:${port} is different from`;
    reader.problems.push({
      reason: `${kind} address for this server (id = ${own.id}) in static config file ${found} client address found in dynamic file: ${listed.host}:${listed.port}`,
    });
  }
  return { host: isAnyAddress(listed.host) ? null : listed.host, port: listed.port };
}

/** Names are not resolved here, so a name and an address are taken as agreeing. */
function contradicts(fromKeys: Listener, listed: HostPort): boolean {
  if (fromKeys.port !== listed.port) return true;
  if (fromKeys.host === null || isAnyAddress(fromKeys.host) || fromKeys.host === listed.host) return false;
  return isAddress(fromKeys.host) === isAddress(listed.host);
}

/** Every address of the machine. */
export function isAnyAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::" || host === "0:0:0:0:0:0:0:0";
}

/** A literal address: hexadecimal groups with colons, or four decimal numbers. */
function isAddress(host: string): boolean {
  return host.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}
