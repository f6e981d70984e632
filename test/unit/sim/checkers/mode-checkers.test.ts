import { describe, expect, it } from "vitest";
import { ClientOrder } from "../../../../sim/checkers/client-order.ts";
import { LocalSessions } from "../../../../sim/checkers/local-sessions.ts";
import { Phantoms } from "../../../../sim/checkers/phantoms.ts";
import { ReadOnly } from "../../../../sim/checkers/read-only.ts";
import { Steady } from "../../../../sim/checkers/steady.ts";
import type { Greeting, SeenReply } from "../../../../sim/client-exchange.ts";
import type { Observation } from "../../../../sim/observation.ts";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { FakeFacts, txn, z } from "./bad-history.ts";

const OWN = new Int64(0, 7).key;

function greeted(server: number, greeting: Partial<Greeting> & { readonly session: string }): Observation {
  const asked = { session: undefined, allowsReadOnly: true };
  return { kind: "greeted", server, client: "c1", greeting: { asked, isReadOnly: false, ...greeting } };
}

function replied(server: number, reply: Partial<SeenReply>): Observation {
  const whole = { session: "s", op: OpCode.getData, err: 0, zxid: z(1, 1), mzxid: z(1, 1), isReadOnly: true };
  return { kind: "replied", server, client: "c1", reply: { ...whole, ...reply } };
}

function logged(server: number, counter: number, bytes: Uint8Array): Observation {
  return { kind: "logged", server, zxid: z(1, counter), previous: z(1, counter - 1), bytes };
}

describe("read-only", () => {
  const readOnly = (server = 1, session = "r"): Observation => greeted(server, { session, isReadOnly: true });

  it("rings when a server without a quorum answers a write, or shows what is not in its log", () => {
    const facts = new FakeFacts();
    facts.log(z(1, 1), z(0, 0));
    const checker = new ReadOnly();
    expect(checker.see(readOnly(), facts)).toBeUndefined();
    expect(checker.see(replied(1, {}), facts)).toBeUndefined();
    expect(
      checker.see(replied(1, { op: OpCode.setData, err: ErrorCode.NOTREADONLY }), facts),
    ).toBeUndefined();
    expect(checker.see(replied(1, { op: OpCode.setData }), facts)).toMatch(/answers operation 5 with 0/);
    expect(checker.see(replied(1, { zxid: z(1, 2) }), facts)).toMatch(/shows 1:2, its disk has 1:1/);
    expect(checker.see(replied(1, { mzxid: z(1, 2) }), facts)).toMatch(/not on its disk/);
  });

  it("is quiet on the configuration, which its peers tell it, and on no other txn of theirs", () => {
    const facts = new FakeFacts();
    const checker = new ReadOnly();
    checker.see(readOnly(), facts);
    const reconfig = txn(z(1, 1), {
      type: OpCode.reconfig,
      path: "/zookeeper/config",
      data: null,
      version: -1,
    });
    facts.history.add(z(1, 1), z(0, 0), reconfig);
    facts.history.add(z(1, 2), z(1, 1), txn(z(1, 2)));
    expect(checker.see(replied(1, { zxid: z(0, 0), mzxid: z(1, 1) }), facts)).toMatch(/not on its disk/);
    facts.history.commit(z(1, 2));
    expect(checker.see(replied(1, { zxid: z(0, 0), mzxid: z(1, 1) }), facts)).toBeUndefined();
    expect(checker.see(replied(1, { zxid: z(0, 0), mzxid: z(1, 2) }), facts)).toMatch(/not on its disk/);
  });

  it("rings when it serves who did not ask, logs or stores an epoch", () => {
    const facts = new FakeFacts();
    const checker = new ReadOnly();
    const uninvited = {
      session: "r",
      isReadOnly: true,
      asked: { session: undefined, allowsReadOnly: false },
    };
    expect(checker.see(greeted(1, uninvited), facts)).toMatch(/did not ask/);
    checker.see(readOnly(), facts);
    expect(checker.see(logged(1, 1, txn(z(1, 1))), facts)).toMatch(/logs 1:1/);
    facts.durable(1).accepted = 1;
    expect(checker.see({ kind: "durable", server: 1 }, facts)).toMatch(/changes its epochs/);
    checker.see({ kind: "started", server: 1 }, facts);
    expect(checker.see(logged(1, 1, txn(z(1, 1))), facts)).toBeUndefined();
  });

  it("rings when a session goes on that began without a quorum, or a txn is of it", () => {
    const facts = new FakeFacts();
    const checker = new ReadOnly();
    checker.see(readOnly(1, OWN), facts);
    expect(checker.see(readOnly(2, OWN), facts)).toMatch(/server 2 continues session .* server 1 made/);
    expect(checker.see(greeted(1, { session: OWN }), facts)).toMatch(/server 1 continues/);
    const bytes = txn(z(1, 1));
    const txns = [{ zxid: z(1, 1), bytes, previous: undefined }];
    expect(checker.see({ kind: "committed", txns }, facts)).toMatch(/1:1 is of session/);
  });
});

