import { parseDecimal } from "../../base/decimal.ts";
import {
  type HostPort,
  MembershipError,
  type PeerType,
  type QuorumAddress,
  type ServerSpec,
} from "./membership.ts";

const FORM =
  "does not have the form server_config or server_config;client_config where server_config is the pipe separated list" +
  " of host:port:port or host:port:port:type and client_config is host:clientPort;host:secureClientPort or clientPort" +
  " or host:clientPort or ';secureClientPort' or ';host:secureClientPort'";

/**
 * The value of `server.<id>` (configuration 1.6):
 *
 *     host:quorumPort:electionPort[:role][|…][;[host:]clientPort][;[host:]secureClientPort]
 *
 * Throws {@link MembershipError}.
 */
export function parseServerLine(id: number, text: string, allowsSeveralAddresses: boolean): ServerSpec {
  const parts = split(text, ";");
  if (parts.length > 3) throw new MembershipError(`${text} ${FORM}`);
  const client = parseClientPart(parts[1] ?? "", text);
  const secureClient = parseClientPart(parts[2] ?? "", text);
  const members = split(parts[0] ?? "", "|");
  if (members.length > 1 && !allowsSeveralAddresses) {
    throw new MembershipError(
      `Multiple address feature is disabled, but multiple addresses were specified for sid ${id}`,
    );
  }
  let peerType: PeerType | undefined;
  const addresses: QuorumAddress[] = [];
  for (const member of members) {
    const { address, role } = parseQuorumAddress(id, member, text);
    if (role !== undefined && peerType !== undefined && role !== peerType) {
      throw new MembershipError(`Multiple addresses should have similar roles: ${peerType} vs ${role}`);
    }
    peerType ??= role;
    addresses.push(address);
  }
  return { id, addresses, peerType: peerType ?? "participant", client, secureClient };
}

function parseQuorumAddress(
  id: number,
  member: string,
  line: string,
): { address: QuorumAddress; role?: PeerType } {
  const parts = splitHostAndPorts(member);
  if (parts.length < 3 || parts.length > 4) throw new MembershipError(`${line} ${FORM}`);
  const [host = "", quorumText = "", electionText = "", roleText] = parts;
  const address = {
    host,
    quorumPort: parsePort(host, quorumText),
    electionPort: parsePort(host, electionText),
  };
  if (address.quorumPort === address.electionPort) {
    throw new MembershipError(
      `Client and election port must be different! Please update the configuration file on server.${id}`,
    );
  }
  return roleText === undefined ? { address } : { address, role: parseRole(roleText) };
}

function parseRole(text: string): PeerType {
  const role = text.trim().toLowerCase();
  if (role !== "observer" && role !== "participant")
    throw new MembershipError(`Unrecognised peertype: ${text}`);
  return role;
}

/** `port` alone means all addresses; nothing at all means there is no such part. */
function parseClientPart(text: string, line: string): HostPort | null {
  if (text === "") return null;
  const parts = splitHostAndPorts(text);
  if (parts.length > 2) throw new MembershipError(`${line} ${FORM}`);
  const host = parts.length === 2 ? (parts[0] ?? "") : "0.0.0.0";
  return { host, port: parsePort(host, parts.at(-1) ?? "") };
}

function parsePort(host: string, text: string): number {
  const port = parseDecimal(text);
  if (port === undefined) throw new MembershipError(`Address unresolved: ${host}:${text}`);
  if (port < 0 || port > 65_535) throw new MembershipError(`port out of range:${port}`);
  return port;
}

/** Splits at colons, but keeps an IPv6 address in brackets together and drops the brackets. */
function splitHostAndPorts(text: string): string[] {
  if (!text.startsWith("[")) return split(text, ":");
  const end = text.indexOf("]");
  if (end < 0) throw new MembershipError(`${text} starts with '[' but has no matching ']:'`);
  if (end + 2 === text.length) throw new MembershipError(`${text} doesn't have a port after colon`);
  const host = text.slice(1, end);
  return end + 2 < text.length ? [host, ...split(text.slice(end + 2), ":")] : [host];
}

/** `String.split` of Java: empty parts at the end are dropped. */
function split(text: string, separator: string): string[] {
  const parts = text.split(separator);
  while (parts.length > 1 && parts.at(-1) === "") parts.pop();
  return parts;
}

/** The canonical text of a server line, without `server.<id>=`: addresses sorted by host, the role always there. */
export function formatServerLine(server: ServerSpec): string {
  const addresses = [...server.addresses]
    .sort((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0))
    .map(({ host, quorumPort, electionPort }) => `${bracket(host)}:${quorumPort}:${electionPort}`);
  const client = server.client === null ? "" : `;${formatHostPort(server.client)}`;
  const separator = server.client === null ? ";;" : ";";
  const secure = server.secureClient === null ? "" : `${separator}${formatHostPort(server.secureClient)}`;
  return `${addresses.join("|")}:${server.peerType}${client}${secure}`;
}

function formatHostPort({ host, port }: HostPort): string {
  return `${bracket(host)}:${port}`;
}

function bracket(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
