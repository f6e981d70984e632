import type { ServerTree, TreeNode } from "../server-tree.ts";
import type { Action, History, ReadRecord, WriteOutcome, WriteRecord } from "./history.ts";
import { LOAD_ROOT, writerOf } from "./history.ts";

type Acknowledged = Extract<WriteOutcome, { readonly kind: "acknowledged" }>;

/** A node of the workload, with the write that its data names. */
export interface LoadNode extends TreeNode {
  readonly writer: number;
}

/** A history beside the tree that it ended in. */
export interface HistoryIndex {
  readonly writes: readonly WriteRecord[];
  readonly reads: readonly ReadRecord[];
  readonly tree: ServerTree;
  /** Znodes whose data is a workload's. */
  readonly nodes: readonly LoadNode[];
  /** The delete of each path, if it was asked for. */
  readonly deletes: ReadonlyMap<string, WriteRecord>;
  /** When each write was executed, as far as replies or the tree tell; a write may have left no trace. */
  readonly zxids: ReadonlyMap<number, number>;
}

export const mayHaveHappened = ({ outcome }: WriteRecord): boolean => outcome.kind !== "refused";

export function acknowledgement({ outcome }: WriteRecord): Acknowledged | undefined {
  return outcome.kind === "acknowledged" ? outcome : undefined;
}

/** The path that an action created or changed; of a sequential create only with its reply. */
export function pathOf(record: WriteRecord, place: number): string | undefined {
  const action = record.actions[place]!;
  if (action.kind === "refuse") return undefined;
  return action.kind === "createSequential" ? acknowledgement(record)?.paths[place] : action.path;
}

export const isCreate = ({ kind }: Action): boolean => kind.startsWith("create");

export function indexHistory(history: Pick<History, "writes" | "reads">, tree: ServerTree): HistoryIndex {
  const nodes: LoadNode[] = [];
  for (const node of tree.values()) {
    const writer = node.path.startsWith(LOAD_ROOT) ? writerOf(node.data) : undefined;
    if (writer !== undefined) nodes.push({ ...node, writer });
  }
  const deletes = new Map<string, WriteRecord>();
  const zxids = new Map<number, number>();
  for (const record of history.writes) {
    for (const action of record.actions) if (action.kind === "delete") deletes.set(action.path, record);
    const zxid = acknowledgement(record)?.zxid;
    if (zxid !== undefined) zxids.set(record.id, zxid);
  }
  for (const { writer, stat } of nodes) if (!zxids.has(writer)) zxids.set(writer, stat.mzxid);
  return { writes: history.writes, reads: history.reads, tree, nodes, deletes, zxids };
}

/** For messages. */
export function describeWrite({ id, session, actions, outcome }: WriteRecord): string {
  const what = actions
    .map((action) => `${action.kind} ${"path" in action ? action.path : ""}`.trim())
    .join(", ");
  const zxid =
    outcome.kind === "acknowledged" && outcome.zxid !== undefined ? ` 0x${outcome.zxid.toString(16)}` : "";
  const reason = "reason" in outcome ? ` (${outcome.reason})` : "";
  return `write ${id} of session ${session} [${what}] ${outcome.kind}${zxid}${reason}`;
}
