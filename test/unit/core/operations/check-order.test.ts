import { beforeEach, describe, expect, it } from "vitest";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { int, ustring } from "../../../../src/protocol/record.ts";
import type { ACL } from "../../../../src/protocol/records/data.ts";
import { bytes, zk } from "../../../support/core-client.ts";
import { type Client, CoreHarness, encode, OPEN_ACL } from "../../../support/core-harness.ts";

/**
 * The order of checks of client-protocol 4.3. Each row breaks one rule more than the row below it: the first broken rule
 * must win, so the codes come in the order of the table.
 */

const closed: readonly ACL[] = [{ perms: 0, id: { scheme: "world", id: "anyone" } }];
const badAcl: readonly ACL[] = [{ perms: 31, id: { scheme: "digest", id: "abc" } }];

let harness: CoreHarness;
let client: Client;

beforeEach(() => {
  harness = new CoreHarness({ server: { enforceQuota: true } });
  client = harness.connect();
  zk.created(client, "/open");
  zk.created(client, "/open/child");
  zk.created(client, "/open/child/x");
  zk.created(client, "/e", { flags: 1 });
  zk.created(client, "/closed");
  zk.created(client, "/closed/child");
  expect(zk.setAcl(client, "/closed/child", closed)).toBe(0);
  expect(zk.setAcl(client, "/closed", closed)).toBe(0);
  zk.created(client, "/full");
  zk.created(client, "/zookeeper/quota/full");
  zk.created(client, "/zookeeper/quota/full/zookeeper_limits", {
    data: bytes("countHardLimit=1;byteHardLimit=0"),
  });
  zk.created(client, "/zookeeper/quota/full/zookeeper_stats", { data: bytes("count=0,bytes=0") });
});

const PLAIN_CREATES = [OpCode.create, OpCode.create2, OpCode.createContainer];

describe("create", () => {
  it.each(PLAIN_CREATES)("opcode %d", (opcode) => {
    const create = (path: string | null, flags = 0, acl: readonly ACL[] | null = OPEN_ACL) =>
      zk.create(client, path, { flags, acl, opcode });
    expect(create(null, 7, null), "flags").toBe(-8);
    expect(create(null, 5, null), "extended types").toBe(-6);
    expect(create(null, 0, null), "null path").toBe(-5);
    expect(create("noslash", 0, badAcl), "path has no slash").toBe(-8);
    expect(create("/none\0/x", 0, badAcl), "path has a NUL").toBe(-8);
    expect(create("/none/x", 0, badAcl), "ACL").toBe(-114);
    expect(create("/none/."), "parent").toBe(-101);
    expect(create("/closed/."), "CREATE on the parent").toBe(-102);
    expect(create("/open/."), "path").toBe(-8);
    expect(create("/open/child"), "exists").toBe(-110);
    expect(create("/e/child"), "parent is ephemeral").toBe(-108);
    expect(create("/full/child"), "quota").toBe(-125);
    expect(create("/open/new")).toBe(0);
  });

  it("createTTL checks its ttl before everything that follows", () => {
    const extended = new CoreHarness({ server: { extendedTypesEnabled: true } }).connect();
    expect(zk.createTTL(extended, "noslash", 7, 1)).toBe(-8);
    expect(zk.createTTL(extended, "noslash", 5, 0)).toBe(-8);
    expect(zk.createTTL(extended, "/none/x", 5, 5)).toBe(-101);
    expect(zk.createTTL(extended, "/t", 6, 5)).toBe(0);
    expect(zk.children(extended, "/")).toContain("t0000000000");
    expect(zk.create(extended, "/x", { flags: 5 }), "TTL flags without a ttl").toBe(-8);
  });
});

describe("delete", () => {
  it("in order", () => {
    for (const system of ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config", "", "abc", "/a\0"]) {
      expect(zk.delete(client, system, 99), system).toBe(-8);
    }
    expect(zk.delete(client, null)).toBe(-5);
    expect(zk.delete(client, "/none/x", 99), "parent").toBe(-101);
    expect(zk.delete(client, "/closed/none", 99), "DELETE on the parent").toBe(-102);
    expect(zk.delete(client, "/open/none", 99), "node").toBe(-101);
    expect(zk.delete(client, "/open/", 99), "no such node").toBe(-101);
    expect(zk.delete(client, "/open/child", 99), "version").toBe(-103);
    expect(zk.delete(client, "/open/child", 0), "children").toBe(-111);
    expect(zk.delete(client, "/open/child/x", 0)).toBe(0);
  });

  it("the znode's own ACL does not matter", () => {
    zk.created(client, "/open/locked", { acl: closed });
    expect(zk.delete(client, "/open/locked")).toBe(0);
  });
});

