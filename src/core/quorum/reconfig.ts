import { parseDecimal } from "../../base/decimal.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { MembershipRules } from "./build-membership.ts";
import { type Members, MembershipError, type ServerSpec } from "./membership.ts";
import { parseMembershipText } from "./membership-text.ts";
import { quorumSystemOf } from "./quorum-system.ts";
import type { QuorumView } from "./quorum-view.ts";
import { parseServerLine } from "./server-line.ts";
import { sharedAddress } from "./shared-address.ts";

/** What a client asks for (op 16, quorum-protocol 5.3). */
export interface ReconfigRequest {
  /** `server.N=…` entries that join or change, by comma. */
  readonly joining: string | null;
  /** Ids that leave, by comma. */
  readonly leaving: string | null;
  /** The whole new configuration, by comma or newline; not null: the other two do not count. */
  readonly newMembers: string | null;
  /** Version of the last-seen configuration, or -1 for any. */
  readonly curConfigId: number;
}

export interface ReconfigRules extends MembershipRules {
  /** `standaloneEnabled`: then at least two voters must remain. */
  readonly allowsStandalone: boolean;
}

export type ReconfigDecision =
  | { readonly proposed: Members }
  | { readonly error: ErrorCode; readonly reason: string };

/**
 * Decides about a reconfig request as the leader, in Apache's order of checks from "in progress" on: that reconfig is
 * enabled, the session and the permission on `/zookeeper/config` are for the caller to check. `connected` are the
 * servers that are in sync and forwarding, the leader among them. The version is the zxid that prep stamps.
 */
export function decideReconfig(
  request: ReconfigRequest,
  view: QuorumView,
  rules: ReconfigRules,
  connected: ReadonlySet<number>,
): ReconfigDecision {
  const current = view.lastSeen ?? view.committed;
  if (current.version !== view.committed.version) {
    return { error: ErrorCode.RECONFIGINPROGRESS, reason: "another reconfiguration is in progress" };
  }
  if (request.curConfigId !== -1 && request.curConfigId !== current.version) {
    // As `config` shows it, and `reconfig -v` takes it: in hex.
    const reason = `the configuration has version ${current.version.toString(16)}, not ${request.curConfigId.toString(16)}`;
    return { error: ErrorCode.BADVERSION, reason };
  }
  try {
    const proposed = newMembersOf(request, current, rules);
    const { voters, containsQuorum } = quorumSystemOf(proposed);
    const votersMin = rules.allowsStandalone ? 2 : 1;
    if (voters.size < votersMin) {
      throw new MembershipError(`${voters.size} participants would remain, the least is ${votersMin}`);
    }
    if (containsQuorum(connected)) return { proposed };
    const reason = "no quorum of the new configuration is connected and in sync";
    return { error: ErrorCode.NEWCONFIGNOQUORUM, reason };
  } catch (error) {
    if (!(error instanceof MembershipError)) throw error;
    return { error: ErrorCode.BADARGUMENTS, reason: error.message };
  }
}

function newMembersOf(
  { newMembers, joining, leaving }: ReconfigRequest,
  current: Members,
  rules: ReconfigRules,
) {
  if (newMembers === null) return changedMembers(joining ?? "", leaving ?? "", current, rules);
  const { servers, hierarchy } = parseMembershipText(newMembers.replaceAll(",", "\n"), rules);
  for (const server of servers) refuseSharedAddress(server, servers);
  return { servers, hierarchy };
}

/** Leaving servers go first, so that an id may leave and join anew in one request. */
function changedMembers(joining: string, leaving: string, current: Members, rules: ReconfigRules): Members {
  if (current.hierarchy !== null) {
    throw new MembershipError("an incremental reconfiguration needs a majority quorum system");
  }
  const servers = new Map(current.servers.map((server) => [server.id, server]));
  for (const id of entries(leaving)) servers.delete(parseSid(id));
  for (const entry of entries(joining)) {
    const server = parseJoining(entry, rules);
    refuseSharedAddress(server, servers.values());
    servers.set(server.id, server);
  }
  return { servers: [...servers.values()].sort((a, b) => a.id - b.id), hierarchy: null };
}

function parseJoining(entry: string, rules: ReconfigRules): ServerSpec {
  const [key = "", line, ...more] = entry.split("=").map((part) => part.trim());
  if (line === undefined || more.length > 0)
    throw new MembershipError(`not of the form server.N=…: ${entry}`);
  const server = parseServerLine(
    parseSid(key.slice(key.lastIndexOf(".") + 1)),
    line,
    rules.allowsSeveralAddresses,
  );
  if (server.client === null && server.secureClient === null) {
    throw new MembershipError(`each joining server needs a client address: ${entry}`);
  }
  return server;
}

function refuseSharedAddress(server: ServerSpec, others: Iterable<ServerSpec>): void {
  for (const other of others) {
    const address = other.id === server.id ? undefined : sharedAddress(server, other);
    if (address === undefined) continue;
    throw new MembershipError(`server.${server.id} and server.${other.id} have the same address ${address}`);
  }
}

function entries(list: string): string[] {
  return list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function parseSid(text: string): number {
  const sid = parseDecimal(text);
  if (sid === undefined || !Number.isSafeInteger(sid))
    throw new MembershipError(`For input string: "${text}"`);
  return sid;
}
