import { describe, expect, it } from "vitest";
import { formatStats, NO_QUOTA, parseQuota } from "../../../../src/core/tree/quota-text.ts";
import { loadStream } from "../../../support/snapshot-stream.ts";
import {
  apply,
  bytes,
  createBody,
  deleteBody,
  digestFromScratch,
  newDatabase,
  newTree,
  setDataBody,
  text,
  writeSnapshot,
} from "../../../support/tree.ts";

describe("quota text (client-protocol 9)", () => {
  it.each([
    ["count=4,bytes=5", { ...NO_QUOTA, count: 4, bytes: 5 }],
    [
      "count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=4",
      { ...NO_QUOTA, byteHardLimit: 20, countHardLimit: 4 },
    ],
    ["bytes=7", { ...NO_QUOTA, bytes: 7 }],
    ["count=,bytes=3", { ...NO_QUOTA, bytes: 3 }],
    ["count=1,;,bytes=2", { ...NO_QUOTA, count: 1, bytes: 2 }],
    ["count=1;other=9;toString=3", { ...NO_QUOTA, count: 1 }],
    ["", NO_QUOTA],
  ])("reads %j", (limits, expected) => expect(parseQuota(bytes(limits))).toEqual(expected));

  it("takes null data for no limit", () => expect(parseQuota(null)).toEqual(NO_QUOTA));

  it.each(["garbage", "count", "count=x", "count=1.5", "count=1,bytes=2k", "\0\0"])(
    "does not read %j",
    (limits) => expect(parseQuota(bytes(limits))).toBeUndefined(),
  );

  it("writes what Apache writes", () => expect(text(formatStats(2, 5))).toBe("count=2,bytes=5"));
});

const QUOTA = "/zookeeper/quota";

/** A tree with `/a` ("12345"), `/a/b` ("678") and a quota on `/a` with these limits. */
function withQuota(limits: string, options: { stats?: boolean } = {}) {
  const tree = newTree();
  let zxid = 0;
  const next = (body: Parameters<typeof apply>[2]) => apply(tree, ++zxid, body);
  next(createBody("/a", bytes("12345")));
  next(createBody("/a/b", bytes("678")));
  next(createBody(`${QUOTA}/a`, null));
  next(createBody(`${QUOTA}/a/zookeeper_limits`, bytes(limits)));
  if (options.stats !== false) next(createBody(`${QUOTA}/a/zookeeper_stats`, bytes("count=0,bytes=0")));
  const stats = (path = "/a") => text(tree.data(tree.lookup(`${QUOTA}${path}/zookeeper_stats`)));
  return { tree, next, stats };
}

