import { describe, expect, it } from "vitest";
import { MembershipError } from "../../../../src/core/quorum/membership.ts";
import { quorumSystemOf } from "../../../../src/core/quorum/quorum-system.ts";
import { containsAllQuorums, votersOf } from "../../../../src/core/quorum/quorum-view.ts";
import { membershipOf } from "../../../support/membership.ts";

const NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const THREE_GROUPS = ["group.1=1:2:3", "group.2=4:5:6", "group.3=7:8:9"];

describe("majority", () => {
  const { voters, containsQuorum, weightOf } = quorumSystemOf(membershipOf([1, 2, 3, 4, -5]));

  it("is more than half of the participants, and only of them", () => {
    expect([...voters]).toEqual([1, 2, 3, 4]);
    expect(containsQuorum(new Set([1, 2, 3]))).toBe(true);
    expect(containsQuorum(new Set([1, 2]))).toBe(false);
    expect(containsQuorum(new Set([1, 2, 5, 6, 7]))).toBe(false);
    expect(containsQuorum(new Set())).toBe(false);
  });

  it("weighs everybody alike", () => {
    expect([1, 5, 99].map(weightOf)).toEqual([1, 1, 1]);
  });
});

describe("groups and weights", () => {
  it("F62: a majority of groups, in each a majority of weight", () => {
    const { containsQuorum } = quorumSystemOf(membershipOf(NINE, 0, ...THREE_GROUPS));
    expect(containsQuorum(new Set([1, 2, 4, 5]))).toBe(true);
    expect(containsQuorum(new Set([1, 2, 3, 4, 7]))).toBe(false);
    expect(containsQuorum(new Set([1, 2, 3, 4, 5, 6]))).toBe(true);
    expect(containsQuorum(new Set([7, 8, 9]))).toBe(false);
    expect(containsQuorum(new Set())).toBe(false);
  });

  it("weights count, and who weighs nothing cannot be elected", () => {
    const lines = ["group.1=1:2:3", "weight.1=3", "weight.3=0"];
    const { containsQuorum, weightOf, voters } = quorumSystemOf(membershipOf([1, 2, 3], 0, ...lines));
    expect(containsQuorum(new Set([1]))).toBe(true);
    expect(containsQuorum(new Set([2, 3]))).toBe(false);
    expect([1, 2, 3, 9].map(weightOf)).toEqual([3, 1, 0, 0]);
    expect(voters.size).toBe(3);
  });

  it("groups that weigh nothing are none", () => {
    const lines = [...THREE_GROUPS, "weight.7=0", "weight.8=0", "weight.9=0"];
    const { containsQuorum } = quorumSystemOf(membershipOf(NINE, 0, ...lines));
    expect(containsQuorum(new Set([1, 2, 4, 5]))).toBe(true);
    expect(containsQuorum(new Set([1, 2, 3, 7, 8, 9]))).toBe(false);
  });

  it("half of the weight is not enough when the total is even", () => {
    const { containsQuorum } = quorumSystemOf(membershipOf([1, 2], 0, "group.1=1:2"));
    expect(containsQuorum(new Set([2]))).toBe(false);
    expect(containsQuorum(new Set([1, 2]))).toBe(true);
  });
});

it("two quorums always meet, whatever the groups and weights", () => {
  const lines = ["group.1=1:2:3", "group.2=4:5", "group.3=6", "weight.1=2", "weight.4=3", "weight.6=0"];
  const { containsQuorum } = quorumSystemOf(membershipOf([1, 2, 3, 4, 5, 6], 0, ...lines));
  const subsets = Array.from(
    { length: 64 },
    (_, bits) => new Set([1, 2, 3, 4, 5, 6].filter((sid) => bits & (1 << (sid - 1)))),
  );
  const quorums = subsets.filter(containsQuorum);
  expect(quorums.length).toBeGreaterThan(0);
  for (const a of quorums) for (const b of quorums) expect([...a].some((sid) => b.has(sid))).toBe(true);
});

it("a configuration without a quorum is refused", () => {
  const servers = membershipOf([1, 2]).servers;
  const weights = [1, 2].map((id) => ({ id, weight: 0 }));
  const hierarchy = { groups: [{ id: 1, members: [1, 2] }], weights };
  expect(() => quorumSystemOf({ servers, hierarchy })).toThrow(MembershipError);
  expect(() => quorumSystemOf({ servers: [], hierarchy: null })).toThrow(/no participant/);
});

describe("two configurations", () => {
  const old = membershipOf([1, 2, 3], 5);
  const next = membershipOf([3, 4, 5, -2], 6);

  it("need a quorum each, of their own voters", () => {
    const view = { committed: old, lastSeen: next };
    expect(containsAllQuorums(view, new Set([1, 2, 4]))).toBe(false);
    expect(containsAllQuorums(view, new Set([1, 2, 3]))).toBe(false);
    expect(containsAllQuorums(view, new Set([2, 3, 4]))).toBe(true);
    expect([...votersOf(view)].sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it("only while the last seen one is newer", () => {
    for (const lastSeen of [null, old, membershipOf([7, 8, 9], 5)]) {
      expect(containsAllQuorums({ committed: old, lastSeen }, new Set([1, 2]))).toBe(true);
    }
    expect([...votersOf({ committed: old, lastSeen: null })]).toEqual([1, 2, 3]);
  });
});
