import { beforeAll, describe, expect, it } from "vitest";
import type { Stat } from "../../src/client/index.ts";
import { startTestServer } from "../../src/testing/index.ts";
import {
  type Action,
  dataOf,
  LOAD_ROOT,
  QUEUE,
  type ReadRecord,
  type WriteRecord,
} from "../support/history/history.ts";
import { checkHistory, type Evidence } from "../support/history/history-checker.ts";
import { Workload } from "../support/history/history-workload.ts";
import { readServerTree, type TreeNode } from "../support/server-tree.ts";

/** Evidence that a test may tamper with. */
interface Loose {
  readonly writes: WriteRecord[];
  readonly reads: ReadRecord[];
  readonly tree: Map<string, TreeNode>;
  readonly other: Map<string, TreeNode>;
  readonly living: Set<string>;
}

let honest: Evidence;
let ended = "";

/** Everything that a workload does, against one server: it keeps its promises. */
beforeAll(async () => {
  await using server = await startTestServer();
  const workload = await Workload.start({
    servers: [server.connectString],
    sessions: 4,
    depth: 6,
    pauseMs: 0,
  });
  await workload.acknowledged(3000, 60_000);
  const [first, second] = workload.sessions;
  ended = first!.id;
  await first!.close();
  await second!.abandon();
  await server.expireSession(second!.client.session!.id);
  await workload.stop();
  const tree = await readServerTree(server.connectString);
  const living = workload.sessions.filter(({ isLeft }) => !isLeft).map(({ id }) => id);
  const trees = new Map([
    [1, tree],
    [2, new Map(tree)],
  ]);
  honest = { history: workload.history, trees, livingSessions: new Set(living) };
  await workload.close();
});

function judge(tamper: (evidence: Loose) => void): string[] {
  const loose: Loose = {
    writes: [...honest.history.writes],
    reads: [...honest.history.reads],
    tree: new Map(honest.trees.get(1)),
    other: new Map(honest.trees.get(2)),
    living: new Set(honest.livingSessions),
  };
  tamper(loose);
  const trees = new Map([
    [1, loose.tree],
    [2, loose.other],
  ]);
  return checkHistory({ history: loose, trees, livingSessions: loose.living });
}

/** The last acknowledged write with such an action, whose znode is there. */
function find(
  { writes, tree }: Loose,
  kind: Action["kind"],
  actions = 1,
): { record: WriteRecord; path: string } {
  const fits = (record: WriteRecord): boolean =>
    record.outcome.kind === "acknowledged" &&
    record.actions.length === actions &&
    record.actions[0]!.kind === kind &&
    (kind === "delete" || tree.has(pathIn(record)));
  const record = writes.filter(fits).at(-1)!;
  return { record, path: pathIn(record) };
}

function pathIn({ actions: [action], outcome }: WriteRecord): string {
  const reported = outcome.kind === "acknowledged" ? outcome.paths[0] : undefined;
  return reported ?? (action as { path: string }).path;
}

/** On both servers. */
function put(evidence: Loose, path: string, data: string, stat: Partial<Stat>): void {
  const like = evidence.tree.get(path) ?? find(evidence, "create");
  const model = "stat" in like ? like : evidence.tree.get(like.path)!;
  for (const tree of [evidence.tree, evidence.other])
    tree.set(path, { path, data, stat: { ...model.stat, ...stat } });
}

function remove(evidence: Loose, path: string): void {
  evidence.tree.delete(path);
  evidence.other.delete(path);
}

function told(evidence: Loose, record: WriteRecord, change: Partial<WriteRecord["outcome"]>): void {
  evidence.writes[record.id] = {
    ...record,
    outcome: { ...record.outcome, ...change } as WriteRecord["outcome"],
  };
}

