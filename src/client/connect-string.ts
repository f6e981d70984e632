import { validatePath } from "../protocol/path.ts";
import { MisuseError } from "./errors.ts";

/** One server of a connect string. */
export interface ServerAddress {
  /** Name or IP address, IPv6 without brackets. */
  readonly host: string;
  /** 1 … 65535. */
  readonly port: number;
}

/** What a connect string says. */
export interface ConnectString {
  /** At least one, in the order written. */
  readonly servers: readonly ServerAddress[];
  /** Path that all paths of the client are below; "" without one. */
  readonly chroot: string;
}

/** ZooKeeper's client port. */
const PORT_DEFAULT = 2181;

/** `host:port`, IPv6 in brackets. */
export function formatAddress({ host, port }: ServerAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Reads `host[:port][,host[:port]…][/chroot]`; port 2181 by default, IPv6 addresses in brackets (or bare, when no port
 * follows). The chroot follows the last host only and applies to all (configuration 8).
 *
 * @throws {@link MisuseError} that says which part is wrong
 */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf("/");
  const hosts = slash < 0 ? text : text.slice(0, slash);
  const chroot = slash < 0 ? "" : text.slice(slash);
  if (chroot !== "" && chroot !== "/") {
    const reason = validatePath(chroot);
    if (reason !== undefined)
      throw new MisuseError(`the chroot "${chroot}" of the connect string is not a path: ${reason}`);
  }
  const servers = hosts
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => parseServer(part, text));
  if (servers.length === 0) {
    throw new MisuseError(`the connect string "${text}" names no server: write host:port,host:port/chroot`);
  }
  return { servers, chroot: chroot === "/" ? "" : chroot };
}

function parseServer(part: string, text: string): ServerAddress {
  const bracketed = /^\[([^\]]+)\](?::(.*))?$/.exec(part);
  if (bracketed !== null) return { host: bracketed[1]!, port: parsePort(bracketed[2], part) };
  const colons = part.split(":").length - 1;
  if (colons > 1 && !part.includes("[")) return { host: part, port: PORT_DEFAULT };
  const [host = "", port] = part.split(":");
  if (host === "" || /[\s[\]]/.test(host))
    throw new MisuseError(`"${part}" in the connect string "${text}" is not host:port`);
  return { host, port: parsePort(port, part) };
}

function parsePort(text: string | undefined, part: string): number {
  if (text === undefined) return PORT_DEFAULT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) throw new MisuseError(`the port of "${part}" must be 1 … 65535`);
  return port;
}
