import { describe, expect, it } from "vitest";
import {
  ContainerReaper,
  type ContainerReaperOptions,
  isReapable,
  ReapableScan,
} from "../../../../src/core/tree/container-ttl.ts";
import {
  apply,
  bytes,
  containerBody,
  createBody,
  deleteBody,
  newTree,
  OPEN,
  setAclBody,
  setDataBody,
  ttlBody,
} from "../../../support/tree.ts";

const NEVER_USED_MS = 300_000;
const reapable = (
  tree: ReturnType<typeof newTree>,
  path: string,
  wallMs: number,
  neverUsedMs = NEVER_USED_MS,
) => isReapable(tree, tree.lookup(path), wallMs, neverUsedMs);

describe("isReapable (client-protocol 4.5)", () => {
  it("is a container without children that once had one", () => {
    const tree = newTree();
    apply(tree, 1, containerBody("/c"), { time: 1000 });
    apply(tree, 2, createBody("/c/k"), { time: 1000 });
    expect(reapable(tree, "/c", 1000)).toBe(false);
    apply(tree, 3, deleteBody("/c/k"), { time: 1000 });
    expect(reapable(tree, "/c", 1000)).toBe(true);
  });

  it("is a container that never had one for longer than the interval, unless that is 0 (edge case 50)", () => {
    const tree = newTree();
    apply(tree, 1, containerBody("/c"), { time: 1000 });
    expect(reapable(tree, "/c", 1000 + NEVER_USED_MS)).toBe(false);
    expect(reapable(tree, "/c", 1001 + NEVER_USED_MS)).toBe(true);
    expect(reapable(tree, "/c", 10 ** 12, 0)).toBe(false);
  });

  it("is a TTL znode that was not written for longer than its TTL (edge case 49)", () => {
    const tree = newTree();
    apply(tree, 1, ttlBody("/t", 500), { time: 1000 });
    expect(reapable(tree, "/t", 1500)).toBe(false);
    expect(reapable(tree, "/t", 1501)).toBe(true);
    apply(tree, 2, setAclBody("/t", OPEN, 1), { time: 1400 });
    expect(reapable(tree, "/t", 1501)).toBe(true);
    apply(tree, 3, setDataBody("/t", bytes("x"), 1), { time: 1400 });
    expect(reapable(tree, "/t", 1900)).toBe(false);
    expect(reapable(tree, "/t", 1901)).toBe(true);
  });

  it("is not a TTL znode with a child, but is one at once when the child goes", () => {
    const tree = newTree();
    apply(tree, 1, ttlBody("/t", 500), { time: 1000 });
    apply(tree, 2, createBody("/t/k"), { time: 1100 });
    expect(reapable(tree, "/t", 10_000)).toBe(false);
    apply(tree, 3, deleteBody("/t/k"), { time: 10_000 });
    expect(reapable(tree, "/t", 10_000)).toBe(true);
  });

  it("is nothing else", () => {
    const tree = newTree();
    apply(tree, 1, createBody("/p"), { time: 0 });
    expect(reapable(tree, "/p", 10 ** 13)).toBe(false);
    expect(reapable(tree, "/zookeeper/config", 10 ** 13)).toBe(false);
  });
});

describe("ReapableScan", () => {
  it("goes through containers and TTL znodes in slices, while the tree changes", () => {
    const tree = newTree();
    for (let i = 0; i < 100; i++) apply(tree, i + 1, ttlBody(`/t${i}`, 1), { time: 0 });
    for (let i = 0; i < 50; i++) apply(tree, 200 + i, containerBody(`/c${i}`), { time: 0 });
    const scan = new ReapableScan(tree, 1);
    const found: string[] = [];
    expect(scan.collect(30, 10, found)).toBe(true);
    expect(found).toHaveLength(30);
    apply(tree, 300, deleteBody("/t99"));
    apply(tree, 301, ttlBody("/late", 1), { time: 0 });
    let slices = 1;
    while (scan.collect(30, 10, found)) slices++;
    expect(slices).toBe(5);
    expect(found).toHaveLength(150);
    expect(new Set(found).size).toBe(150);
    expect(found).not.toContain("/t99");
    expect(found).toContain("/late");
  });
});

