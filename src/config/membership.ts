import type { Hierarchy, Membership, ServerSpec } from "./config-ensemble.ts";
import { EnsembleLineError, parseServerLine } from "./ensemble-lines.ts";
import type { OptionReader } from "./option-reader.ts";
import type { Setting } from "./settings.ts";
import { parseDecimal } from "./value-type.ts";

/** What decides how the ensemble lines are read. */
export interface MembershipRules {
  readonly allowsSeveralAddresses: boolean;
  /** `oraclePath` is set: majority counts, groups and weights do not. */
  readonly hasOracle: boolean;
}

/**
 * Puts the `server.N`, `group.N`, `weight.N` (and `version`) lines together. Mistakes go to `reader`; null when there
 * is no ensemble line at all.
 */
export function readMembership(
  lines: readonly Setting[],
  version: string,
  rules: MembershipRules,
  reader: OptionReader,
): Membership | null {
  const servers: ServerSpec[] = [];
  const groups: Group[] = [];
  const weights: Weight[] = [];
  for (const line of lines) {
    try {
      const id = parseId(line.key.slice(line.key.indexOf(".") + 1));
      if (line.key.startsWith("server."))
        servers.push(parseServerLine(id, line.value, rules.allowsSeveralAddresses));
      else if (line.key.startsWith("group")) groups.push({ id, members: line.value.split(":").map(parseId) });
      else weights.push({ id, weight: parseId(line.value) });
    } catch (error) {
      if (!(error instanceof EnsembleLineError)) throw error;
      reader.refuse(line, error.message);
    }
  }
  if (lines.length === 0) return null;
  servers.sort(byId);
  const isHierarchical = groups.length + weights.length > 0 && !rules.hasOracle;
  const hierarchy = isHierarchical ? checkHierarchy(servers, groups, weights, reader) : null;
  return { version, servers, hierarchy };
}

type Group = Hierarchy["groups"][number];
type Weight = Hierarchy["weights"][number];

/** Every participant is in exactly one group, and every group member is known (`QuorumHierarchical`). */
function checkHierarchy(
  servers: readonly ServerSpec[],
  groups: Group[],
  weights: Weight[],
  reader: OptionReader,
) {
  const grouped = new Set<number>();
  for (const member of groups.flatMap((group) => group.members)) {
    if (grouped.has(member)) reader.problems.push({ reason: `Server ${member}is in multiple groups` });
    grouped.add(member);
  }
  for (const server of servers) {
    if (server.peerType === "participant" && !grouped.has(server.id)) {
      reader.problems.push({ reason: `Server ${server.id}is not in a group` });
    }
  }
  const known = new Set([...servers, ...weights].map(({ id }) => id));
  for (const member of grouped) {
    if (known.has(member)) continue;
    reader.problems.push({ reason: `Server ${member} is in a group, but there is no line server.${member}` });
  }
  return { groups: groups.sort(byId), weights: weights.sort(byId) };
}

function byId(a: { readonly id: number }, b: { readonly id: number }): number {
  return a.id - b.id;
}

/** `Long.parseLong`, as far as numbers can be told apart here. */
function parseId(text: string): number {
  const id = parseDecimal(text);
  if (id === undefined) throw new EnsembleLineError(`For input string: "${text}"`);
  if (!Number.isSafeInteger(id)) throw new EnsembleLineError(`${text} is too large`);
  return id;
}

/** The version that a dynamic file's name ends in: `zoo.cfg.dynamic.100000003`; "0" when it names none. */
export function versionOfFileName(name: string): string {
  const suffix = /\.([0-9a-fA-F]+)$/.exec(name)?.[1];
  return suffix === undefined ? "0" : suffix.toLowerCase().replace(/^0+(?=.)/, "");
}
