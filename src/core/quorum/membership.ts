import { isExactZxid, type Zxid, zxidFromHex } from "../../protocol/zxid.ts";

export type PeerType = "participant" | "observer";

/** One configuration of the ensemble: the `server`, `group` and `weight` lines (configuration 1.6). */
export interface Membership extends Members {
  /** zxid of the reconfig that made it; 0 when it comes from a file that names none. */
  readonly version: Zxid;
}

/** Who belongs to the ensemble and who counts how much: a configuration before it has a version. */
export interface Members {
  /** In ascending order of `id`. */
  readonly servers: readonly ServerSpec[];
  /** null: majority of participants. */
  readonly hierarchy: Hierarchy | null;
}

export interface Hierarchy {
  /** In ascending order of `id`. */
  readonly groups: readonly { readonly id: number; readonly members: readonly number[] }[];
  /** In ascending order of `id`; servers without a line weigh 1. */
  readonly weights: readonly { readonly id: number; readonly weight: number }[];
}

export interface ServerSpec {
  readonly id: number;
  /** At least one; sorted by host in printed text. */
  readonly addresses: readonly QuorumAddress[];
  readonly peerType: PeerType;
  /** The `;host:port` part; null when absent. Host `0.0.0.0` when only a port was given. */
  readonly client: HostPort | null;
  /** The second `;host:port` part (TLS). */
  readonly secureClient: HostPort | null;
}

export interface QuorumAddress {
  /** IPv6 without brackets. */
  readonly host: string;
  readonly quorumPort: number;
  readonly electionPort: number;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Ensemble lines or text that cannot be used; the message is Apache's where Apache has one. */
export class MembershipError extends Error {
  override readonly name = "MembershipError";
}

/** The version of a configuration: the zxid of a reconfig in hex; undefined when `text` is none. */
export function parseVersion(text: string): Zxid | undefined {
  const version = zxidFromHex(text);
  return version === undefined || version < 0 || !isExactZxid(version) ? undefined : version;
}

export function memberOf(members: Members, sid: number): ServerSpec | undefined {
  return members.servers.find(({ id }) => id === sid);
}

/** What `server` weighs: its `weight` line, else 1 (quorum-protocol 2.8). */
export function weightInHierarchy(hierarchy: Hierarchy, sid: number): number {
  return hierarchy.weights.find(({ id }) => id === sid)?.weight ?? 1;
}

/**
 * The same servers at the same addresses in the same roles, with the same groups and weights (quorum-protocol 2.8);
 * the order of addresses and the versions do not matter.
 */
export function sameMembers(a: Members, b: Members): boolean {
  return membersKey(a) === membersKey(b);
}

/** The same set of quorum and election addresses: what tells whether a leader can still be found (5.6, 5.7). */
export function sameAddresses(a: ServerSpec, b: ServerSpec): boolean {
  return addressesKey(a) === addressesKey(b);
}

function membersKey({ servers, hierarchy }: Members): string {
  const lines = [...servers]
    .sort(byId)
    .map((server) => JSON.stringify([server.id, server.peerType, addressesKey(server), clientsKey(server)]));
  if (hierarchy === null) return lines.join();
  const groups = [...hierarchy.groups]
    .sort(byId)
    .map(({ id, members }) => [id, [...members].sort(ascending)]);
  const weights = servers
    .map(({ id }) => [id, weightInHierarchy(hierarchy, id)])
    .sort(([x = 0], [y = 0]) => x - y);
  return JSON.stringify([lines, groups, weights]);
}

function addressesKey({ addresses }: ServerSpec): string {
  const texts = addresses.map(
    ({ host, quorumPort, electionPort }) => `${host}|${quorumPort}|${electionPort}`,
  );
  return texts.sort().join();
}

function clientsKey({ client, secureClient }: ServerSpec): string {
  return JSON.stringify([client?.host, client?.port, secureClient?.host, secureClient?.port]);
}

function byId(a: { readonly id: number }, b: { readonly id: number }): number {
  return a.id - b.id;
}

function ascending(a: number, b: number): number {
  return a - b;
}
