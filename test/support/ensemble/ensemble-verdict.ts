import { checkHistory } from "../history/history-checker.ts";
import { equalTrees } from "../history/history-checks-servers.ts";
import type { Workload } from "../history/history-workload.ts";
import { readServerTree, type ServerTree } from "../server-tree.ts";
import { until } from "../until.ts";
import type { EnsembleProcesses } from "./ensemble.ts";

/** How long sessions that were left to their timeout may need to go. */
const EXPIRY_DEADLINE_MS = 30_000;
const READ_DEADLINE_MS = 30_000;

/**
 * Stops the load and reads the tree of every server, all of which must serve: what contradicts ZooKeeper's promises. Empty
 * when all is well. The sessions of the workload live on.
 */
export async function verdict(ensemble: EnsembleProcesses, workload: Workload): Promise<string[]> {
  await workload.stop();
  const living = new Set(
    workload.sessions.filter((each) => !each.isLeft && !each.isExpired).map(({ id }) => id),
  );
  await until(
    "the ephemerals of sessions that are over go",
    async () => !hasOtherOwners(await readServerTree((await ensemble.leader()).address), living),
    EXPIRY_DEADLINE_MS,
  );
  // A machine with much to do may make a leader late, and with the next one all is read again.
  const seen = await until("every server is read", () => look(ensemble), READ_DEADLINE_MS);
  const evidence = { history: workload.history, trees: seen.trees, livingSessions: living };
  return [...checkHistory(evidence), ...seen.complaints];
}

async function look(ensemble: EnsembleProcesses) {
  return { trees: await treesOf(ensemble), complaints: await digestComplaints(ensemble) };
}

async function treesOf(ensemble: EnsembleProcesses): Promise<Map<number, ServerTree>> {
  const trees = new Map<number, ServerTree>();
  for (const { sid, address, isRunning } of ensemble.members)
    if (isRunning) trees.set(sid, await readServerTree(address));
  return trees;
}

/** Where the trees and digests of the running servers differ. Nothing may be written meanwhile. */
export async function treeComplaints(ensemble: EnsembleProcesses): Promise<string[]> {
  const { trees, complaints } = await until("every server is read", () => look(ensemble), READ_DEADLINE_MS);
  return [...equalTrees(trees), ...complaints].slice(0, 20);
}

function hasOtherOwners(tree: ServerTree, living: ReadonlySet<string>): boolean {
  return [...tree.values()].some(({ stat: { ephemeralOwner: owner } }) => {
    return !owner.isZero() && !living.has(owner.key);
  });
}

/** The servers' own comparison of digests, and the digests that they remember of equal zxids (`hash`). */
async function digestComplaints(ensemble: EnsembleProcesses): Promise<string[]> {
  const complaints: string[] = [];
  const digests = new Map<string, { sid: number; digest: string }>();
  for (const member of ensemble.members.filter(({ isRunning }) => isRunning)) {
    const count = await member.monitored("zk_digest_mismatches_count");
    if (count !== undefined && Number(count) !== 0)
      complaints.push(`server ${member.sid} saw ${count} other digests`);
    for (const line of (await member.ask("hash")).split("\n")) {
      const [, zxid, digest] = /^(0x[0-9a-f]+) (?:digest: )?(.+)$/.exec(line.trim()) ?? [];
      if (zxid === undefined || digest === undefined) continue;
      const known = digests.get(zxid);
      if (known !== undefined && known.digest !== digest)
        complaints.push(
          `digest at ${zxid}: server ${known.sid} ${known.digest}, server ${member.sid} ${digest}`,
        );
      digests.set(zxid, { sid: member.sid, digest });
    }
  }
  return complaints;
}
