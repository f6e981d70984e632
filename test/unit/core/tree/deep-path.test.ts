import { afterEach, expect, it, vi } from "vitest";
import { WatchManager } from "../../../../src/core/watch/watch-manager.ts";
import { apply as applyAt, bytes, createBody, deleteBody, newTree, text } from "../../../support/tree.ts";

/** Deeper than anybody needs, and no deeper than any client can make it. */
const DEPTH = 5_000;
const DEEP = "/d".repeat(DEPTH);

let zxid = 0;
function apply(tree: ReturnType<typeof newTree>, body: Parameters<typeof applyAt>[2]): void {
  applyAt(tree, ++zxid, body);
}

afterEach(() => void vi.restoreAllMocks());

/** How often `run` takes a piece of a string: each costs as much as the piece is long. */
function slicesOf(run: () => void): number {
  const slice = vi.spyOn(String.prototype, "slice");
  run();
  const count = slice.mock.calls.length;
  slice.mockRestore();
  return count;
}

it("a quota anywhere does not make deep paths cost the square of their length", () => {
  const tree = newTree();
  apply(tree, createBody("/zookeeper/quota/q"));
  apply(tree, createBody("/zookeeper/quota/q/zookeeper_limits", bytes("count=9,bytes=-1")));
  expect(slicesOf(() => expect(tree.quota.prefixOf(DEEP)).toBeUndefined())).toBeLessThan(10);
  expect(tree.quota.prefixOf(`/q${DEEP}`)).toBe("/q");
});

it("prefixes of the same length come and go one by one", () => {
  const tree = newTree();
  for (const name of ["a", "b"]) {
    apply(tree, createBody(`/zookeeper/quota/${name}`));
    apply(tree, createBody(`/zookeeper/quota/${name}/zookeeper_limits`, bytes("count=9,bytes=-1")));
  }
  apply(tree, deleteBody("/zookeeper/quota/a/zookeeper_limits"));
  expect([tree.quota.prefixOf("/a/x"), tree.quota.prefixOf("/b/x")]).toEqual([undefined, "/b"]);
  apply(tree, createBody("/zookeeper/quota/b/zookeeper_stats"));
  apply(tree, createBody("/b"));
  const stats = tree.lookup("/zookeeper/quota/b/zookeeper_stats");
  expect(text(tree.data(stats))).toBe("count=1,bytes=1");
  apply(tree, deleteBody("/zookeeper/quota/b/zookeeper_limits"));
  expect(tree.quota.prefixOf("/b/x")).toBeUndefined();
});

it("a recursive watch anywhere does not either", () => {
  const heard: string[] = [];
  const watches = new WatchManager((_, type, path) => heard.push(`${type} ${path.length}`));
  watches.addRecursive(1, "/other");
  watches.addRecursive(2, "/d/d");
  watches.addRecursive(3, "/");
  expect(slicesOf(() => watches.created(DEEP, -1))).toBeLessThan(10);
  expect(heard).toEqual([`1 ${DEEP.length}`, `1 ${DEEP.length}`]);
});
