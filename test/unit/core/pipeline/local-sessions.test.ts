import { describe, expect, it } from "vitest";
import { type ChainPlan, standaloneChain } from "../../../../src/core/pipeline/chains.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { int, ustring } from "../../../../src/protocol/record.ts";
import { zk } from "../../../support/core-client.ts";
import { CoreHarness, encode, OPEN_ACL } from "../../../support/core-harness.ts";

/** Local sessions (client-protocol 7.4) exist where there are other servers; the rest of the chain is the standalone one. */
const plan: ChainPlan = { ...standaloneChain, hasLocalSessions: true };

const setup = (upgrades: boolean) =>
  new CoreHarness({
    plan,
    server: { localSessionsEnabled: true, localSessionsUpgradingEnabled: upgrades, tickTimeMs: 1000 },
  });

describe("local sessions", () => {
  it("begin without a txn, and reconnect here", () => {
    const harness = setup(false);
    const client = harness.connect();
    expect(harness.log).toEqual([]);
    expect([harness.machine.sessions.localCount, harness.machine.sessions.globalCount]).toEqual([1, 0]);
    const next = harness.open();
    next.connect(5000, client.sessionId, client.password);
    expect(next.timeoutMs).toBe(5000);
    expect(client.isClosed).toBe(true);
  });

  it("write, but own no ephemerals unless they may be upgraded", () => {
    const harness = setup(false);
    const client = harness.connect();
    expect(zk.create(client, "/a")).toBe(0);
    expect(zk.create(client, "/e", { flags: 1 })).toBe(-120);
    expect(
      zk.multi(client, [{ type: OpCode.create, path: "/e", data: null, acl: OPEN_ACL, flags: 1 }]),
    ).toEqual([{ type: -1, err: -120 }]);
    expect(zk.create(client, "/e", { flags: 1, opcode: OpCode.createContainer })).toBe(-120);
    expect(harness.machine.sessions.localCount).toBe(1);
  });

  it.each([
    ["create", (path: string) => [OpCode.create, zk.createBody(path, { flags: 1 })] as const],
    ["create2", (path: string) => [OpCode.create2, zk.createBody(path, { flags: 3 })] as const],
  ])("an ephemeral %s upgrades them by a createSession in front of it", (_name, make) => {
    const harness = setup(true);
    const client = harness.connect();
    const [type, body] = make("/e");
    expect(client.call(type, body).err).toBe(0);
    expect(harness.txns().map((txn) => [txn.header.type, txn.header.clientId.key])).toEqual([
      [OpCode.createSession, client.sessionId.key],
      [type, client.sessionId.key],
    ]);
    expect(harness.eventsOf("sessionUpgraded")).toHaveLength(1);
    expect([harness.machine.sessions.localCount, harness.machine.sessions.globalCount]).toEqual([0, 1]);
    expect(client.call(OpCode.closeSession).err).toBe(0);
    expect(harness.machine.database.tree.ephemeralCount).toBe(0);
    expect(harness.digestMismatches).toEqual([]);
  });

  it("so does a multi with one, and nothing else does", () => {
    const harness = setup(true);
    const client = harness.connect();
    zk.created(client, "/p");
    zk.multi(client, [{ type: OpCode.delete, path: "/p", version: -1 }]);
    expect(client.call(OpCode.create, encode(int, 1)).err, "undecodable").toBe(-5);
    expect(harness.machine.sessions.localCount).toBe(1);
    zk.multi(client, [{ type: OpCode.create, path: "/e", data: null, acl: OPEN_ACL, flags: 1 }]);
    expect(harness.machine.sessions.localCount).toBe(0);
    expect(zk.exists(client, "/e")).toBe(0);
  });

  it("end without a txn, in their order", () => {
    const harness = setup(false);
    const client = harness.connect();
    harness.autoPersist = false;
    client.request(OpCode.create, zk.createBody("/a"), 1);
    client.request(OpCode.closeSession, undefined, 2);
    expect(client.isClosed).toBe(false);
    harness.persist();
    expect(client.reply()).toMatchObject({ xid: 1, zxid: 1 });
    expect(client.reply()).toMatchObject({ xid: 2, zxid: 1, err: 0 });
    expect(client.isClosed).toBe(true);
    expect(harness.log).toHaveLength(1);
    expect(harness.machine.sessions.localCount).toBe(0);
    expect(harness.machine.outstandingRequests).toBe(0);
  });

  it("expire without a txn", () => {
    const harness = setup(false);
    const client = harness.connect(4000);
    harness.advance(5000);
    expect(client.isClosed).toBe(true);
    expect(harness.log).toEqual([]);
    expect(harness.eventsOf("sessionExpired")).toHaveLength(1);
    const next = harness.open();
    next.connect(4000, client.sessionId, client.password);
    expect(next.timeoutMs).toBe(0);
  });

  it("do not exist on a standalone server, whatever is configured", () => {
    const harness = new CoreHarness({ server: { localSessionsEnabled: true } });
    const client = harness.connect();
    expect(harness.log).toHaveLength(1);
    expect(client.call(OpCode.getEphemerals, encode(ustring, null)).err).toBe(0);
    expect(harness.machine.sessions.localCount).toBe(0);
  });
});
