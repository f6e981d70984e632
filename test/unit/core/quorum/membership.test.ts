import { describe, expect, it } from "vitest";
import { MembershipError, parseVersion, sameMembers } from "../../../../src/core/quorum/membership.ts";
import {
  formatMembership,
  memberLines,
  parseMembershipText,
} from "../../../../src/core/quorum/membership-text.ts";
import { membershipOf, PLAIN_RULES } from "../../../support/membership.ts";

const parse = (text: string) => parseMembershipText(text, PLAIN_RULES);

describe("the text of a configuration", () => {
  it("is printed with ascending ids, groups, weights, and the version last", () => {
    const text =
      "weight.3=0\nserver.10=d:1:2:OBSERVER\nserver.3=c:1:2;:9\ngroup.2=3\ngroup.1=2:1\nserver.1=a:1:2\nserver.2=b:1:2;2181;[::1]:2281\nversion=10000000A";
    expect(formatMembership(parse(text.replace(";:9", ";[::]:9")))).toBe(
      [
        "server.1=a:1:2:participant",
        "server.2=b:1:2:participant;0.0.0.0:2181;[::1]:2281",
        "server.3=c:1:2:participant;[::]:9",
        "server.10=d:1:2:observer",
        "group.1=1:2",
        "group.2=3",
        "weight.1=1",
        "weight.2=1",
        "weight.3=0",
        "version=10000000a",
      ].join("\n"),
    );
  });

  it("survives printing and reading", () => {
    for (const membership of [
      membershipOf([1, 2, 3, -4], 0x1_0000_0003),
      membershipOf([1, 2, 3], 5, "group.1=1:2:3", "weight.1=0", "weight.2=2", "weight.3=1"),
    ]) {
      expect(parse(formatMembership(membership))).toEqual(membership);
    }
  });

  it("is read with blanks, comments, other line ends and separators; of doubles the last counts", () => {
    const text = "# one\r\n\r\n  server.1 = a:1:2 \r\n! two\nserver.2:b:1:2\nserver.1 c:1:2\n";
    expect(memberLines(parse(text))).toEqual(["server.1=c:1:2:participant", "server.2=b:1:2:participant"]);
    expect(parse(text).version).toBe(0);
  });

  it("several addresses are for those who allow them, and print sorted by host", () => {
    const text = "server.1=b:1:2|a:3:4\nversion=0";
    expect(() => parse(text)).toThrow(/Multiple address feature is disabled/);
    const membership = parseMembershipText(text, { allowsSeveralAddresses: true, hasOracle: false });
    expect(formatMembership(membership)).toBe("server.1=a:3:4|b:1:2:participant\nversion=0");
  });

  it("an oracle replaces groups and weights", () => {
    const rules = { allowsSeveralAddresses: false, hasOracle: true };
    expect(parseMembershipText("server.1=a:1:2\nweight.1=1", rules).hierarchy).toBeNull();
  });

  it.each([
    ["an unknown key", "server.1=a:1:2\nclientPort=1", "Unrecognised parameter: clientPort"],
    ["a bad line", "server.1=a:1", "server.1=a:1: a:1 does not have the form"],
    ["a bad id", "server.x=a:1:2", 'server.x=a:1:2: For input string: "x"'],
    ["a bad version", "server.1=a:1:2\nversion=xyz", 'version=xyz: For input string: "xyz"'],
    ["a version beyond what zxids can be", "server.1=a:1:2\nversion=ffffffffffffffff", "version=ffff"],
    ["nobody", "version=1", "no participant"],
    ["observers only", "server.1=a:1:2:observer", "no participant"],
    ["a participant in no group", "server.1=a:1:2\nserver.2=b:1:2\ngroup.1=1", "Server 2 is not in a group"],
    ["weights that make no quorum", "server.1=a:1:2\ngroup.1=1\nweight.1=0", "make no quorum"],
    [
      "an observer heavier than the voters",
      "server.1=a:1:2\nserver.2=b:1:2:observer\ngroup.1=1:2\nweight.1=1\nweight.2=1",
      "make no quorum",
    ],
  ])("is refused with %s", (_, text, message) => {
    expect(() => parse(text)).toThrow(MembershipError);
    expect(() => parse(text)).toThrow(message);
  });
});

describe("sameMembers", () => {
  const base = membershipOf([1, 2, -3], 1);

  it("does not look at versions, nor at the order of addresses", () => {
    expect(sameMembers(base, membershipOf([1, 2, -3], 9))).toBe(true);
    const rules = { allowsSeveralAddresses: true, hasOracle: false };
    const [a, b] = ["server.1=b:1:2|a:3:4", "server.1=a:3:4|b:1:2"].map((text) =>
      parseMembershipText(text, rules),
    );
    expect(sameMembers(a!, b!)).toBe(true);
  });

  it("takes a missing weight for 1", () => {
    const a = membershipOf([1, 2], 0, "group.1=1:2");
    expect(sameMembers(a, membershipOf([1, 2], 0, "group.1=2:1", "weight.1=1"))).toBe(true);
    expect(sameMembers(a, membershipOf([1, 2], 0, "group.1=2:1", "weight.1=2"))).toBe(false);
  });

  it.each([
    ["another server", membershipOf([1, 2, -3, 4])],
    ["a server less", membershipOf([1, 2])],
    ["another role", membershipOf([1, 2, 3])],
    [
      "another address",
      parse(
        "server.1=h1:2888:3888;h1:2181\nserver.2=h2:2888:3889;h2:2181\nserver.3=h3:2888:3888:observer;h3:2181",
      ),
    ],
    [
      "another client address",
      parse(
        "server.1=h1:2888:3888;h1:2181\nserver.2=h2:2888:3888;h2:2182\nserver.3=h3:2888:3888:observer;h3:2181",
      ),
    ],
    ["groups", membershipOf([1, 2, -3], 1, "group.1=1:2")],
  ])("sees %s", (_, other) => {
    expect(sameMembers(base, other)).toBe(false);
  });
});

it("a version is hex, not negative, and exact", () => {
  expect(["0", "10000000A", "1fffffffffffff"].map(parseVersion)).toEqual([0, 0x1_0000_000a, 2 ** 53 - 1]);
  expect(["", "-1", "x", "20000000000000", "ffffffffffffffff"].map(parseVersion)).toEqual(
    Array(5).fill(undefined),
  );
});
