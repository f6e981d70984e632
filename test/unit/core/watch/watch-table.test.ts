import { describe, expect, it } from "vitest";
import { CHILD_MODES, DATA_MODES, WatchMode, WatchTable } from "../../../../src/core/watch/watch-table.ts";

const { dataOnce, dataPersistent, recursive, childOnce } = WatchMode;

describe("WatchTable", () => {
  it("keeps modes of one and of many watchers of a path", () => {
    for (const connections of [1, 2, 5]) {
      const table = new WatchTable();
      for (let c = 1; c <= connections; c++)
        table.setModes(c, "/a", c % 2 ? dataOnce : recursive | childOnce);
      for (let c = 1; c <= connections; c++) {
        expect(table.modes(c, "/a")).toBe(c % 2 ? dataOnce : recursive | childOnce);
      }
      expect(table.modes(connections + 1, "/a")).toBe(0);
      expect(table.modes(1, "/b")).toBe(0);
    }
  });

  it("knows of which lengths the recursively watched paths are", () => {
    const table = new WatchTable();
    const lengths = () => [1, 2, 4].filter((length) => table.hasRecursiveOfLength(length));
    table.setModes(1, "/a", recursive);
    table.setModes(2, "/b", recursive | dataOnce);
    table.setModes(2, "/a/b", recursive);
    table.setModes(3, "/a/c", dataPersistent);
    expect(lengths()).toEqual([2, 4]);
    table.setModes(1, "/a", 0);
    expect(lengths()).toEqual([2, 4]);
    table.setModes(2, "/b", dataOnce);
    expect(lengths()).toEqual([4]);
    table.removeConnection(2);
    expect(lengths()).toEqual([]);
    expect(table.hasRecursive).toBe(false);
  });

  it("keeps very long paths, alike up to their ends, in time that does not grow with their number", () => {
    const table = new WatchTable();
    const path = (i: number) => `/${"x".repeat(20_000)}\ud800${String(i).padStart(4, "0")}`;
    const count = 3_000;
    for (let i = 0; i < count; i++) table.setModes(1, path(i), i % 2 ? dataOnce : recursive);
    table.setModes(2, path(7), childOnce);
    expect(table.modes(1, path(7))).toBe(dataOnce);
    expect(table.modes(1, path(count))).toBe(0);
    expect(table.modes(1, path(7).replace("\ud800", "\ud801"))).toBe(0);
    expect(table.hasRecursiveOfLength(path(0).length)).toBe(true);
    expect([...table.byPath(CHILD_MODES)]).toEqual([[path(7), [2]]]);
    expect([...table.byConnection(CHILD_MODES)]).toEqual([[2, [path(7)]]]);
    const found = new Set<number>();
    table.collect(path(7), DATA_MODES | CHILD_MODES, found);
    expect([...found]).toEqual([1, 2]);
    table.clearMode(path(9), dataOnce);
    expect(table.modes(1, path(9))).toBe(0);
    table.removeConnection(1);
    table.removeConnection(2);
    expect([table.entryCount, table.dataCount, table.childCount, table.hasRecursive]).toEqual([
      0,
      0,
      0,
      false,
    ]);
  });

  it("counts a connection on a path once in each table", () => {
    const table = new WatchTable();
    table.setModes(1, "/a", dataOnce | dataPersistent | childOnce);
    table.setModes(2, "/a", recursive);
    expect([table.dataCount, table.childCount, table.hasRecursive]).toEqual([2, 1, true]);
    table.setModes(1, "/a", dataPersistent);
    expect([table.dataCount, table.childCount, table.hasRecursive]).toEqual([2, 0, true]);
    table.clearMode("/a", recursive);
    expect([table.dataCount, table.childCount, table.hasRecursive]).toEqual([1, 0, false]);
  });

  it("leaves no empty entries behind, however the last watch goes", () => {
    for (const watchers of [1, 3]) {
      for (const way of ["set", "clear", "connection"]) {
        const table = new WatchTable();
        for (let c = 1; c <= watchers; c++)
          for (const path of ["/a", "/b"]) table.setModes(c, path, dataOnce);
        expect(table.entryCount).toBe(watchers + 2);
        for (let c = 1; c <= watchers; c++) {
          if (way === "connection") table.removeConnection(c);
          else if (way === "set") for (const path of ["/a", "/b"]) table.setModes(c, path, 0);
        }
        if (way === "clear") for (const path of ["/a", "/b"]) table.clearMode(path, dataOnce);
        expect(table.entryCount, `${watchers} watchers, ${way}`).toBe(0);
        expect(table.dataCount).toBe(0);
      }
    }
  });

  it("collects by mode", () => {
    const table = new WatchTable();
    table.setModes(1, "/a", dataOnce);
    const found = new Set<number>();
    table.collect("/a", CHILD_MODES, found);
    expect([...found]).toEqual([]);
    table.setModes(2, "/a", childOnce);
    table.collect("/a", CHILD_MODES, found);
    table.collect("/none", CHILD_MODES, found);
    expect([...found]).toEqual([2]);
    table.collect("/a", DATA_MODES, found);
    expect([...found]).toEqual([2, 1]);
  });

  it("clears one mode of everybody and leaves the others", () => {
    const table = new WatchTable();
    table.setModes(1, "/a", dataOnce | dataPersistent);
    table.clearMode("/a", dataOnce);
    expect(table.modes(1, "/a")).toBe(dataPersistent);
    table.setModes(2, "/a", dataOnce);
    table.setModes(3, "/a", dataOnce | childOnce);
    table.clearMode("/a", dataOnce);
    expect([1, 2, 3].map((c) => table.modes(c, "/a"))).toEqual([dataPersistent, 0, childOnce]);
    expect([...table.byConnection(CHILD_MODES)]).toEqual([[3, ["/a"]]]);
    expect([...table.byPath(DATA_MODES)]).toEqual([["/a", [1]]]);
  });
});
