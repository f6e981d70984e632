import type { ServerTree } from "../server-tree.ts";
import type { History } from "./history.ts";
import { createdZnodes, invented, multis, refusedWrites, sequenceNumbers } from "./history-checks-nodes.ts";
import { oneOrder, sessionOrder } from "./history-checks-order.ts";
import { reads } from "./history-checks-reads.ts";
import { ephemerals, equalTrees } from "./history-checks-servers.ts";
import { chains } from "./history-checks-versions.ts";
import { indexHistory } from "./history-index.ts";

/** What is there after a workload has stopped. */
export interface Evidence {
  readonly history: Pick<History, "writes" | "reads">;
  /** By server, after a sync. */
  readonly trees: ReadonlyMap<number, ServerTree>;
  /** Hex ids of the sessions that live. */
  readonly livingSessions: ReadonlySet<string>;
}

const CHECKS = [
  createdZnodes,
  refusedWrites,
  invented,
  multis,
  sequenceNumbers,
  chains,
  sessionOrder,
  oneOrder,
  reads,
];

/**
 * What contradicts the promises: every acknowledged write is on every server (or properly superseded), what was refused is not,
 * all servers have the same tree, the order of zxids is that of each session and of real time, no version has two writers,
 * sequence numbers are unique, ephemerals are those of the living sessions. Empty when all is well.
 */
export function checkHistory({ history, trees, livingSessions }: Evidence): string[] {
  const [first] = trees.values();
  if (first === undefined) return ["no server was read"];
  const index = indexHistory(history, first);
  const found = CHECKS.flatMap((check) => [...check(index)]);
  return [...equalTrees(trees), ...ephemerals(index, livingSessions), ...found];
}