describe("ContainerReaper", () => {
  const OPTIONS: ContainerReaperOptions = {
    checkIntervalMs: 60_000,
    maxPerMinute: 10_000,
    maxNeverUsedIntervalMs: NEVER_USED_MS,
  };
  const at = (elapsedMs: number, wallMs = elapsedMs) => ({ elapsedMs, wallMs });

  /** Drives the reaper by its own deadlines, as the host does; returns when it proposed what. */
  function run(reaper: ContainerReaper, untilMs: number): [number, string][] {
    const proposed: [number, string][] = [];
    let nowMs = 0;
    for (let steps = 0; steps < 100_000; steps++) {
      nowMs = Math.max(nowMs, reaper.nextDeadline);
      if (nowMs > untilMs) return proposed;
      for (const path of reaper.step(at(nowMs))) proposed.push([nowMs, path]);
    }
    throw new Error("the reaper does not come to rest");
  }

  it("looks for the first time after one interval", () => {
    const tree = newTree();
    apply(tree, 1, ttlBody("/t", 1), { time: 0 });
    const reaper = new ContainerReaper(tree, OPTIONS, at(0));
    expect(reaper.nextDeadline).toBe(60_000);
    expect(reaper.step(at(59_999))).toEqual([]);
    expect(run(reaper, 60_000)).toEqual([[60_000, "/t"]]);
    expect(reaper.nextDeadline).toBe(120_000);
  });

  it("spaces deletions by a minute over maxPerMinute", () => {
    const tree = newTree();
    for (let i = 0; i < 20; i++) apply(tree, i + 1, ttlBody(`/t${i}`, 1), { time: 0 });
    const reaper = new ContainerReaper(tree, { ...OPTIONS, maxPerMinute: 600 }, at(0));
    const proposed = run(reaper, 119_999);
    expect(proposed).toHaveLength(20);
    for (let i = 1; i < 20; i++) expect(proposed[i]![0] - proposed[i - 1]![0]).toBe(100);
  });

  it("never proposes more than maxPerMinute in a minute, over several slices", () => {
    const tree = newTree();
    for (let i = 0; i < 5000; i++) apply(tree, i + 1, ttlBody(`/t${i}`, 1), { time: 0 });
    const reaper = new ContainerReaper(tree, { ...OPTIONS, maxPerMinute: 3000 }, at(0));
    const proposed = run(reaper, 400_000);
    expect(new Set(proposed.slice(0, 5000).map(([, path]) => path)).size).toBe(5000);
    for (let i = 3000; i < proposed.length; i++) {
      expect(proposed[i]![0] - proposed[i - 3000]![0]).toBeGreaterThanOrEqual(59_900);
    }
  });

  it("does not make up for time in which it was not asked", () => {
    const tree = newTree();
    for (let i = 0; i < 500; i++) apply(tree, i + 1, ttlBody(`/t${i}`, 1), { time: 0 });
    const reaper = new ContainerReaper(tree, { ...OPTIONS, maxPerMinute: 60 }, at(0));
    expect(reaper.step(at(600_000)).length).toBeLessThanOrEqual(2);
    expect(reaper.nextDeadline).toBeGreaterThan(600_000);
  });

  it("drops what was written, or got a child, or went, after it was found", () => {
    const tree = newTree();
    for (const name of ["a", "b", "c", "d"]) apply(tree, 1, ttlBody(`/${name}`, 10_000), { time: 0 });
    const reaper = new ContainerReaper(tree, { ...OPTIONS, maxPerMinute: 60 }, at(0));
    expect(reaper.step(at(60_000))).toEqual(["/a"]);
    apply(tree, 2, setDataBody("/b", null, 1), { time: 60_500 });
    apply(tree, 3, createBody("/c/k"), { time: 60_500 });
    apply(tree, 4, deleteBody("/d"), { time: 60_500 });
    expect(run(reaper, 61_000).map(([, path]) => path)).toEqual([]);
  });

  it("keeps to its rounds, and leaves out the ones it missed", () => {
    const reaper = new ContainerReaper(newTree(), OPTIONS, at(0));
    reaper.step(at(60_010));
    expect(reaper.nextDeadline).toBe(120_000);
    reaper.step(at(305_000));
    expect(reaper.nextDeadline).toBe(360_000);
  });

  it("asks by the wall clock how old a znode is, and by the other when to look", () => {
    const tree = newTree();
    apply(tree, 1, ttlBody("/t", 1000), { time: 5_000_000 });
    const reaper = new ContainerReaper(tree, OPTIONS, at(0, 5_000_000));
    expect(reaper.step(at(60_000, 5_000_900))).toEqual([]);
    expect(reaper.step(at(120_000, 5_001_001))).toEqual(["/t"]);
  });
});
