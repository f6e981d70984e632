import type { WriteRecord } from "./history.ts";
import {
  acknowledgement,
  describeWrite,
  type HistoryIndex,
  isCreate,
  type LoadNode,
  mayHaveHappened,
  pathOf,
} from "./history-index.ts";

/** What was created and acknowledged is there unless it was deleted, and what was deleted and acknowledged is not. */
export function* createdZnodes({ writes, tree, deletes, zxids }: HistoryIndex): Generator<string> {
  for (const record of writes) {
    if (acknowledgement(record) === undefined) continue;
    for (const [place, action] of record.actions.entries()) {
      const path = pathOf(record, place);
      if (path === undefined) continue;
      const node = tree.get(path);
      if (action.kind === "delete" && node !== undefined)
        yield `${path} is there after ${describeWrite(record)}`;
      // Ephemerals have a check of their own, which knows whose session lives.
      if (!isCreate(action) || action.kind === "createEphemeral") continue;
      const deletion = deletes.get(path);
      const isDeleted = deletion !== undefined && mayHaveHappened(deletion);
      if (node === undefined && !isDeleted) yield `${path} is lost: ${describeWrite(record)}`;
      if (node !== undefined && node.stat.czxid !== zxids.get(record.id))
        yield `${path} has czxid 0x${node.stat.czxid.toString(16)} after ${describeWrite(record)}`;
    }
  }
}

/** What was refused has left nothing. */
export function* refusedWrites({ writes, tree }: HistoryIndex): Generator<string> {
  for (const record of writes) {
    if (record.outcome.kind !== "refused") continue;
    for (const [place, action] of record.actions.entries()) {
      const path = pathOf(record, place);
      if (path !== undefined && isCreate(action) && tree.has(path))
        yield `${path} is there after ${describeWrite(record)}`;
    }
    // Their paths are used once.
    if (record.outcome.reason === "NODEEXISTS") yield `executed twice: ${describeWrite(record)}`;
  }
}

/** What is there was asked for, there. */
export function* invented({ nodes, writes }: HistoryIndex): Generator<string> {
  for (const node of nodes) {
    const record = writes[node.writer];
    if (record === undefined) yield `${node.path} holds the data of write ${node.writer}, which nobody made`;
    else if (!mayHaveHappened(record)) yield `${node.path} holds the data of ${describeWrite(record)}`;
    else if (!asksFor(record, node))
      yield `${node.path} is not what was asked for by ${describeWrite(record)}`;
  }
}

function asksFor(record: WriteRecord, { path, stat }: LoadNode): boolean {
  return record.actions.some((action, place) => {
    switch (action.kind) {
      case "create":
        return action.path === path && stat.ephemeralOwner.isZero();
      case "createEphemeral":
        return action.path === path && stat.ephemeralOwner.key === record.session;
      case "set":
        return action.path === path;
      case "createSequential":
        return acknowledgement(record) === undefined
          ? path.startsWith(action.prefix)
          : pathOf(record, place) === path;
      default:
        return false;
    }
  });
}

/** A multi is there as a whole or not at all. */
export function* multis({ writes, tree }: HistoryIndex): Generator<string> {
  for (const record of writes) {
    const paths = record.actions.flatMap((action, place) =>
      isCreate(action) ? [pathOf(record, place)!] : [],
    );
    if (paths.length < 2) continue;
    const zxids = new Set(paths.map((path) => tree.get(path)?.stat.czxid));
    if (zxids.size > 1) yield `a part is there of ${describeWrite(record)}`;
  }
}

/** No write gets two sequence numbers, no number is given twice, and later creates get higher ones. */
export function* sequenceNumbers({ writes, nodes, zxids }: HistoryIndex): Generator<string> {
  const items = new Map<number, { path: string; zxid: number }>();
  const isSequential = (record: WriteRecord | undefined): boolean =>
    record?.actions[0]?.kind === "createSequential";
  for (const record of writes) {
    const path = isSequential(record) ? pathOf(record, 0) : undefined;
    if (path !== undefined) items.set(record.id, { path, zxid: zxids.get(record.id)! });
  }
  for (const { writer, path, stat } of nodes) {
    if (!isSequential(writes[writer])) continue;
    const known = items.get(writer);
    if (known !== undefined && known.path !== path)
      yield `${path} and ${known.path} are of one write, ${writer}`;
    items.set(writer, { path, zxid: stat.czxid });
  }
  const inOrder = [...items.values()].sort((a, b) => a.zxid - b.zxid);
  for (const [place, item] of inOrder.entries()) {
    const before = inOrder[place - 1];
    if (before !== undefined && numberOf(before.path) >= numberOf(item.path))
      yield `${item.path} (0x${item.zxid.toString(16)}) comes after ${before.path} (0x${before.zxid.toString(16)})`;
  }
}

const numberOf = (path: string): number => Number(path.slice(-10));
