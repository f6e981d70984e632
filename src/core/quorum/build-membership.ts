import { parseDecimal } from "../../base/decimal.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import { type Hierarchy, type Membership, MembershipError, type ServerSpec } from "./membership.ts";
import { isQuorumPossible } from "./quorum-system.ts";
import { parseServerLine } from "./server-line.ts";

/** What decides how the ensemble lines are read. */
export interface MembershipRules {
  /** `multiAddress.enabled`. */
  readonly allowsSeveralAddresses: boolean;
  /** `oraclePath` is set: majority counts, groups and weights do not. */
  readonly hasOracle: boolean;
}

/** One `server.N`, `group.N` or `weight.N` line. */
export interface MemberLine {
  readonly key: string;
  readonly value: string;
}

type Group = Hierarchy["groups"][number];
type Weight = Hierarchy["weights"][number];

/**
 * Puts ensemble lines together. What is wrong with one line, or (null) with all of them, goes to `refuse`; the result
 * is then not to be used.
 */
export function buildMembership<Line extends MemberLine>(
  lines: readonly Line[],
  version: Zxid,
  rules: MembershipRules,
  refuse: (line: Line | null, reason: string) => void,
): Membership {
  const servers: ServerSpec[] = [];
  const groups: Group[] = [];
  const weights: Weight[] = [];
  for (const line of lines) {
    try {
      const id = parseId(line.key.slice(line.key.indexOf(".") + 1));
      if (line.key.startsWith("server."))
        servers.push(parseServerLine(id, line.value, rules.allowsSeveralAddresses));
      else if (line.key.startsWith("group")) groups.push({ id, members: line.value.split(":").map(parseId) });
      else weights.push({ id, weight: parseWeight(line.value) });
    } catch (error) {
      if (!(error instanceof MembershipError)) throw error;
      refuse(line, error.message);
    }
  }
  servers.sort(byId);
  if (groups.length + weights.length === 0 || rules.hasOracle) return { version, servers, hierarchy: null };
  const hierarchy = { groups: groups.sort(byId), weights: weights.sort(byId) };
  checkHierarchy(servers, hierarchy, (reason) => refuse(null, reason));
  return { version, servers, hierarchy };
}

/** Every participant is in exactly one group, every group member is known, and there is a quorum (`QuorumHierarchical`). */
function checkHierarchy(
  servers: readonly ServerSpec[],
  hierarchy: Hierarchy,
  report: (reason: string) => void,
): void {
  let isSound = true;
  const refuse = (reason: string) => {
    isSound = false;
    report(reason);
  };
  const grouped = new Set<number>();
  for (const member of hierarchy.groups.flatMap(({ members }) => members)) {
    if (grouped.has(member)) refuse(`Server ${member} is in multiple groups: name it in one group only`);
    grouped.add(member);
  }
  for (const server of servers) {
    if (server.peerType === "participant" && !grouped.has(server.id))
      refuse(
        `Server ${server.id} is not in a group: where there are groups or weights, every participant has to be in one`,
      );
  }
  const known = new Set([...servers, ...hierarchy.weights].map(({ id }) => id));
  for (const member of grouped) {
    if (!known.has(member)) refuse(`Server ${member} is in a group, but there is no line server.${member}`);
  }
  const hasVoters = servers.some(({ peerType }) => peerType === "participant");
  if (isSound && hasVoters && !isQuorumPossible({ servers, hierarchy })) {
    refuse(
      "The groups and weights make no quorum: not even all participants together are one. " +
        "Give servers of more than half of the groups a weight above 0",
    );
  }
}

function byId(a: { readonly id: number }, b: { readonly id: number }): number {
  return a.id - b.id;
}

/** `Long.parseLong`, as far as numbers can be told apart here. */
function parseId(text: string): number {
  const id = parseDecimal(text);
  if (id === undefined) throw new MembershipError(`For input string: "${text}"`);
  if (!Number.isSafeInteger(id)) throw new MembershipError(`${text} is too large`);
  return id;
}

/** Apache counts negative weights, with quorums that need not meet. */
function parseWeight(text: string): number {
  const weight = parseId(text);
  if (weight < 0) throw new MembershipError(`A weight must not be negative: ${text}`);
  return weight;
}