describe("accounting", () => {
  it("begins with the real totals, the znode itself included", () => {
    expect(withQuota("count=10,bytes=100").stats()).toBe("count=2,bytes=8");
  });

  it("follows create, setData and delete below the znode and on it", () => {
    const { next, stats } = withQuota("count=10,bytes=100");
    next(createBody("/a/c", bytes("xy")));
    expect(stats()).toBe("count=3,bytes=10");
    next(setDataBody("/a/c", null, 1));
    expect(stats()).toBe("count=3,bytes=8");
    next(setDataBody("/a", bytes("123456"), 1));
    expect(stats()).toBe("count=3,bytes=9");
    next(deleteBody("/a/c"));
    next(deleteBody("/a/b"));
    expect(stats()).toBe("count=1,bytes=6");
    next(deleteBody("/a"));
    expect(stats()).toBe("count=0,bytes=0");
  });

  it("leaves alone what only begins with the same characters", () => {
    const { next, stats } = withQuota("count=10,bytes=100");
    next(createBody("/ab", bytes("xyz")));
    expect(stats()).toBe("count=2,bytes=8");
  });

  it("moves no version, mzxid or mtime, fires nothing and is not in the digest (edge case 64)", () => {
    const { tree, stats } = withQuota("count=10,bytes=100");
    const path = `${QUOTA}/a/zookeeper_stats`;
    const { dataLength: _before, ...before } = tree.stat(tree.lookup(path));
    const events: string[] = [];
    const sink = {
      created: (p: string) => events.push(`created ${p}`),
      deleted: (p: string) => events.push(`deleted ${p}`),
      dataChanged: (p: string) => events.push(`changed ${p}`),
      childrenChanged: (p: string) => events.push(`children ${p}`),
    };
    apply(tree, 50, createBody("/a/c", bytes("x".repeat(1000))), { sink });
    expect(stats()).toBe("count=3,bytes=1008");
    const { dataLength: _after, ...after } = tree.stat(tree.lookup(path));
    expect(after).toEqual(before);
    expect(events).toEqual(["created /a/c", "children /a"]);
    expect(tree.treeDigest()).toEqual(digestFromScratch(tree));
  });

  it("counts for the deepest quota only", () => {
    const { next, stats } = withQuota("count=10,bytes=100");
    next(createBody(`${QUOTA}/a/b`, null));
    next(createBody(`${QUOTA}/a/b/zookeeper_limits`, bytes("count=1")));
    next(createBody(`${QUOTA}/a/b/zookeeper_stats`, null));
    expect(stats("/a/b")).toBe("count=1,bytes=3");
    next(createBody("/a/b/c", bytes("1")));
    expect(stats("/a/b")).toBe("count=2,bytes=4");
    expect(stats("/a")).toBe("count=2,bytes=8");
    next(deleteBody(`${QUOTA}/a/b/zookeeper_limits`));
    next(createBody("/a/b/d", bytes("1")));
    expect(stats("/a/b")).toBe("count=2,bytes=4");
    expect(stats("/a")).toBe("count=3,bytes=9");
  });

  it("ends with the limit znode, and goes on when it comes back", () => {
    const { tree, next, stats } = withQuota("count=10");
    next(deleteBody(`${QUOTA}/a/zookeeper_limits`));
    expect([...tree.quota.prefixes]).toEqual([]);
    next(createBody("/a/c", null));
    expect(stats()).toBe("count=2,bytes=8");
    next(createBody(`${QUOTA}/a/zookeeper_limits`, null));
    next(createBody("/a/d", null));
    expect(stats()).toBe("count=3,bytes=8");
  });

  it("goes on from what a client wrote into the stats, and counts anew where that is not readable", () => {
    const { next, stats } = withQuota("count=10");
    next(setDataBody(`${QUOTA}/a/zookeeper_stats`, bytes("count=100,bytes=100"), 1));
    next(createBody("/a/c", bytes("1")));
    expect(stats()).toBe("count=101,bytes=101");
    next(setDataBody(`${QUOTA}/a/zookeeper_stats`, bytes("nonsense"), 2));
    next(createBody("/a/d", bytes("1")));
    expect(stats()).toBe("count=4,bytes=10");
  });

  it("works without a stats znode, which counts nothing", () => {
    const { tree, next } = withQuota("count=1=;countHardLimit=1", { stats: false });
    next(createBody("/a/c", null));
    expect(tree.quota.wouldExceed("/a/d", 1, 0)).toBe(false);
  });

  it("is possible for a path that does not exist yet", () => {
    const { next, stats } = withQuota("count=10");
    next(createBody(`${QUOTA}/x`, null));
    next(createBody(`${QUOTA}/x/zookeeper_limits`, bytes("count=2")));
    next(createBody(`${QUOTA}/x/zookeeper_stats`, null));
    expect(stats("/x")).toBe("count=0,bytes=0");
    next(createBody("/x", bytes("12")));
    expect(stats("/x")).toBe("count=1,bytes=2");
  });
});

describe("a quota on / (client-protocol 15 #2)", () => {
  it("is accepted, reported and without effect", () => {
    const tree = newTree();
    apply(tree, 1, createBody(`${QUOTA}/zookeeper_limits`, bytes("count=-1=;countHardLimit=0")));
    apply(tree, 2, createBody(`${QUOTA}/zookeeper_stats`, null));
    expect(tree.reports).toEqual([{ kind: "quotaOnRootIgnored", path: `${QUOTA}/zookeeper_limits` }]);
    expect(tree.quota.wouldExceed("/a", 1, 0)).toBe(false);
    apply(tree, 3, createBody("/a", bytes("1")));
    expect(tree.data(tree.lookup(`${QUOTA}/zookeeper_stats`))).toBeNull();
    apply(tree, 4, deleteBody(`${QUOTA}/zookeeper_limits`));
  });
});