describe("setData", () => {
  it("in order", () => {
    for (const bad of [null, "", "abc", "/a/", "/a//b", "/.", "/a\0", "/\ud800"]) {
      expect(zk.setData(client, bad, null, 99), String(bad)).toBe(-8);
    }
    expect(zk.setData(client, "/none", null, 99)).toBe(-101);
    expect(zk.setData(client, "/closed", null, 99)).toBe(-102);
    expect(zk.setData(client, "/full", bytes("x"), 99), "quota").toBe(-125);
    expect(zk.setData(client, "/full", null, 99), "same length: no quota check").toBe(-103);
    expect(zk.setData(client, "/open", bytes("x"), 1)).toBe(-103);
    expect(zk.setData(client, "/open", bytes("x"), 0)).toBe(0);
    expect(zk.setData(client, "/", bytes("root"), 0)).toBe(0);
    expect(zk.setData(client, "/zookeeper/config", null), "world has READ only").toBe(-102);
  });
});

describe("setACL", () => {
  it("in order", () => {
    for (const bad of [null, "", "abc", "/a/"]) expect(zk.setAcl(client, bad, badAcl, 99)).toBe(-8);
    expect(zk.setAcl(client, "/none", badAcl, 99)).toBe(-114);
    expect(zk.setAcl(client, "/none", OPEN_ACL, 99)).toBe(-101);
    expect(zk.setAcl(client, "/closed", OPEN_ACL, 99)).toBe(-102);
    expect(zk.setAcl(client, "/open", OPEN_ACL, 99)).toBe(-103);
    expect(zk.setAcl(client, "/open", OPEN_ACL, 0)).toBe(0);
    expect(zk.setAcl(client, "/open", OPEN_ACL, 1)).toBe(0);
  });
});

describe("check, in a multi", () => {
  const check = (path: string | null, version: number) => {
    const results = zk.multi(client, [{ type: OpCode.check, path, version }]);
    if (typeof results === "number") throw new Error(`multi: ${results}`);
    const [result] = results;
    return result!.type === OpCode.error ? result!.err : 0;
  };

  it("in order", () => {
    expect(
      zk.multi(client, [{ type: OpCode.check, path: null, version: 99 }]),
      "no path: the whole multi",
    ).toBe(-5);
    expect(check("/a/", 99)).toBe(-8);
    expect(check("/none", 99)).toBe(-101);
    expect(check("/closed", 99)).toBe(-102);
    expect(check("/open", 99)).toBe(-103);
    expect(check("/open", 0)).toBe(0);
    expect(check("/open", -1)).toBe(0);
  });
});

describe("reads", () => {
  const pathOnly = (type: number, path: string | null) => client.call(type, encode(ustring, path)).err;
  const withFlag = (type: number, path: string | null) =>
    client.call(type, encode(ustring, path, int, 0)).err;

  it.each([OpCode.getData, OpCode.getChildren, OpCode.getChildren2, OpCode.exists])("opcode %d", (type) => {
    expect(withFlag(type, null)).toBe(-5);
    for (const path of ["abc", "/none", "/open/", "//", "/open//child", "/./open"]) {
      expect(withFlag(type, path), path).toBe(-101);
    }
    expect(withFlag(type, "/a\0b")).toBe(type === OpCode.exists ? -8 : -101);
    expect(withFlag(type, "/closed")).toBe(-102);
    expect(withFlag(type, "/open")).toBe(0);
    expect(withFlag(type, ""), "alias of /").toBe(0);
  });

  it.each([OpCode.getACL, OpCode.getAllChildrenNumber])("opcode %d", (type) => {
    expect(pathOnly(type, null)).toBe(-5);
    expect(pathOnly(type, "/none")).toBe(-101);
    expect(pathOnly(type, "/closed")).toBe(-102);
    expect(pathOnly(type, "")).toBe(0);
  });

  it("sync echoes whatever path it gets, also null", () => {
    for (const path of ["/none", "abc", "", null]) {
      const reply = client.call(OpCode.sync, encode(ustring, path));
      expect([reply.err, reply.body.readString()]).toEqual([0, path]);
    }
  });

  it("getAllChildrenNumber counts all descendants", () => {
    const count = (path: string) =>
      client.call(OpCode.getAllChildrenNumber, encode(ustring, path)).body.readInt();
    expect(count("/open")).toBe(2);
    expect(count("/open/child/x")).toBe(0);
    const all = harness.machine.database.tree.nodeCount - 1;
    expect(count("/")).toBe(all);
  });

  it("reads neither spend a zxid nor need one", () => {
    const before = harness.lastZxid;
    for (const type of [3, 4, 6, 8, 9, 12, 103, 104]) {
      expect(client.call(type, encode(ustring, "/", int, 0)).zxid, `opcode ${type}`).toBe(before);
    }
    expect(client.call(OpCode.whoAmI).zxid).toBe(before);
    expect(harness.lastZxid).toBe(before);
  });
});