describe("the checker of histories", () => {
  it("finds nothing in an honest history, and that history has everything in it", () => {
    expect(judge(() => {})).toEqual([]);
    const { writes, reads } = honest.history;
    const kinds = new Set(writes.flatMap(({ actions }) => actions.map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual(
      ["create", "createEphemeral", "createSequential", "delete", "refuse", "set"].sort(),
    );
    expect(new Set(writes.map(({ outcome }) => outcome.kind))).toEqual(new Set(["acknowledged", "refused"]));
    expect(reads.length).toBeGreaterThan(100);
  });

  it.each<[string, RegExp, (evidence: Loose) => void]>([
    ["a create is lost", /is lost/, (e) => remove(e, find(e, "create").path)],
    ["a sequential create is lost", /is lost/, (e) => remove(e, find(e, "createSequential").path)],
    [
      "an ephemeral of a living session is lost",
      /though its session lives/,
      (e) => {
        const living = e.writes.filter(({ session }) => e.living.has(session));
        remove(e, find({ ...e, writes: living }, "createEphemeral").path);
      },
    ],
    [
      "an ephemeral outlives its session",
      /outlived/,
      (e) => {
        const record = e.writes.find(
          ({ session, actions }) => session === ended && actions[0]!.kind === "createEphemeral",
        )!;
        const { stat } = e.tree.get(find(e, "createEphemeral").path)!;
        const owner = stat.ephemeralOwner;
        e.living.delete(owner.key);
        put(e, pathIn(record), dataOf(record.id), { ...stat, ephemeralOwner: owner });
      },
    ],
    [
      "a deleted znode is there",
      /is there after/,
      (e) => {
        const { path } = find(e, "delete");
        put(e, path, dataOf(0), {});
      },
    ],
    [
      "a refused write is there",
      /is there after/,
      (e) => {
        const record = e.writes.find(({ outcome }) => outcome.kind === "refused")!;
        put(e, pathIn(record), dataOf(record.id), {});
      },
    ],
    ["a write that nobody made", /nobody made/, (e) => put(e, `${LOAD_ROOT}/x`, dataOf(999_999), {})],
    [
      "a write at another path",
      /not what was asked for/,
      (e) => {
        put(e, `${LOAD_ROOT}/x`, dataOf(find(e, "create").record.id), {});
      },
    ],
    [
      "one server has other data",
      /differs/,
      (e) => {
        const { path } = find(e, "create");
        e.other.set(path, { ...e.other.get(path)!, data: "other" });
      },
    ],
    [
      "one server has another field of a Stat",
      /differs/,
      (e) => {
        const node = e.other.get(QUEUE)!;
        e.other.set(QUEUE, { ...node, stat: { ...node.stat, cversion: node.stat.cversion + 1 } });
      },
    ],
    ["one server has a znode less", /differs/, (e) => e.other.delete(find(e, "create").path)],
    ["half a multi", /a part is there/, (e) => remove(e, find(e, "create", 3).path)],
    [
      "half a multi whose outcome is unknown",
      /a part is there/,
      (e) => {
        const { record, path } = find(e, "create", 3);
        remove(e, path);
        e.writes[record.id] = { ...record, outcome: { kind: "unknown", reason: "lost" } };
      },
    ],
    [
      "two sets get one version",
      /given twice/,
      (e) => {
        const sets = setsOf(e, `${LOAD_ROOT}/counter-0`);
        const [a, b] = [sets.at(-2)!, sets.at(-1)!];
        const stats = statsOf(b).map((stat) => ({ ...stat!, version: statsOf(a)[0]!.version }));
        told(e, b, { stats });
      },
    ],
    [
      "an update is lost",
      /was acknowledged/,
      (e) => {
        const [a, b] = setsOf(e, `${LOAD_ROOT}/counter-1`).slice(-2);
        put(e, `${LOAD_ROOT}/counter-1`, dataOf(a!.id), statsOf(a!)[0]!);
        expect(b).toBeDefined();
      },
    ],
    [
      "a version without a writer",
      /has no writer/,
      (e) => {
        const path = `${LOAD_ROOT}/counter-2`;
        put(e, path, "", { version: e.tree.get(path)!.stat.version + 1 });
      },
    ],
    [
      "the last version has another writer",
      /is not that of/,
      (e) => {
        const path = `${LOAD_ROOT}/counter-2`;
        put(e, path, dataOf(setsOf(e, path).at(-2)!.id), {});
      },
    ],
    [
      "two writes of a session change places",
      /wrong order/,
      (e) => {
        const { session } = find(e, "create").record;
        const own = e.writes.filter((w) => w.session === session && zxidOf(w) !== undefined);
        swapZxids(e, own.at(-2)!, own.at(-1)!);
      },
    ],
    [
      "a later write gets a lower zxid",
      /acknowledged earlier and executed later/,
      (e) => {
        const known = e.writes.filter((w) => zxidOf(w) !== undefined);
        const early = known[5]!;
        swapZxids(
          e,
          early,
          known.find((w) => w.invokedAt > early.completedAt && w.session !== early.session)!,
        );
      },
    ],
    [
      "two writes have one zxid",
      /one zxid/,
      (e) => {
        const known = e.writes.filter((w) => zxidOf(w) !== undefined);
        told(e, known.at(-1)!, { zxid: zxidOf(known.at(-2)!) });
      },
    ],
    [
      "a sequence number comes twice",
      /comes after/,
      (e) => {
        const items = e.writes.filter((w) => w.actions[0]!.kind === "createSequential");
        remove(e, pathIn(items.at(-1)!));
        told(e, items.at(-1)!, { paths: [pathIn(items.at(-2)!)] });
      },
    ],
    [
      "a sequential create is executed twice",
      /of one write/,
      (e) => {
        const { record } = find(e, "createSequential");
        put(e, `${QUEUE}/item-0000999999`, dataOf(record.id), {});
      },
    ],
    [
      "a read shows what was refused",
      /but write/,
      (e) => {
        const refused = e.writes.find(({ outcome }) => outcome.kind === "refused")!;
        e.reads[0] = { ...e.reads[0]!, writer: refused.id };
      },
    ],
    [
      "a session's read goes back",
      /went back/,
      (e) => {
        const last = e.reads.findLast(({ stat }) => stat.version > 2)!;
        const place = e.reads.indexOf(last);
        e.reads[place] = { ...last, stat: { ...last.stat, mzxid: 1 as Stat["mzxid"] } };
      },
    ],
  ])("notices when %s", (_, complaint, tamper) => {
    expect(judge(tamper).join("\n")).toMatch(complaint);
  });
});

const zxidOf = ({ outcome }: WriteRecord): number | undefined =>
  outcome.kind === "acknowledged" ? outcome.zxid : undefined;

const statsOf = ({ outcome }: WriteRecord): readonly (Stat | undefined)[] =>
  outcome.kind === "acknowledged" ? outcome.stats : [];

function setsOf({ writes }: Loose, path: string): WriteRecord[] {
  const sets = writes.filter(({ actions: [action], outcome }) => {
    return action!.kind === "set" && action!.path === path && outcome.kind === "acknowledged";
  });
  return sets.sort((a, b) => statsOf(a)[0]!.version - statsOf(b)[0]!.version);
}

function swapZxids(evidence: Loose, a: WriteRecord, b: WriteRecord): void {
  told(evidence, a, { zxid: zxidOf(b) });
  told(evidence, b, { zxid: zxidOf(a) });
}
