import { describe, expect, it } from "vitest";
import { NO_NODE } from "../../../../src/core/tree/tree-types.ts";
import { ZnodeStore } from "../../../../src/core/tree/znode-store.ts";

function addTo(store: ZnodeStore, path: string) {
  const slash = path.lastIndexOf("/");
  return store.addChild(store.lookupPrefix(path, slash), path, slash + 1, path.length);
}

function remove(store: ZnodeStore, path: string) {
  store.removeLeaf(store.lookup(path), path, path.lastIndexOf("/") + 1, path.length);
}

const childrenOf = (store: ZnodeStore, path: string) => {
  const names: string[] = [];
  for (let row = store.firstChild(store.lookup(path)); row !== NO_NODE; row = store.nextSibling(row)) {
    names.push(store.name(row));
  }
  return names;
};

describe("ZnodeStore", () => {
  it("keeps children in order of creation, whichever is removed", () => {
    for (const removed of ["/a", "/b", "/c", "/d"]) {
      const store = new ZnodeStore();
      for (const path of ["/a", "/b", "/c", "/d"]) addTo(store, path);
      remove(store, removed);
      addTo(store, "/e");
      const left = ["a", "b", "c", "d", "e"].filter((name) => `/${name}` !== removed);
      expect(childrenOf(store, "/")).toEqual(left);
      for (const name of left) remove(store, `/${name}`);
      expect(childrenOf(store, "/")).toEqual([]);
      addTo(store, "/f");
      expect(childrenOf(store, "/")).toEqual(["f"]);
    }
  });

  it("finds every child of a directory of 100,000, after half of them went and others came", () => {
    const store = new ZnodeStore();
    addTo(store, "/d");
    for (let i = 0; i < 100_000; i++) addTo(store, `/d/${i}`);
    for (let i = 0; i < 100_000; i += 2) remove(store, `/d/${i}`);
    for (let i = 100_000; i < 130_000; i++) addTo(store, `/d/${i}`);
    for (let i = 0; i < 130_000; i++) {
      const isThere = i % 2 === 1 || i >= 100_000;
      if ((store.lookup(`/d/${i}`) !== NO_NODE) !== isThere)
        expect.fail(`/d/${i} is${isThere ? " not" : ""} there`);
    }
    expect(store.rows.count).toBe(2 + 50_000 + 30_000);
  });

  it("tells names of one, two and three bytes apart", () => {
    const store = new ZnodeStore();
    const names = ["a", "é", "中", "aé", "éa", "中a", "Ã©", "ä¸­", "\u07ff", "\u0800", "\u007f", "\u0080"];
    for (const name of names) addTo(store, `/${name}`);
    for (const name of names) expect(store.name(store.lookup(`/${name}`))).toBe(name);
    expect(new Set(names.map((name) => store.lookup(`/${name}`))).size).toBe(names.length);
  });

  it("tells equal names in different directories apart", () => {
    const store = new ZnodeStore();
    for (const path of ["/a", "/a/a", "/a/a/a", "/b", "/b/a"]) addTo(store, path);
    for (const path of ["/a", "/a/a", "/a/a/a", "/b", "/b/a"])
      expect(store.path(store.lookup(path))).toBe(path);
    expect(store.lookup("/b/b")).toBe(NO_NODE);
  });

  it("walks depth first, in the whole tree or in a part", () => {
    const store = new ZnodeStore();
    for (const path of ["/a", "/a/1", "/a/2", "/a/2/x", "/b", "/b/3"]) addTo(store, path);
    const walk = (top: string) => {
      const paths: string[] = [];
      const row0 = store.lookup(top);
      for (let row = row0; row !== NO_NODE; row = store.nextInWalk(row, row0)) paths.push(store.path(row));
      return paths;
    };
    expect(walk("/")).toEqual(["/", "/a", "/a/1", "/a/2", "/a/2/x", "/b", "/b/3"]);
    expect(walk("/a")).toEqual(["/a", "/a/1", "/a/2", "/a/2/x"]);
    expect(walk("/b/3")).toEqual(["/b/3"]);
    expect(store.nextAfterSubtree(store.lookup("/a"), store.root)).toBe(store.lookup("/b"));
    expect(store.nextAfterSubtree(store.lookup("/a/2/x"), store.root)).toBe(store.lookup("/b"));
    expect(store.nextAfterSubtree(store.lookup("/b"), store.root)).toBe(NO_NODE);
  });

  it("refuses to remove what has children", () => {
    const store = new ZnodeStore();
    addTo(store, "/a");
    addTo(store, "/a/b");
    expect(() => remove(store, "/a")).toThrow("only a leaf can be removed");
    expect(() => store.removeLeaf(store.root, "/", 1, 1)).toThrow("only a leaf can be removed");
  });

  it("recycles rows and memory", () => {
    const store = new ZnodeStore();
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 2000; i++) store.setData(addTo(store, `/n${i}`), new Uint8Array(50));
      for (let i = 0; i < 2000; i++) remove(store, `/n${i}`);
    }
    expect(store.rows.count).toBe(1);
    expect(store.arena.bytesReserved).toBeLessThanOrEqual(3 * 256 * 1024);
  });
});