describe("reconfig, on a standalone server", () => {
  const body = encode(ustring, null, ustring, null, ustring, null, int, -1, int, -1);

  it("is disabled, or not implemented, and spends a zxid", () => {
    const before = harness.lastZxid;
    expect(client.call(OpCode.reconfig, body)).toMatchObject({ err: -123, zxid: before + 1 });
    const enabled = new CoreHarness({ server: { reconfigEnabled: true } }).connect();
    expect(enabled.call(OpCode.reconfig, body).err).toBe(-6);
    expect(enabled.isClosed).toBe(false);
  });
});

describe("what the log holds", () => {
  it("a header with session, xid, zxid and time; the body of the table in storage-formats 4", () => {
    harness.drift(1234);
    const xid = client.request(OpCode.createContainer, zk.createBody("/c", { flags: 4, data: bytes("d") }));
    const { header, body, digest } = harness.txns().at(-1)!;
    expect(header).toEqual({
      clientId: client.sessionId,
      cxid: xid,
      zxid: harness.lastZxid,
      time: harness.now.wallMs,
      type: OpCode.createContainer,
    });
    expect(body).toMatchObject({
      type: OpCode.createContainer,
      path: "/c",
      acl: OPEN_ACL,
      parentCVersion: 5,
    });
    expect(digest!.version).toBe(2);
    expect(harness.digestMismatches).toEqual([]);
  });

  it("a failed multi keeps the parts in front of the one that failed", () => {
    zk.multi(client, [
      { type: OpCode.create, path: "/m1", data: null, acl: OPEN_ACL, flags: 0 },
      { type: OpCode.create, path: "/open", data: null, acl: OPEN_ACL, flags: 0 },
      { type: OpCode.delete, path: "/open/child/x", version: -1 },
    ]);
    const { header, body } = harness.txns().at(-1)!;
    expect(header.type).toBe(OpCode.multi);
    expect("txns" in body && body.txns.map((part) => [part.type, "err" in part ? part.err : 0])).toEqual([
      [1, 0],
      [-1, -110],
      [-1, -2],
    ]);
    expect(zk.exists(client, "/m1")).toBe(-101);
    expect(zk.exists(client, "/open/child/x")).toBe(0);
    expect(harness.digestMismatches).toEqual([]);
  });

  it("with digests and closeSession lists off it has neither", () => {
    const plain = new CoreHarness({ server: { digestEnabled: false, closeSessionTxnEnabled: false } });
    const owner = plain.connect();
    zk.created(owner, "/e", { flags: 1 });
    owner.call(OpCode.closeSession);
    expect(plain.txns().every((txn) => txn.digest === undefined)).toBe(true);
    expect(plain.txns().at(-1)!.body).toEqual({ type: OpCode.closeSession, paths2Delete: null });
    expect(plain.machine.database.tree.ephemeralCount).toBe(0);
  });
});

describe("versions", () => {
  it("sequence numbers at their end (client-protocol 4.6)", () => {
    const tree = harness.machine.database.tree;
    zk.created(client, "/seq");
    // Two billion creates would take too long: the stored counter is raised the way replay raises it.
    const header = {
      clientId: client.sessionId,
      cxid: 0,
      zxid: harness.lastZxid,
      time: 0,
      type: OpCode.create,
    };
    tree.apply(
      header as Parameters<typeof tree.apply>[0],
      {
        type: OpCode.create,
        path: "/seq/first",
        data: null,
        acl: OPEN_ACL,
        ephemeral: false,
        parentCVersion: 2_147_483_647,
      },
      { created() {}, deleted() {}, dataChanged() {}, childrenChanged() {} },
    );
    harness.autoPersist = false;
    for (let i = 0; i < 2; i++) client.request(OpCode.create, zk.createBody("/seq/s-", { flags: 2 }));
    harness.persist();
    expect([client.reply().body.readString(), client.reply().body.readString()]).toEqual([
      "/seq/s-2147483647",
      "/seq/s--2147483648",
    ]);
    harness.autoPersist = true;
    expect(zk.create(client, "/seq/s-", { flags: 2 }), "stuck").toBe(-110);
    expect(harness.digestMismatches, "prep forecasts what apply does").toEqual([]);
  });

  it("skip -1 (3.10)", () => {
    const tree = harness.machine.database.tree;
    const header = {
      clientId: client.sessionId,
      cxid: 0,
      zxid: harness.lastZxid,
      time: 0,
      type: OpCode.setData,
    };
    const sink = { created() {}, deleted() {}, dataChanged() {}, childrenChanged() {} };
    tree.apply(
      header as Parameters<typeof tree.apply>[0],
      { type: OpCode.setData, path: "/open", data: null, version: -2 },
      sink,
    );
    expect(zk.setData(client, "/open", null, -2)).toBe(0);
    expect(zk.stat(client, "/open").version).toBe(0);
  });
});
