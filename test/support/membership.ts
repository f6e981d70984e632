import type { MembershipRules } from "../../src/core/quorum/build-membership.ts";
import type { Membership } from "../../src/core/quorum/membership.ts";
import { parseMembershipText } from "../../src/core/quorum/membership-text.ts";

export const PLAIN_RULES: MembershipRules = { allowsSeveralAddresses: false, hasOracle: false };

/**
 * A configuration of servers on hosts `h1`, `h2` … with client addresses; more lines (`group.1=1:2`) may follow.
 * A negative id is an observer.
 */
export function membershipOf(ids: readonly number[], version = 0, ...lines: readonly string[]): Membership {
  const servers = ids.map((id) => {
    const sid = Math.abs(id);
    return `server.${sid}=h${sid}:2888:3888:${id < 0 ? "observer" : "participant"};h${sid}:2181`;
  });
  return parseMembershipText(
    [...servers, ...lines, `version=${version.toString(16)}`].join("\n"),
    PLAIN_RULES,
  );
}
