import { describe, expect, it } from "vitest";
import { bySequence, nextLower } from "../../../src/recipes/contention.ts";
import { partition } from "../../../src/recipes/index.ts";
import {
  curatorPriorityQueue,
  curatorQueue,
  kazooQueue,
  zookeeperQueue,
} from "../../../src/recipes/queue-layout.ts";
import { sequenceOf } from "../../../src/recipes/znode-path.ts";

describe("sequence numbers", () => {
  it.each([
    ["_c_1-lock-0000000007", 7],
    ["ab__lock__2147483647", 2147483647],
    ["x-lock-2147483647", 2147483647],
    ["x-lock--2147483648", -2147483648],
    ["lease", undefined],
  ])("%s", (name, sequence) => {
    expect(sequenceOf(name)).toBe(sequence);
  });

  it("order contenders whatever stands in front", () => {
    const names = ["z-lock-0000000002", "a__lock__0000000010", "m__rlock__0000000001"];
    const sorted = bySequence(names);
    expect(sorted).toEqual(["m__rlock__0000000001", "z-lock-0000000002", "a__lock__0000000010"]);
    expect(nextLower("a__lock__0000000010", sorted)).toBe("z-lock-0000000002");
    expect(nextLower("m__rlock__0000000001", sorted)).toBeUndefined();
  });
});

describe("queue items", () => {
  it("Curator's format, as it is written", () => {
    const bytes = curatorQueue.encode(new Uint8Array([0x61, 0x62]));
    expect([...bytes]).toEqual([0, 1, 0, 1, 1, 0, 0, 0, 2, 0x61, 0x62, 2]);
    expect(curatorQueue.decode(bytes).map((item) => [...item])).toEqual([[0x61, 0x62]]);
    const two = new Uint8Array([0, 1, 0, 1, 1, 0, 0, 0, 1, 7, 1, 0, 0, 0, 0, 2]);
    expect(curatorQueue.decode(two).map((item) => [...item])).toEqual([[7], []]);
  });

  it.each([
    [[]],
    [[0, 1, 0, 2, 2]],
    [[0, 1, 0, 1, 1, 0, 0]],
    [[0, 1, 0, 1, 1, 0, 0, 0, 9, 1, 2]],
    [[0, 1, 0, 1, 1, 255, 255, 255, 255, 2]],
    [[0, 1, 0, 1, 3]],
  ])("refuse %j", (bytes) => {
    expect(() => curatorQueue.decode(new Uint8Array(bytes))).toThrow(/not in the format/);
  });

  it("names by priority", () => {
    expect(kazooQueue.prefixOf(7)).toBe("entry-007-");
    expect(zookeeperQueue.prefixOf(7)).toBe("qn-");
    expect(curatorPriorityQueue.prefixOf(1)).toBe("queue-100000001");
    expect(curatorPriorityQueue.prefixOf(-1)).toBe("queue-0FFFFFFFF");
    expect(() => kazooQueue.prefixOf(-1)).toThrow(/0 … 999/);
    expect(kazooQueue.isItem("entry-100-0000000000")).toBe(true);
    expect(kazooQueue.isItem("lost+found")).toBe(false);
  });
});

it("a partition gives every item to one member", () => {
  const items = ["c", "a", "b", "e", "d"];
  expect(partition("m1", ["m2", "m1"], items)).toEqual(["a", "c", "e"]);
  expect(partition("m2", ["m2", "m1"], items)).toEqual(["b", "d"]);
  expect(partition("m3", ["m2", "m1"], items)).toEqual([]);
});
