import { beforeEach, describe, expect, it } from "vitest";
import { setWatches, type WatchPaths } from "../../../../src/core/watch/set-watches.ts";
import { WatchManager } from "../../../../src/core/watch/watch-manager.ts";
import { WatchEventType, WatcherType } from "../../../../src/core/watch/watch-types.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";
import { apply, createBody, deleteBody, newTree, setDataBody } from "../../../support/tree.ts";

const NAME = new Map<number, string>(Object.entries(WatchEventType).map(([name, type]) => [type, name]));
const NONE: WatchPaths = { data: [], exist: [], child: [], persistent: [], persistentRecursive: [] };

describe("setWatches (client-protocol 5.8)", () => {
  let tree: ReturnType<typeof newTree>;
  let watches: WatchManager;

  beforeEach(() => {
    tree = newTree();
    watches = new WatchManager(() => expect.fail("nothing is triggered here"));
    apply(tree, 1, createBody("/a"));
    apply(tree, 2, createBody("/a/b"));
  });

  function reconnect(relativeZxid: number, paths: Partial<WatchPaths>): string[] {
    const told: string[] = [];
    setWatches(tree, watches, 7, relativeZxid as Zxid, { ...NONE, ...paths }, (type, path) =>
      told.push(`${NAME.get(type)} ${path}`),
    );
    return told;
  }
  const has = (path: string, type: WatcherType) => watches.contains(7, path, type);

  it("tells at once of data that changed or went, and sets the rest again (edge case 40)", () => {
    apply(tree, 3, setDataBody("/a", null, 1));
    expect(reconnect(2, { data: ["/a", "/gone", "/a/b"] })).toEqual([
      "NodeDataChanged /a",
      "NodeDeleted /gone",
    ]);
    expect(has("/a", WatcherType.data)).toBe(false);
    expect(has("/gone", WatcherType.any)).toBe(false);
    expect(has("/a/b", WatcherType.data)).toBe(true);
  });

  it("takes mzxid = relativeZxid for seen", () => {
    expect(reconnect(2, { data: ["/a/b"] })).toEqual([]);
    expect(reconnect(1, { data: ["/a/b"] })).toEqual(["NodeDataChanged /a/b"]);
  });

  it("says NodeDataChanged for what was deleted and created again (edge case 41)", () => {
    apply(tree, 3, deleteBody("/a/b"));
    apply(tree, 4, createBody("/a/b"));
    expect(reconnect(2, { data: ["/a/b"] })).toEqual(["NodeDataChanged /a/b"]);
  });

  it("tells at once of what exists now, and watches what does not", () => {
    expect(reconnect(99, { exist: ["/a", "/none"] })).toEqual(["NodeCreated /a"]);
    expect(has("/none", WatcherType.data)).toBe(true);
    expect(has("/a", WatcherType.any)).toBe(false);
  });

  it("tells of children by pzxid: not of their data, but of their deletion (edge case 41)", () => {
    apply(tree, 3, setDataBody("/a/b", null, 1));
    expect(reconnect(2, { child: ["/a", "/gone"] })).toEqual(["NodeDeleted /gone"]);
    expect(has("/a", WatcherType.children)).toBe(true);
    apply(tree, 4, deleteBody("/a/b"));
    expect(reconnect(2, { child: ["/a"] })).toEqual(["NodeChildrenChanged /a"]);
  });

  it("tells in the order data, exist, child, each as listed", () => {
    const told = reconnect(0, { child: ["/x", "/a"], exist: ["/a/b", "/a"], data: ["/y", "/a"] });
    expect(told).toEqual([
      "NodeDeleted /y",
      "NodeDataChanged /a",
      "NodeCreated /a/b",
      "NodeCreated /a",
      "NodeDeleted /x",
      "NodeChildrenChanged /a",
    ]);
  });

  it("sets persistent watches without any event (edge case 42)", () => {
    apply(tree, 3, setDataBody("/a", null, 1));
    expect(reconnect(0, { persistent: ["/a", "/none"], persistentRecursive: ["/a", "/other"] })).toEqual([]);
    for (const path of ["/a", "/none"]) expect(has(path, WatcherType.persistent)).toBe(true);
    for (const path of ["/a", "/other"]) expect(has(path, WatcherType.persistentRecursive)).toBe(true);
    expect(watches.watchCount).toBe(2 + 3);
  });

  it("does nothing with empty lists", () => {
    expect(reconnect(0, {})).toEqual([]);
    expect(watches.watchCount).toBe(0);
  });
});
