import { describeNode, type ServerTree } from "../server-tree.ts";
import {
  acknowledgement,
  describeWrite,
  type HistoryIndex,
  mayHaveHappened,
  pathOf,
} from "./history-index.ts";

/**
 * Without reconfig each server keeps the text of its own zoo.cfg there, and its own time; the digest leaves /zookeeper out for
 * the same reason.
 */
const OWN_BUSINESS = "/zookeeper/config";

/** Path, data and every field of the Stat are the same on all servers. */
export function* equalTrees(trees: ReadonlyMap<number, ServerTree>): Generator<string> {
  const [[firstSid, first], ...others] = [...trees] as [[number, ServerTree], ...[number, ServerTree][]];
  for (const [sid, tree] of others) {
    for (const path of new Set([...first.keys(), ...tree.keys()])) {
      if (path === OWN_BUSINESS) continue;
      const [here, there] = [first, tree].map((each) => {
        const node = each.get(path);
        return node === undefined ? "absent" : describeNode(node);
      });
      if (here !== there) yield `${path} differs: server ${firstSid} ${here}, server ${sid} ${there}`;
    }
  }
}

/** Ephemerals are those of living sessions, all of them, and nobody else's. */
export function* ephemerals(
  { writes, tree, nodes, deletes }: HistoryIndex,
  livingSessions: ReadonlySet<string>,
): Generator<string> {
  for (const { path, stat } of nodes) {
    const owner = stat.ephemeralOwner;
    if (!owner.isZero() && !livingSessions.has(owner.key))
      yield `${path} has outlived its session ${owner.key}`;
  }
  for (const record of writes) {
    if (acknowledgement(record) === undefined || !livingSessions.has(record.session)) continue;
    for (const [place, action] of record.actions.entries()) {
      if (action.kind !== "createEphemeral") continue;
      const path = pathOf(record, place)!;
      const deletion = deletes.get(path);
      const isDeleted = deletion !== undefined && mayHaveHappened(deletion);
      const owner = tree.get(path)?.stat.ephemeralOwner.key;
      if (owner === undefined ? !isDeleted : owner !== record.session)
        yield `${path} is lost though its session lives: ${describeWrite(record)}`;
    }
  }
}
