import { buildMembership, type MembershipRules } from "../core/quorum/build-membership.ts";
import { type Membership, parseVersion } from "../core/quorum/membership.ts";
import { ZXID_ZERO, type Zxid } from "../protocol/zxid.ts";
import type { OptionReader } from "./option-reader.ts";
import type { Setting } from "./settings.ts";

/**
 * Puts the `server.N`, `group.N` and `weight.N` lines of a file together. Mistakes go to `reader`; null when there is
 * no ensemble line at all.
 */
export function readMembership(
  lines: readonly Setting[],
  version: Zxid,
  rules: MembershipRules,
  reader: OptionReader,
): Membership | null {
  if (lines.length === 0) return null;
  return buildMembership(lines, version, rules, (line, reason) => {
    if (line === null) reader.problems.push({ reason });
    else reader.refuse(line, reason);
  });
}

/** The version that a dynamic file's name ends in: `zoo.cfg.dynamic.100000003`; 0 when it names none. */
export function versionOfFileName(name: string): Zxid {
  return parseVersion(/\.([0-9a-fA-F]+)$/.exec(name)?.[1] ?? "") ?? ZXID_ZERO;
}