describe("local-sessions", () => {
  const close = txn(z(1, 2), { type: OpCode.closeSession, paths2Delete: [] });

  it("rings when a local session goes on elsewhere, or where its server has stopped to serve", () => {
    const facts = new FakeFacts();
    const checker = new LocalSessions("upgrading");
    const again = (server: number) =>
      greeted(server, { session: OWN, asked: { session: OWN, allowsReadOnly: false } });
    expect(checker.see(greeted(1, { session: OWN }), facts)).toBeUndefined();
    expect(checker.see(again(1), facts)).toBeUndefined();
    expect(checker.see(again(2), facts)).toMatch(/made by server 1/);
    checker.see({ kind: "ended", server: 1 }, facts);
    facts.nowMs = 1;
    expect(checker.see(again(1), facts)).toMatch(/not by what serves here now/);
    expect(checker.see(logged(1, 1, txn(z(1, 1))), facts)).toBeUndefined();
    expect(checker.see(again(2), facts)).toBeUndefined();
    expect(checker.see(logged(1, 2, close), facts)).toBeUndefined();
  });

  it("rings at txns that local sessions do not make, and at sessions without one where they are global", () => {
    const facts = new FakeFacts();
    expect(new LocalSessions("refusing").see(logged(1, 1, txn(z(1, 1))), facts)).toMatch(
      /sessions are local/,
    );
    expect(new LocalSessions("upgrading").see(logged(1, 1, txn(z(1, 1))), facts)).toMatch(/nobody had/);
    expect(new LocalSessions("global").see(logged(1, 2, close), facts)).toMatch(/no txn has made/);
    expect(new LocalSessions("global").see(greeted(1, { session: OWN }), facts)).toMatch(/no txn has made/);
  });
});

describe("client-order", () => {
  it("rings when a client is shown the past by whatever session", () => {
    const facts = new FakeFacts();
    facts.log(z(1, 1), z(0, 0));
    facts.log(z(1, 2), z(1, 1));
    const checker = new ClientOrder();
    const read = (counter: number) =>
      checker.see({ kind: "read", client: "c1", path: "/a", mzxid: z(1, counter) }, facts);
    const answered = (session: string, counter: number) =>
      checker.see({ kind: "answered", client: "c1", session, zxid: z(1, counter) }, facts);
    expect(answered("a", 2)).toBeUndefined();
    expect(answered("b", 1)).toMatch(/as of 1:1 behind one as of 1:2/);
    answered("b", 2);
    // An epoch that begins with it will decide it.
    facts.history.begin(2, z(1, 2));
    expect(answered("c", 1)).toMatch(/behind one as of 1:2/);
    answered("b", 2);
    facts.history.begin(3, z(1, 1));
    expect(answered("c", 1)).toBeUndefined();
    // Should it be decided after all, it was no nothing.
    const decided = {
      kind: "committed",
      txns: [{ zxid: z(1, 2), bytes: txn(z(1, 2)), previous: z(1, 1) }],
    } as const;
    expect(checker.see(decided, facts)).toMatch(/as of 1:1 behind one as of 1:2/);
    // What was shown without a quorum, and came to nothing, may be taken back.
    expect([read(2), read(1)]).toEqual([undefined, undefined]);
    facts.commit(z(1, 2));
    expect([read(2), read(1)]).toEqual([undefined, expect.stringMatching(/has read it as of 1:2/)]);
  });
});

describe("steady and phantoms", () => {
  it("ring when a client is suspended in peace, and when a session is nobody's", () => {
    const facts = new FakeFacts();
    const steady = new Steady();
    const suspended: Observation = { kind: "state", client: "c1", state: "suspended" };
    expect(steady.see(suspended)).toBeUndefined();
    steady.see({ kind: "steady", clients: ["c1"] });
    expect(steady.see(suspended)).toMatch(/c1 is suspended/);
    facts.expected.replay(txn(z(1, 1)));
    const phantoms = new Phantoms();
    expect(phantoms.see({ kind: "rest", sessions: [OWN] }, facts)).toBeUndefined();
    expect(phantoms.see({ kind: "rest", sessions: [] }, facts)).toMatch(/lives and is nobody's/);
  });
});
