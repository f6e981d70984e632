import { describe, expect, it } from "vitest";
import { Expiry } from "../../../../sim/checkers/expiry.ts";
import { OwnWrites } from "../../../../sim/checkers/own-writes.ts";
import { SessionOrder } from "../../../../sim/checkers/session-order.ts";
import { WatchOrder } from "../../../../sim/checkers/watch-order.ts";
import type { Observation } from "../../../../sim/observation.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";
import { FakeFacts, quiet, show, txn, z } from "./bad-history.ts";

describe("session-order", () => {
  it("rings when an answer is older than one before", () => {
    const answered = (zxid: Zxid, session = "7"): Observation => ({
      kind: "answered",
      client: "c1",
      session,
      zxid,
    });
    const said = show(
      new SessionOrder(),
      new FakeFacts(),
      answered(z(1, 2)),
      answered(z(1, 1), "8"),
      answered(z(1, 1)),
    );
    expect(said).toEqual([quiet, quiet, expect.stringMatching(/1:1 behind one as of 1:2/)]);
  });
});

describe("expiry", () => {
  it("rings when a session is closed whose client is there", () => {
    const facts = new FakeFacts();
    const checker = new Expiry();
    facts.history.add(z(1, 1), z(0, 0), txn(z(1, 1), { type: OpCode.closeSession, paths2Delete: [] }));
    facts.commit(z(1, 1));
    expect(show(checker, facts, ...facts.committed)).toEqual([quiet]);
    const calm: Observation = { kind: "calm", sessions: ["7"] };
    expect(show(checker, facts, calm, ...facts.committed)[1]).toMatch(/whose client is there/);
  });
});

describe("own-writes", () => {
  it("rings on writes out of order, and on a read that does not show them", () => {
    const wrote = (counter: number, sequence: number): Observation => ({
      kind: "acknowledged",
      client: "c1",
      zxid: z(1, counter),
      path: "/w",
      data: `c1:${sequence}`,
    });
    const read = (counter: number): Observation => ({
      kind: "read",
      client: "c1",
      path: "/w",
      mzxid: z(1, counter),
    });
    const facts = new FakeFacts();
    const checker = new OwnWrites();
    expect(show(checker, facts, wrote(2, 1), read(2), wrote(4, 2))).toEqual(Array(3).fill(quiet));
    expect(show(checker, facts, read(3))[0]).toMatch(/has written it in 1:4/);
    expect(show(checker, facts, wrote(3, 3))[0]).toMatch(/write 3 of \/w is 1:3/);
    const session: Observation = { kind: "session", client: "c1", session: "8" };
    expect(show(checker, facts, session, read(3))).toEqual([quiet, quiet]);
  });
});

describe("watch-order", () => {
  it("rings when a change is seen before its event", () => {
    const at = (kind: "watched" | "read", counter: number): Observation => ({
      kind,
      client: "c1",
      path: "/a",
      mzxid: z(1, counter),
    });
    const notified: Observation = { kind: "notified", client: "c1", path: "/a" };
    const checker = new WatchOrder();
    const facts = new FakeFacts();
    expect(show(checker, facts, at("watched", 1), at("read", 1), notified, at("read", 2))).toEqual(
      Array(4).fill(quiet),
    );
    expect(show(checker, facts, at("watched", 2), at("read", 3))[1]).toMatch(/before the event/);
    const session: Observation = { kind: "session", client: "c1", session: "8" };
    expect(show(checker, facts, session, at("read", 3))).toEqual([quiet, quiet]);
  });
});
