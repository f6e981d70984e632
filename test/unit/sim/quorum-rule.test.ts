import { describe, expect, it } from "vitest";
import { quorumRuleOf } from "../../../sim/quorum-rule.ts";

const servers = (voters: number, observers = 0): string =>
  Array.from({ length: voters + observers }, (_, i) => {
    const role = i < voters ? "participant" : "observer";
    return `server.${i + 1}=s${i + 1}:2888:3888:${role};0.0.0.0:2181`;
  }).join("\n");

describe("how the simulator counts quorums", () => {
  it("by majority of the participants", () => {
    const rule = quorumRuleOf(`${servers(3, 2)}\nversion=100000000`);
    expect(rule.voters).toEqual([1, 2, 3]);
    expect([...rule.lines.keys()]).toEqual([1, 2, 3, 4, 5]);
    expect(rule.isQuorum([1, 2])).toBe(true);
    expect(rule.isQuorum([1, 4, 5])).toBe(false);
    expect(quorumRuleOf(servers(4)).isQuorum([1, 2])).toBe(false);
    expect(rule.weightOf(9)).toBe(1);
  });

  it("by more than half of the groups, each with more than half of its weight", () => {
    const rule = quorumRuleOf(`${servers(5)}\ngroup.1=1:2\ngroup.2=3:4\ngroup.3=5`);
    expect(rule.isQuorum([1, 2, 5])).toBe(true);
    expect(rule.isQuorum([1, 3, 5])).toBe(false);
    expect(rule.isQuorum([1, 2, 3])).toBe(false);
    expect(rule.isQuorum([1, 2, 3, 4])).toBe(true);
    expect(rule.isQuorum([])).toBe(false);
  });

  it("with weights: what weighs nothing counts for nothing, and an observer makes its group heavier only", () => {
    const zero = quorumRuleOf(
      `${servers(4)}\ngroup.1=1\ngroup.2=2\ngroup.3=3\ngroup.4=4\nweight.4=0\nversion=5`,
    );
    expect(zero.isQuorum([1, 2])).toBe(true);
    expect(zero.isQuorum([1, 4])).toBe(false);
    expect(zero.weightOf(4)).toBe(0);
    const heavy = quorumRuleOf(
      `${servers(3, 1)}\ngroup.1=1:2:3:4\nweight.1=3\nweight.2=2\nweight.3=2\nweight.4=1`,
    );
    expect(heavy.isQuorum([1, 2])).toBe(true);
    expect(heavy.isQuorum([2, 3])).toBe(false);
    expect(heavy.isQuorum([2, 3, 4])).toBe(false);
  });
});