describe("limits", () => {
  it("are not exceeded by reaching them (edge case 63)", () => {
    const { tree, next } = withQuota("count=-1,bytes=-1=;countHardLimit=4");
    expect(tree.quota.wouldExceed("/a/c", 1, 100)).toBe(false);
    next(createBody("/a/c", null));
    expect(tree.quota.wouldExceed("/a/d", 1, 0)).toBe(false);
    next(createBody("/a/d", null));
    expect(tree.quota.wouldExceed("/a/e", 1, 0)).toBe(true);
    expect(tree.quota.wouldExceed("/other", 1, 0)).toBe(false);
    next(deleteBody("/a/d"));
    expect(tree.quota.wouldExceed("/a/e", 1, 0)).toBe(false);
  });

  it("of bytes are checked for create and setData that grow, and a setData of equal length passes", () => {
    const { tree } = withQuota("count=-1,bytes=-1=;byteHardLimit=10");
    expect(tree.quota.wouldExceed("/a/c", 1, 2)).toBe(false);
    expect(tree.quota.wouldExceed("/a/c", 1, 3)).toBe(true);
    expect(tree.quota.wouldExceed("/a/b", 0, 3)).toBe(true);
    expect(tree.quota.wouldExceed("/a/b", 0, 0)).toBe(false);
    expect(tree.quota.wouldExceed("/a/b", 0, -1)).toBe(false);
  });

  it("refuse a shrinking setData while the total stays above", () => {
    const { tree } = withQuota("count=-1,bytes=-1=;byteHardLimit=5");
    expect(tree.quota.wouldExceed("/a/b", 0, -1)).toBe(true);
    expect(tree.quota.wouldExceed("/a/b", 0, -3)).toBe(false);
  });

  it("that are soft refuse nothing and are reported; a hard one hides the soft one", () => {
    const soft = withQuota("count=2,bytes=8");
    expect(soft.tree.quota.wouldExceed("/a/c", 1, 1)).toBe(false);
    const common = { kind: "quotaExceeded", prefix: "/a" };
    expect(soft.tree.reports).toEqual([
      { ...common, isHard: false, measure: "count", value: 3, limit: 2 },
      { ...common, isHard: false, measure: "bytes", value: 9, limit: 8 },
    ]);
    const hard = withQuota("count=1,bytes=-1=;countHardLimit=2");
    expect(hard.tree.quota.wouldExceed("/a/c", 1, 1)).toBe(true);
    expect(hard.tree.reports).toEqual([{ ...common, isHard: true, measure: "count", value: 3, limit: 2 }]);
  });

  it("of 0 allow nothing", () => {
    expect(withQuota("count=-1,bytes=-1=;countHardLimit=0").tree.quota.wouldExceed("/a/c", 1, 0)).toBe(true);
  });

  it("that are garbage limit nothing and are reported (client-protocol 15 #9)", () => {
    const { tree } = withQuota("no limits here");
    expect(tree.quota.wouldExceed("/a/c", 1, 1)).toBe(false);
    expect(tree.reports).toEqual([{ kind: "quotaLimitUnreadable", path: `${QUOTA}/a/zookeeper_limits` }]);
  });
});

describe("after a load (storage-formats 3.6)", () => {
  it("totals are computed anew for every limit znode in the tree", () => {
    const database = newDatabase();
    const { tree } = database;
    apply(tree, 1, createBody("/a", bytes("12345")));
    apply(tree, 2, createBody(`${QUOTA}/a`, null));
    apply(tree, 3, createBody(`${QUOTA}/a/zookeeper_limits`, bytes("count=5")));
    apply(tree, 4, createBody(`${QUOTA}/a/zookeeper_stats`, null));
    apply(tree, 5, createBody(`${QUOTA}/lonely`, null));
    apply(tree, 6, createBody(`${QUOTA}/lonely/zookeeper_limits`, bytes("count=5")));
    apply(tree, 7, setDataBody(`${QUOTA}/a/zookeeper_stats`, bytes("count=77,bytes=77"), 1));
    const { stream } = writeSnapshot(database);
    const loaded = newDatabase();
    loadStream(stream, loaded);
    expect(text(loaded.tree.data(loaded.tree.lookup(`${QUOTA}/a/zookeeper_stats`)))).toBe("count=1,bytes=5");
    expect([...loaded.quota.prefixes].sort()).toEqual(["/a", "/lonely"]);
    apply(loaded.tree, 8, createBody("/a/b", bytes("1")));
    expect(text(loaded.tree.data(loaded.tree.lookup(`${QUOTA}/a/zookeeper_stats`)))).toBe("count=2,bytes=6");
  });
});
