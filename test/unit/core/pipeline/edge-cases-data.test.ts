import { describe, expect, it } from "vitest";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { boolean, int, long, ustring, vector } from "../../../../src/protocol/record.ts";
import type { ACL, Stat } from "../../../../src/protocol/records/data.ts";
import { bytes, text, zk } from "../../../support/core-client.ts";
import { type Client, CoreHarness, encode, OPEN_ACL } from "../../../support/core-harness.ts";

/** The numbered cases of client-protocol 12 that are about znodes, multi and watches. */

const acl = (perms: number, scheme = "world", id = "anyone"): readonly ACL[] => [
  { perms, id: { scheme, id } },
];
const ALL_BUT = (bit: number): number => 31 & ~bit;
const digestAuth = (client: Client, user: string) =>
  client.call(OpCode.auth, encode(int, 0, ustring, "digest", ustring, user), -4).err;
const paths = vector(ustring);

function setup(server = {}): { harness: CoreHarness; client: Client } {
  const harness = new CoreHarness({ server });
  return { harness, client: harness.connect() };
}

describe("client-protocol 12, znodes", () => {
  it("16: create of /, of what has no slash, of null", () => {
    const { client } = setup();
    expect(zk.create(client, "/")).toBe(-110);
    expect(zk.create(client, "")).toBe(-8);
    expect(zk.create(client, "abc")).toBe(-8);
    expect(zk.create(client, null)).toBe(-5);
    expect(zk.create(client, "/a\0b")).toBe(-8);
  });

  it("17: /a/ sequential makes a child named by the number alone; / too", () => {
    const { client } = setup();
    zk.created(client, "/a");
    expect(zk.created(client, "/a/", { flags: 2 })).toBe("/a/0000000000");
    expect(zk.create(client, "/a/")).toBe(-8);
    expect(zk.created(client, "/a/.", { flags: 2 })).toBe("/a/.0000000001");
    expect(zk.created(client, "/", { flags: 2 })).toBe("/0000000001");
  });

  it("18: the parent is looked for before the path is validated", () => {
    const { client } = setup();
    expect(zk.create(client, "/x/.")).toBe(-101);
    zk.created(client, "/a");
    expect(zk.create(client, "/a/.")).toBe(-8);
    expect(zk.create(client, "/a//b")).toBe(-101);
  });

  it("19: an empty ACL beats a missing parent", () => {
    const { client } = setup();
    expect(zk.create(client, "/x/y", { acl: [] })).toBe(-114);
    expect(zk.create(client, "/x/y", { acl: null })).toBe(-114);
  });

  it("20: a missing permission beats an existing child", () => {
    const { client } = setup();
    zk.created(client, "/a");
    zk.created(client, "/a/b");
    expect(zk.setAcl(client, "/a", acl(ALL_BUT(4)))).toBe(0);
    expect(zk.create(client, "/a/b")).toBe(-102);
    expect(zk.create(client, "/a/."), "and a bad path").toBe(-102);
  });

  it("21: a missing DELETE permission beats a missing child", () => {
    const { client } = setup();
    zk.created(client, "/a", { acl: acl(ALL_BUT(8)) });
    expect(zk.delete(client, "/a/none")).toBe(-102);
  });

  it("22: a bad version beats not-empty", () => {
    const { client } = setup();
    zk.created(client, "/a");
    zk.created(client, "/a/b");
    expect(zk.delete(client, "/a", 5)).toBe(-103);
    expect(zk.delete(client, "/a", -1)).toBe(-111);
  });

  it("23: only -1 means any version", () => {
    const { client } = setup();
    zk.created(client, "/a");
    expect(zk.setData(client, "/a", null, -2)).toBe(-103);
    expect(zk.delete(client, "/a", -2)).toBe(-103);
    expect(zk.setAcl(client, "/a", OPEN_ACL, -2)).toBe(-103);
  });

  it("24: an ephemeral has no children", () => {
    const { client } = setup();
    zk.created(client, "/e", { flags: 1 });
    expect(zk.create(client, "/e/c")).toBe(-108);
    expect(zk.create(client, "/e/c/d"), "the parent is missing first").toBe(-101);
  });

  it("25: the suffix counts all creates", () => {
    const { client } = setup();
    zk.created(client, "/p");
    for (const name of ["a", "b", "c"]) zk.created(client, `/p/${name}`);
    expect(zk.delete(client, "/p/a")).toBe(0);
    expect(zk.delete(client, "/p/b")).toBe(0);
    expect(zk.created(client, "/p/s-", { flags: 2 })).toBe("/p/s-0000000003");
  });

  it("26: a failed multi gives its sequence number back, but not its zxid", () => {
    const { client, harness } = setup();
    const before = harness.lastZxid;
    const results = zk.multi(client, [
      { type: OpCode.create, path: "/s-", data: null, acl: OPEN_ACL, flags: 2 },
      { type: OpCode.check, path: "/none", version: 0 },
    ]);
    expect(results).toEqual([
      { type: -1, err: 0 },
      { type: -1, err: -101 },
    ]);
    expect(harness.lastZxid).toBe(before + 1);
    expect(zk.created(client, "/s-", { flags: 2 })).toBe("/s-0000000000");
    expect(harness.digestMismatches).toEqual([]);
  });

  it("27: the results of a failed multi, under a header without error", () => {
    const { client } = setup();
    zk.created(client, "/a");
    const results = zk.multi(client, [
      { type: OpCode.setData, path: "/a", data: null, version: 0 },
      { type: OpCode.setData, path: "/a", data: null, version: 7 },
      { type: OpCode.delete, path: "/a", version: -1 },
    ]);
    expect(results).toEqual([
      { type: -1, err: 0 },
      { type: -1, err: -103 },
      { type: -1, err: -2 },
    ]);
    expect(zk.stat(client, "/a").version).toBe(0);
  });

  it("28: a multi sees its own effects; a child watch fires once, a persistent one for each child change", () => {
    const { client, harness } = setup();
    const persistent = harness.connect();
    const oneShot = harness.connect();
    expect(zk.getChildren(oneShot, "/", true)).toBe(0);
    expect(persistent.call(OpCode.addWatch, encode(ustring, "/", int, 0)).err).toBe(0);
    const results = zkMulti(client, [
      { type: OpCode.create, path: "/p", data: null, acl: OPEN_ACL, flags: 0 },
      { type: OpCode.create, path: "/p/c", data: null, acl: OPEN_ACL, flags: 0 },
      { type: OpCode.delete, path: "/p/c", version: -1 },
      { type: OpCode.delete, path: "/p", version: -1 },
    ]);
    expect(results.map((result) => result.type)).toEqual([1, 1, 2, 2]);
    expect(oneShot.frames).toHaveLength(1);
    expect(persistent.frames).toHaveLength(2);
    expect([persistent.event(), persistent.event()]).toMatchObject([
      { type: 4, path: "/" },
      { type: 4, path: "/" },
    ]);
    expect(zk.exists(client, "/p")).toBe(-101);
    expect(harness.digestMismatches).toEqual([]);
  });

  it("29: two setData of one znode in a multi", () => {
    const { client } = setup();
    zk.created(client, "/a");
    const stats = zkMulti(client, [
      { type: OpCode.setData, path: "/a", data: bytes("1"), version: 0 },
      { type: OpCode.setData, path: "/a", data: bytes("22"), version: 1 },
    ]).map((result) => (result as { stat: Stat }).stat);
    expect(stats.map((stat) => [stat.version, stat.dataLength])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(stats[0]!.mzxid).toBe(stats[1]!.mzxid);
  });

  it("30: result types of creates in a multi", () => {
    const { client } = setup({ extendedTypesEnabled: true });
    const results = zkMulti(client, [
      { type: OpCode.create, path: "/1", data: null, acl: OPEN_ACL, flags: 0 },
      { type: OpCode.create2, path: "/2", data: null, acl: OPEN_ACL, flags: 0 },
      { type: OpCode.createContainer, path: "/3", data: null, acl: OPEN_ACL, flags: 4 },
      { type: OpCode.create, path: "/4", data: null, acl: OPEN_ACL, flags: 4 },
      { type: OpCode.createTTL, path: "/5", data: null, acl: OPEN_ACL, flags: 5, ttl: 1000 },
      { type: OpCode.createTTL, path: "/6", data: null, acl: OPEN_ACL, flags: 0, ttl: -1 },
      { type: OpCode.createContainer, path: "/7", data: null, acl: OPEN_ACL, flags: 0 },
    ]);
    expect(results.map((result) => result.type)).toEqual([1, 15, 15, 15, 15, 1, 15]);
  });

  it("31: an empty multi spends one zxid and is answered with the end alone", () => {
    const { client, harness } = setup();
    const before = harness.lastZxid;
    const reply = client.call(OpCode.multi, encode(int, -1, boolean, true, int, -1));
    expect([reply.err, reply.body.remaining, reply.zxid]).toEqual([0, 9, before + 1]);
    const read = client.call(OpCode.multiRead, encode(int, -1, boolean, true, int, -1));
    expect([read.err, read.body.remaining, read.zxid]).toEqual([0, 9, before + 1]);
  });

  it("32: reads in a multi and writes in a multiRead are refused whole", () => {
    const { client, harness } = setup();
    const getData = { type: OpCode.getData, path: "/", watch: false } as const;
    const create = { type: OpCode.create, path: "/x", data: null, acl: OPEN_ACL, flags: 0 } as const;
    expect(zk.multi(client, [getData])).toBe(-5);
    expect(zk.multi(client, [create, getData])).toBe(-5);
    const before = harness.lastZxid;
    const reply = client.call(
      OpCode.multiRead,
      encode(int, 2, boolean, false, int, -1, ustring, "/x", int, -1, int, -1, boolean, true, int, -1),
    );
    expect([reply.err, reply.body.remaining]).toEqual([-5, 9]);
    expect(harness.lastZxid).toBe(before);
    expect(zk.exists(client, "/x")).toBe(-101);
  });

  it.each([
    ["unknown flags", { type: OpCode.create, path: "/x", data: null, acl: OPEN_ACL, flags: 99 }],
    ["a null ACL", { type: OpCode.create, path: "/x", data: null, acl: null, flags: 0 }],
    ["TTL flags without a ttl", { type: OpCode.create2, path: "/x", data: null, acl: OPEN_ACL, flags: 5 }],
  ] as const)("a multi with a create of %s is refused whole, and spends a zxid", (_name, op) => {
    const { client, harness } = setup({ extendedTypesEnabled: true });
    const before = harness.lastZxid;
    expect(zk.multi(client, [op])).toBe(-5);
    expect(harness.lastZxid).toBe(before + 1);
  });

  it("createTTL with flags that nobody knows is refused alone in a multi, where others refuse it whole", () => {
    const { client } = setup();
    const op = { type: OpCode.createTTL, path: "/x", data: null, acl: OPEN_ACL, flags: 99, ttl: 1 } as const;
    expect(zk.multi(client, [op])).toEqual([{ type: -1, err: -8 }]);
  });

  it("33: a multiRead sets no watch", () => {
    const { client } = setup();
    zk.created(client, "/a");
    zk.multi(client, [{ type: OpCode.getData, path: "/a", watch: true }], OpCode.multiRead);
    expect(zk.setData(client, "/a", null)).toBe(0);
    expect(client.frames).toEqual([]);
  });

  it("44: null and empty data are different", () => {
    const { client } = setup();
    zk.created(client, "/n");
    zk.created(client, "/e", { data: new Uint8Array(0) });
    expect(zk.data(client, "/n")).toMatchObject({ data: null, stat: { dataLength: 0 } });
    expect(zk.data(client, "/e").data).toHaveLength(0);
    expect(zk.setData(client, "/e", null)).toBe(0);
    expect(zk.data(client, "/e").data).toBeNull();
  });

  it("45: setACL changes aversion and nothing else", () => {
    const { client, harness } = setup();
    zk.created(client, "/a");
    const before = zk.stat(client, "/a");
    harness.drift(1000);
    expect(zk.setAcl(client, "/a", OPEN_ACL, 0)).toBe(0);
    expect(zk.stat(client, "/a")).toEqual({ ...before, aversion: 1 });
  });

  it("46: Stats of a fresh server", () => {
    const { client } = setup();
    expect(zk.stat(client, "/")).toMatchObject({ cversion: -1, numChildren: 1 });
    expect(zk.stat(client, "/zookeeper")).toMatchObject({ cversion: -2, numChildren: 2 });
    expect(zk.stat(client, "/zookeeper/config")).toMatchObject({ aversion: -1 });
  });

  it("47: containers and TTL znodes show no owner", () => {
    const { client } = setup({ extendedTypesEnabled: true });
    const { stat } = zk.created2(client, "/c", { opcode: OpCode.createContainer, flags: 4 });
    expect(stat.ephemeralOwner.isZero()).toBe(true);
    expect(zk.createTTL(client, "/t", 5, 1000)).toBe(0);
    expect(zk.stat(client, "/t").ephemeralOwner.isZero()).toBe(true);
  });

  it("48: the range of ttl, and what happens without extended types", () => {
    const { client } = setup({ extendedTypesEnabled: true });
    expect(zk.createTTL(client, "/a", 5, 0)).toBe(-8);
    expect(zk.createTTL(client, "/a", 5, 2 ** 40)).toBe(-8);
    expect(zk.createTTL(client, "/a", 0, 1000)).toBe(-8);
    expect(zk.createTTL(client, "/a", 0, -1), "Apache dies of this one").toBe(-8);
    expect(zk.createTTL(client, "/a", 5, 2 ** 40 - 1)).toBe(0);
    const off = setup().client;
    expect(zk.createTTL(off, "/a", 5, 1000)).toBe(-6);
    expect(off.isClosed).toBe(false);
    expect(zk.exists(off, "/")).toBe(0);
  });

  it("49: setACL does not keep a TTL znode, setData does", () => {
    const { client, harness } = setup({
      extendedTypesEnabled: true,
      containers: { checkIntervalMs: 1000, deletesPerMinuteMax: 60_000 },
    });
    expect(zk.createTTL(client, "/acl", 5, 3000)).toBe(0);
    expect(zk.createTTL(client, "/data", 5, 3000)).toBe(0);
    for (let i = 0; i < 6; i++) {
      harness.advance(1000);
      zk.setAcl(client, "/acl", OPEN_ACL);
      expect(zk.setData(client, "/data", null)).toBe(0);
    }
    expect(zk.exists(client, "/acl")).toBe(-101);
    expect(zk.exists(client, "/data")).toBe(0);
    expect(harness.machine.stats.counters.ttl_node_deleted_count).toBe(1);
    expect(harness.digestMismatches).toEqual([]);
  });

  it("50: a new container outlives the first rounds and goes after maxNeverUsedIntervalMs; a used one at once", () => {
    const { client, harness } = setup({ tickTimeMs: 60_000 });
    client.flush();
    zk.created2(client, "/never", { opcode: OpCode.createContainer, flags: 4 });
    zk.created2(client, "/used", { opcode: OpCode.createContainer, flags: 4 });
    zk.created(client, "/used/child");
    harness.advance(60_000);
    expect(zk.exists(client, "/used")).toBe(0);
    expect(zk.delete(client, "/used/child")).toBe(0);
    harness.advance(61_000);
    expect(zk.exists(client, "/used")).toBe(-101);
    expect(zk.exists(client, "/never")).toBe(0);
    const txn = harness.txns().find((each) => each.header.type === OpCode.deleteContainer)!;
    expect(txn.header).toMatchObject({ cxid: 0 });
    expect(txn.header.clientId.isZero()).toBe(true);
    for (let i = 0; i < 4; i++) {
      harness.advance(60_000);
      client.call(OpCode.ping);
    }
    expect(zk.exists(client, "/never")).toBe(-101);
  });

  it("51: auth in an ACL stands for the digest ids of the connection, and for none without them", () => {
    const { client } = setup();
    expect(zk.create(client, "/a", { acl: acl(31, "auth", "") })).toBe(-114);
    digestAuth(client, "alice:1");
    digestAuth(client, "bob:2");
    expect(zk.create(client, "/a", { acl: acl(31, "auth", "") })).toBe(0);
    const stored = zk.getAcl(client, "/a").acl;
    expect(stored.map((entry) => entry.id.scheme)).toEqual(["digest", "digest"]);
    expect(stored.map((entry) => entry.id.id!.split(":")[0])).toEqual(["alice", "bob"]);
  });

  it("52: getACL with READ but no ADMIN masks digest ids; with neither it is refused", () => {
    const { client, harness } = setup();
    digestAuth(client, "bob:secret");
    const entries = [...acl(1), ...acl(31, "auth", "")];
    zk.created(client, "/a", { acl: entries });
    zk.created(client, "/none", { acl: acl(2) });
    const other = harness.connect();
    expect(zk.getAcl(other, "/a").acl.map((entry) => entry.id.id)).toEqual(["anyone", "bob:x"]);
    expect(zk.getAcl(client, "/a").acl[1]!.id.id).toMatch(/^bob:.{28}$/);
    expect(zk.getAcl(other, "/none").err).toBe(-102);
  });

  it("53: valid and invalid digest ids", () => {
    const { client } = setup();
    for (const [at, id] of ["a:b:", ":b"].entries()) {
      expect(zk.create(client, `/ok${at}`, { acl: acl(31, "digest", id) }), id).toBe(0);
    }
    for (const id of ["a:", "abc", "a:b:c"]) {
      expect(zk.create(client, "/bad", { acl: acl(31, "digest", id) }), id).toBe(-114);
    }
  });

  it("59: a read behind a write of the same session sees it", () => {
    const harness = new CoreHarness({ autoPersist: false });
    const client = harness.open();
    client.connect();
    harness.persist();
    client.flush();
    client.request(OpCode.create, zk.createBody("/a", { data: bytes("new") }), 1);
    client.request(OpCode.getData, encode(ustring, "/a", int, 0), 2);
    expect(client.frames).toEqual([]);
    harness.persist();
    expect(client.reply()).toMatchObject({ xid: 1, err: 0 });
    const read = client.reply();
    expect(read).toMatchObject({ xid: 2, err: 0 });
    expect(text(read.body.readBuffer())).toBe("new");
  });

  it("63, 64: a hard quota; its stats znode changes without version, mzxid or watch", () => {
    const { client, harness } = setup({ enforceQuota: true });
    zk.created(client, "/q");
    zk.created(client, "/zookeeper/quota/q");
    const limits = bytes("count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=4");
    zk.created(client, "/zookeeper/quota/q/zookeeper_limits", { data: limits });
    zk.created(client, "/zookeeper/quota/q/zookeeper_stats", { data: bytes("count=0,bytes=0") });
    const stats = "/zookeeper/quota/q/zookeeper_stats";
    const before = zk.stat(client, stats);
    expect(zk.getData(client, stats, true)).toBe(0);
    for (const name of ["1", "2", "3"]) zk.created(client, `/q/${name}`);
    expect(zk.create(client, "/q/4")).toBe(-125);
    expect(harness.eventsOf("quotaExceeded").map((event) => event.path)).toEqual(["/q/4"]);
    expect(harness.machine.stats.quotaExceededPerNamespace.get("q")).toBe(1);
    expect(zk.delete(client, "/q/1")).toBe(0);
    expect(zk.create(client, "/q/4")).toBe(0);
    expect(zk.delete(client, "/q/4")).toBe(0);
    const create = (path: string) =>
      ({ type: OpCode.create, path, data: null, acl: OPEN_ACL, flags: 0 }) as const;
    expect(zkMulti(client, [create("/q/5"), create("/q/6")]), "one too many, as Apache").toHaveLength(2);
    expect(text(zk.data(client, stats).data)).toMatch(/^count=5,bytes=0/);
    const after = zk.stat(client, stats);
    expect([after.version, after.mzxid, after.mtime]).toEqual([before.version, before.mzxid, before.mtime]);
    expect(client.frames).toEqual([]);
    expect(harness.digestMismatches).toEqual([]);
  });

  it("65: getEphemerals filters by string prefix and by session", () => {
    const { client, harness } = setup();
    const other = harness.connect();
    zk.created(client, "/e");
    for (const path of ["/e/1", "/eph", "/f"]) zk.created(client, path, { flags: 1 });
    zk.created(other, "/e/2", { flags: 1 });
    const list = (prefix: string | null) => {
      const reply = client.call(OpCode.getEphemerals, encode(ustring, prefix));
      return [...paths.read(reply.body)!].sort();
    };
    expect(list("/e")).toEqual(["/e/1", "/eph"]);
    for (const all of [null, "", "  ", "/"]) expect(list(all)).toEqual(["/e/1", "/eph", "/f"]);
    expect(list("/nothing")).toEqual([]);
  });

  it("68: an undecodable write is -5 and spends a fresh zxid", () => {
    const { client, harness } = setup();
    for (const type of [1, 2, 5, 7, 14, 15, 16, 19, 21]) {
      const before = harness.lastZxid;
      const reply = client.call(type, encode(int, 7));
      expect([reply.err, reply.zxid], `opcode ${type}`).toEqual([-5, before + 1]);
    }
    expect(zk.exists(client, "/")).toBe(0);
    const last = harness.txns().at(-1)!;
    expect(last.body).toEqual({ type: -1, err: -5 });
    expect(last.digest).toBeUndefined();
  });
});

describe("client-protocol 12, watches", () => {
  it("34: exists on a missing znode sets its watch, getData does not", () => {
    const { client } = setup();
    expect(zk.exists(client, "/a", true)).toBe(-101);
    expect(zk.getData(client, "/b", true)).toBe(-101);
    client.request(OpCode.create, zk.createBody("/a"));
    expect(client.event()).toMatchObject({ type: 1, state: 3, path: "/a" });
    expect(client.reply().err).toBe(0);
    expect(zk.create(client, "/b")).toBe(0);
    expect(client.frames).toEqual([]);
  });

  it("35: the notification of the own change comes before the reply, with the change's zxid", () => {
    const { client } = setup();
    zk.created(client, "/a");
    zk.getData(client, "/a", true);
    client.request(OpCode.setData, encode(ustring, "/a", ustring, "x", int, -1));
    const event = client.event();
    const reply = client.reply();
    expect(event).toMatchObject({ type: 3, path: "/a", zxid: reply.zxid });
  });

  it("36: data and child watch on one znode give one NodeDeleted", () => {
    const { client, harness } = setup();
    const watcher = harness.connect();
    zk.created(client, "/a");
    zk.getData(watcher, "/a", true);
    zk.getChildren(watcher, "/a", true);
    expect(zk.delete(client, "/a")).toBe(0);
    expect(watcher.event()).toMatchObject({ type: 2, path: "/a" });
    expect(watcher.frames).toEqual([]);
  });

  it("37: a recursive watch on / tells full paths and never NodeChildrenChanged", () => {
    const { client, harness } = setup();
    const watcher = harness.connect();
    expect(watcher.call(OpCode.addWatch, encode(ustring, "/", int, 1)).body.readInt()).toBe(0);
    zk.created(client, "/a");
    zk.created(client, "/a/b");
    zk.setData(client, "/a/b", bytes("x"));
    zk.delete(client, "/a/b");
    expect(watcher.frames).toHaveLength(4);
    const seen = Array.from({ length: 4 }, () => watcher.event());
    expect(seen.map(({ type, path }) => [type, path])).toEqual([
      [1, "/a"],
      [1, "/a/b"],
      [3, "/a/b"],
      [2, "/a/b"],
    ]);
  });

  it("38: a one-shot data watch does not replace a persistent one", () => {
    const { client, harness } = setup();
    const watcher = harness.connect();
    zk.created(client, "/a");
    watcher.call(OpCode.addWatch, encode(ustring, "/a", int, 0));
    zk.getData(watcher, "/a", true);
    zk.setData(client, "/a", bytes("1"));
    zk.setData(client, "/a", bytes("2"));
    expect([watcher.event().type, watcher.event().type]).toEqual([3, 3]);
    expect(watcher.frames).toEqual([]);
  });

  it("39: without READ at the time of the change the event is dropped and the watch is gone", () => {
    const { client, harness } = setup();
    const watcher = harness.connect();
    zk.created(client, "/a");
    zk.getData(watcher, "/a", true);
    expect(zk.setAcl(client, "/a", acl(ALL_BUT(1)))).toBe(0);
    expect(zk.setData(client, "/a", bytes("x"))).toBe(0);
    expect(watcher.frames).toEqual([]);
    expect(zk.setAcl(client, "/a", OPEN_ACL)).toBe(0);
    expect(zk.setData(client, "/a", bytes("y"))).toBe(0);
    expect(watcher.frames).toEqual([]);
    expect(zk.checkWatches(watcher, "/a", 3)).toBe(-121);
  });

  it("40, 41: setWatches tells what was missed, before its reply and with zxid -1", () => {
    const { client, harness } = setup();
    zk.created(client, "/data");
    zk.created(client, "/again");
    zk.created(client, "/kids");
    zk.created(client, "/kids/k");
    zk.created(client, "/changedKid");
    zk.created(client, "/changedKid/k");
    const seen = harness.lastZxid;
    zk.setData(client, "/data", bytes("x"));
    zk.delete(client, "/again");
    zk.created(client, "/again");
    zk.delete(client, "/kids/k");
    zk.setData(client, "/changedKid/k", bytes("x"));
    const watcher = harness.connect();
    watcher.request(
      OpCode.setWatches,
      encode(long, seen, paths, ["/data", "/again"], paths, ["/none", "/data"], paths, [
        "/kids",
        "/changedKid",
        "/gone",
      ]),
      -8,
    );
    const seenEvents = watcher.frames.length - 1;
    const events = Array.from({ length: seenEvents }, () => watcher.event());
    expect(events.map(({ type, path, zxid }) => [type, path, zxid])).toEqual([
      [3, "/data", -1],
      [3, "/again", -1],
      [1, "/data", -1],
      [4, "/kids", -1],
      [2, "/gone", -1],
    ]);
    expect(watcher.reply()).toMatchObject({ xid: -8, err: 0, zxid: harness.lastZxid });
    zk.created(client, "/none");
    expect(watcher.event()).toMatchObject({ type: 1, path: "/none" });
  });

  it("42: a persistent watch tells nothing of what was missed", () => {
    const { client, harness } = setup();
    zk.created(client, "/a");
    zk.setData(client, "/a", bytes("x"));
    const watcher = harness.connect();
    const none: string[] = [];
    watcher.request(
      OpCode.setWatches2,
      encode(long, 0, paths, none, paths, none, paths, none, paths, ["/a"], paths, ["/b"]),
      -8,
    );
    expect(watcher.reply()).toMatchObject({ xid: -8, err: 0 });
    expect(watcher.frames).toEqual([]);
    zk.setData(client, "/a", bytes("y"));
    zk.created(client, "/b");
    expect([watcher.event().path, watcher.event().path]).toEqual(["/a", "/b"]);
  });

  it("43: removeWatches by type", () => {
    const { client } = setup();
    zk.created(client, "/a");
    client.call(OpCode.addWatch, encode(ustring, "/a", int, 0));
    expect(zk.removeWatches(client, "/a", 2)).toBe(-121);
    expect(zk.checkWatches(client, "/a", 4)).toBe(0);
    expect(zk.removeWatches(client, "/a", 4)).toBe(0);
    expect(zk.checkWatches(client, "/a", 3)).toBe(-121);
    for (const type of [0, 6, -1]) expect(zk.removeWatches(client, "/a", type), `type ${type}`).toBe(-5);
    expect(client.call(OpCode.addWatch, encode(ustring, "/a", int, 2)).err).toBe(-5);
  });

  it("null lists of setWatches are refused and set nothing", () => {
    const { client } = setup();
    expect(client.call(OpCode.setWatches, encode(long, 0, paths, ["/a"], paths, null, paths, [])).err).toBe(
      -5,
    );
    expect(zk.checkWatches(client, "/a", 3)).toBe(-121);
  });

  it("a watch of a closed connection fires no more", () => {
    const { client, harness } = setup();
    const watcher = harness.connect();
    zk.getChildren(watcher, "/", true);
    harness.drop(watcher.id);
    expect(zk.create(client, "/a")).toBe(0);
    expect(harness.machine.watches.watchCount).toBe(0);
    expect(watcher.frames).toEqual([]);
  });
});

function zkMulti(client: Client, ops: Parameters<typeof zk.multi>[1]) {
  const results = zk.multi(client, ops);
  if (typeof results === "number") throw new Error(`multi: error ${results}`);
  const failed = results.find((result) => result.type === -1);
  if (failed !== undefined) throw new Error(`multi: ${JSON.stringify(results)}`);
  return results;
}
