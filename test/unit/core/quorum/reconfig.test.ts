import { describe, expect, it } from "vitest";
import type { Membership } from "../../../../src/core/quorum/membership.ts";
import { memberLines } from "../../../../src/core/quorum/membership-text.ts";
import { decideReconfig, type ReconfigRequest } from "../../../../src/core/quorum/reconfig.ts";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";
import { membershipOf, PLAIN_RULES } from "../../../support/membership.ts";

const CURRENT = membershipOf([1, 2, 3, -4], 0x1_0000_0003);
const ALL = new Set([1, 2, 3, 4, 5]);

interface Circumstances {
  committed?: Membership;
  lastSeen?: Membership;
  allowsStandalone?: boolean;
  connected?: ReadonlySet<number>;
}

function decide(asked: Partial<ReconfigRequest>, circumstances: Circumstances = {}): string[] | number {
  const { committed = CURRENT, lastSeen = null, allowsStandalone = true, connected = ALL } = circumstances;
  const request = { joining: null, leaving: null, newMembers: null, curConfigId: -1, ...asked };
  const decision = decideReconfig(
    request,
    { committed, lastSeen },
    { ...PLAIN_RULES, allowsStandalone },
    connected,
  );
  return "error" in decision ? decision.error : memberLines({ ...decision.proposed, version: 0 as Zxid });
}

const lineOf = (sid: number, role = "participant") => `server.${sid}=h${sid}:2888:3888:${role};h${sid}:2181`;

describe("an incremental reconfiguration", () => {
  it("adds, replaces and removes", () => {
    const joining = `${lineOf(5)}, ${lineOf(4)}`;
    expect(decide({ joining, leaving: "2,1", curConfigId: CURRENT.version })).toEqual(
      [3, 4, 5].map((sid) => lineOf(sid)),
    );
    expect(decide({ leaving: "4" })).toEqual([1, 2, 3].map((sid) => lineOf(sid)));
    expect(decide({ leaving: "77" })).toEqual(memberLines(CURRENT));
  });

  it("a server may leave and come back elsewhere at once", () => {
    expect(decide({ leaving: "3,4", joining: "server.3=h9:1:2;3" })).toEqual([
      lineOf(1),
      lineOf(2),
      "server.3=h9:1:2:participant;0.0.0.0:3",
    ]);
  });

  it("loopback and wildcard addresses may be shared", () => {
    const committed = membershipOf(
      [],
      1,
      "server.1=127.0.0.1:1:2;0.0.0.0:3",
      "server.2=localhost:1:2;[::]:3",
    );
    const joining = "server.3=127.0.0.1:1:2;0.0.0.0:3,server.4=[::1]:1:2;[::]:3";
    expect(decide({ joining }, { committed })).toHaveLength(4);
  });

  it.each([
    ["an id that is none", { leaving: "x" }],
    ["no server line", { joining: "server.5" }],
    ["two equals signs", { joining: "server.5=a:1:2=;3" }],
    ["no client port", { joining: "server.5=a:1:2" }],
    ["one port", { joining: "server.5=a:1;2" }],
    ["a bad role", { joining: "server.5=a:1:2:witness;3" }],
    ["equal ports", { joining: "server.5=a:1:1;3" }],
    ["the quorum address of another", { joining: "server.5=h1:2888:4;3" }],
    ["the election address of another as its client address", { joining: "server.5=a:1:2;h1:3888" }],
    ["the address of another that joins", { joining: "server.5=a:1:2;3,server.6=a:2:9;4" }],
    ["all leaving", { leaving: "1,2,3,4" }],
    ["one voter left", { leaving: "1,2" }],
  ] satisfies [string, Partial<ReconfigRequest>][])("is refused with %s", (_, request) => {
    expect(decide(request)).toBe(ErrorCode.BADARGUMENTS);
  });

  it("needs a majority quorum system", () => {
    const committed = membershipOf([1, 2, 3], 1, "group.1=1:2:3");
    expect(decide({ leaving: "3" }, { committed })).toBe(ErrorCode.BADARGUMENTS);
  });
});

describe("a full reconfiguration", () => {
  it("replaces everything; entries are separated by comma or newline", () => {
    const newMembers = `${lineOf(2)},${lineOf(1)}\n${lineOf(5, "observer")}`;
    expect(decide({ newMembers, joining: "nonsense" })).toEqual([
      lineOf(1),
      lineOf(2),
      lineOf(5, "observer"),
    ]);
  });

  it("may bring groups and weights", () => {
    const newMembers = [lineOf(1), lineOf(2), "group.1=1:2", "weight.2=3"].join();
    expect(decide({ newMembers })).toEqual([lineOf(1), lineOf(2), "group.1=1:2", "weight.1=1", "weight.2=3"]);
  });

  it.each([
    ["nobody", ""],
    ["an unknown key", `${lineOf(1)},${lineOf(2)},tickTime=5`],
    ["one voter", lineOf(1)],
    ["an address twice", `${lineOf(1)},${lineOf(2)},server.3=h1:2888:9;1`],
    ["weights without a quorum", `${lineOf(1)},${lineOf(2)},group.1=1:2,weight.1=0,weight.2=0`],
  ])("is refused with %s", (_, newMembers) => {
    expect(decide({ newMembers })).toBe(ErrorCode.BADARGUMENTS);
  });
});

describe("the checks come in Apache's order", () => {
  const lastSeen = { ...CURRENT, version: 0x1_0000_0009 as Zxid };
  const bad = { leaving: "x", curConfigId: 1 };

  it("another one in progress, then the version, then the arguments, then the quorum", () => {
    expect(decide(bad, { lastSeen, connected: new Set() })).toBe(ErrorCode.RECONFIGINPROGRESS);
    expect(decide(bad, { connected: new Set() })).toBe(ErrorCode.BADVERSION);
    expect(decide({ leaving: "x", curConfigId: CURRENT.version }, { connected: new Set() })).toBe(
      ErrorCode.BADARGUMENTS,
    );
    expect(decide({ leaving: "4" }, { connected: new Set([1]) })).toBe(ErrorCode.NEWCONFIGNOQUORUM);
  });

  it("a last-seen configuration of the committed version is no reconfiguration in progress", () => {
    expect(decide({ leaving: "4" }, { lastSeen: CURRENT })).toHaveLength(3);
  });

  it("one voter is enough when the server does not run standalone", () => {
    expect(decide({ leaving: "1,2" }, { allowsStandalone: false })).toEqual([
      lineOf(3),
      lineOf(4, "observer"),
    ]);
    expect(decide({ leaving: "1,2,3" }, { allowsStandalone: false })).toBe(ErrorCode.BADARGUMENTS);
  });

  it("the quorum is one of the new configuration: observers do not count, joining voters do", () => {
    const joining = `${lineOf(4)},${lineOf(5)}`;
    expect(decide({ joining }, { connected: new Set([1, 2, 3]) })).toHaveLength(5);
    expect(decide({ joining }, { connected: new Set([1, 2]) })).toBe(ErrorCode.NEWCONFIGNOQUORUM);
    expect(decide({ leaving: "1" }, { connected: new Set([1, 2, 4]) })).toBe(ErrorCode.NEWCONFIGNOQUORUM);
  });
});
