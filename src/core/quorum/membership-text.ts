import { ZXID_ZERO, type Zxid, zxidToHex } from "../../protocol/zxid.ts";
import { buildMembership, type MemberLine, type MembershipRules } from "./build-membership.ts";
import { type Membership, MembershipError, parseVersion, weightInHierarchy } from "./membership.ts";
import { quorumSystemOf } from "./quorum-system.ts";
import { formatServerLine } from "./server-line.ts";

/**
 * Reads the text of a configuration as notifications, NEWLEADER, `/zookeeper/config` and reconfig requests carry it
 * (quorum-protocol 5.1): `server.*`, `group*`, `weight*` lines in any order, and `version=<hex>`, 0 when absent.
 * Throws {@link MembershipError} with the first mistake, also when no quorum is possible.
 */
export function parseMembershipText(text: string, rules: MembershipRules): Membership {
  const lines = new Map<string, MemberLine>();
  let version: Zxid = ZXID_ZERO;
  for (const line of text.split(/[\r\n]+/)) {
    const [, key, value = ""] = LINE.exec(line) ?? [];
    if (key === undefined) continue;
    if (key === "version") version = requireVersion(value);
    else if (!MEMBER_KEY.test(key)) throw new MembershipError(`Unrecognised parameter: ${key}`);
    else lines.set(key, { key, value });
  }
  const membership = buildMembership([...lines.values()], version, rules, (line, reason) => {
    throw new MembershipError(line === null ? reason : `${line.key}=${line.value}: ${reason}`);
  });
  quorumSystemOf(membership);
  return membership;
}

/** As in a Java properties file: blanks around, `=`, `:` or a blank between, comments; escapes have no use here. */
const LINE = /^[ \t\f]*([^#!=: \t\f][^=: \t\f]*)[ \t\f]*[=: \t\f]?[ \t\f]*(.*?)[ \t\f]*$/;

/** The match is by prefix, as in Apache. */
const MEMBER_KEY = /^(server\.|group|weight)/;

function requireVersion(text: string): Zxid {
  const version = parseVersion(text);
  if (version === undefined) throw new MembershipError(`version=${text}: For input string: "${text}"`);
  return version;
}

/** The text of 5.1: servers in ascending order, groups, weights, `version=<hex>` last and without a newline. */
export function formatMembership(membership: Membership): string {
  return [...memberLines(membership), `version=${zxidToHex(membership.version)}`].join("\n");
}

/** The lines of a dynamic configuration file, which has no version inside (5.2). */
export function memberLines({ servers, hierarchy }: Membership): string[] {
  const lines = servers.map((server) => `server.${server.id}=${formatServerLine(server)}`);
  if (hierarchy === null) return lines;
  const weighed = new Set([
    ...servers.filter(({ peerType }) => peerType === "participant").map(({ id }) => id),
    ...hierarchy.weights.map(({ id }) => id),
  ]);
  return [
    ...lines,
    ...hierarchy.groups.map(({ id, members }) => `group.${id}=${[...members].sort(ascending).join(":")}`),
    ...[...weighed].sort(ascending).map((id) => `weight.${id}=${weightInHierarchy(hierarchy, id)}`),
  ];
}

function ascending(a: number, b: number): number {
  return a - b;
}
