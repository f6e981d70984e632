import { describe, expect, it } from "vitest";
import { CommittedLog } from "../../../../src/core/tree/committed-log.ts";
import { NO_CHANGE_SINK, NO_NODE } from "../../../../src/core/tree/tree-types.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { JuteError } from "../../../../src/protocol/jute-reader.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import type { StatPersisted } from "../../../../src/protocol/records/data.ts";
import { encodeTxn } from "../../../../src/protocol/txn.ts";
import { ZXID_ZERO, type Zxid } from "../../../../src/protocol/zxid.ts";
import { loadStream } from "../../../support/snapshot-stream.ts";
import {
  apply,
  bytes,
  containerBody,
  createBody,
  digestFromScratch,
  dump,
  logged,
  newDatabase,
  OPEN,
  session,
  sessionsOf,
  setAclBody,
  setDataBody,
  text,
  ttlBody,
  writeSnapshot,
} from "../../../support/tree.ts";

const STAT: StatPersisted = {
  czxid: 1 as Zxid,
  mzxid: 2 as Zxid,
  ctime: 3,
  mtime: 4,
  version: 5,
  cversion: 6,
  aversion: 7,
  ephemeralOwner: Int64.ZERO,
  pzxid: 8 as Zxid,
};
const ROOT: StatPersisted = { ...STAT, czxid: ZXID_ZERO };
const create = (id: Int64, zxid: number, timeOut = 4000) =>
  logged(zxid, { type: OpCode.createSession, timeOut }, id);
const close = (id: Int64, zxid: number) => logged(zxid, { type: OpCode.closeSession, paths2Delete: [] }, id);

describe("sessions", () => {
  it("come with createSession and go with closeSession, ephemerals with them", () => {
    const database = newDatabase();
    database.applyTxn(create(session(1), 1, 4000), NO_CHANGE_SINK);
    database.applyTxn(create(session(2), 2, 5000), NO_CHANGE_SINK);
    database.applyTxn(create(session(2), 3, 6000), NO_CHANGE_SINK);
    database.applyTxn(logged(4, createBody("/e", null, { ephemeral: true }), session(1)), NO_CHANGE_SINK);
    expect(sessionsOf(database)).toEqual([
      [session(1).key, 4000],
      [session(2).key, 6000],
    ]);
    database.applyTxn(close(session(1), 5), NO_CHANGE_SINK);
    expect(sessionsOf(database)).toEqual([[session(2).key, 6000]]);
    expect(database.tree.lookup("/e")).toBe(NO_NODE);
  });
});

describe("applyTxn", () => {
  it("compares the digest that the txn carries", () => {
    const database = newDatabase();
    const txn = { ...logged(1, createBody("/a")), digest: { version: 2, treeDigest: new Int64(0, 5) } };
    database.applyTxn(txn, NO_CHANGE_SINK);
    expect(database.mismatches).toMatchObject([{ zxid: 1, source: "txn", isFirst: true }]);
  });
});

describe("a load", () => {
  it("replaces what a new tree holds, also the root and the system znodes", () => {
    const database = newDatabase();
    database.session(session(1), 4000);
    database.acl(4, OPEN);
    database.node("", bytes("root"), -1, ROOT);
    database.node("/zookeeper", null, -1, STAT);
    database.node("/a", bytes("1"), 4, STAT);
    database.snapshotLoaded(9 as Zxid);
    expect(Object.keys(dump(database.tree))).toEqual(["/", "/a", "/zookeeper", "/zookeeper/config"]);
    expect(database.lastProcessedZxid).toBe(9);
    expect(text(database.tree.data(database.tree.lookup("/")))).toBe("root");
    expect(database.tree.statPersisted(database.tree.lookup("/a"))).toEqual(STAT);
    expect(database.tree.aclId(database.tree.lookup("/a"))).toBe(4);
    expect(database.tree.treeDigest()).toEqual(digestFromScratch(database.tree));
    expect(database.tree.approximateDataBytes).toBe(1 + 4 + 10 + 17 + 3);
  });

  it("restores a missing config znode, with an ACL of its own", () => {
    const database = newDatabase();
    database.acl(1, OPEN);
    database.node("", null, -1, ROOT);
    database.node("/zookeeper", null, 1, STAT);
    database.snapshotLoaded(9 as Zxid);
    const config = database.tree.lookup("/zookeeper/config");
    expect(database.tree.acl(config)).toEqual([{ perms: 1, id: { scheme: "world", id: "anyone" } }]);
    expect(database.tree.aclId(config)).toBe(2);
    expect(database.tree.aversion(config)).toBe(-1);
  });

  it("takes the later of two forms of one znode", () => {
    const database = newDatabase();
    database.acl(1, OPEN);
    database.acl(2, [{ perms: 1, id: { scheme: "ip", id: "::1" } }]);
    database.node("", null, -1, ROOT);
    database.node("/e", bytes("first"), 1, { ...STAT, ephemeralOwner: session(1) });
    database.node("/e", bytes("second!"), 2, { ...STAT, ephemeralOwner: session(2), version: 9 });
    database.node("", bytes("r"), -1, { ...ROOT, version: 3 });
    database.snapshotLoaded(9 as Zxid);
    const { tree } = database;
    expect(tree.nodeCount).toBe(2);
    expect(tree.ephemeralCount).toBe(1);
    expect(tree.ephemeralsOf(session(1))).toEqual([]);
    expect(tree.ephemeralsOf(session(2))).toEqual(["/e"]);
    expect(text(tree.data(tree.lookup("/e")))).toBe("second!");
    expect(tree.numChildren(tree.lookup("/"))).toBe(1);
    expect(tree.aclCount).toBe(1);
    expect(tree.approximateDataBytes).toBe(1 + 1 + 2 + 7);
    expect(tree.treeDigest()).toEqual(digestFromScratch(tree));
  });

  it.each(["/a/b", "a", "/"])("refuses znode %j without its parent", (path) => {
    const database = newDatabase();
    database.node("", null, -1, ROOT);
    expect(() => database.node(path, null, -1, STAT)).toThrow(JuteError);
  });

  it("refuses an extended type that it does not know", () => {
    const database = newDatabase();
    const ephemeralOwner = Int64.fromHex("ff00010000000005");
    expect(() => database.node("/", null, -1, { ...STAT, ephemeralOwner })).toThrow(/extended type/);
  });

  it("takes an ACL id that the map lacks, reports it, and lets replay bring it", () => {
    const database = newDatabase();
    database.acl(1, OPEN);
    database.node("", null, -1, ROOT);
    database.node("/a", null, 7, STAT);
    database.node("/b", null, 7, STAT);
    database.snapshotLoaded(9 as Zxid);
    const { tree } = database;
    expect(database.reports).toEqual([{ kind: "aclsUnknown", count: 2, example: "/a" }]);
    expect(tree.acl(tree.lookup("/a")).every(({ perms }) => perms === 0)).toBe(true);
    const acl = [{ perms: 31, id: { scheme: "digest", id: "u:h" } }];
    apply(tree, 10, createBody("/a", null, { acl }));
    apply(tree, 11, setAclBody("/b", acl, 1));
    expect(tree.acl(tree.lookup("/a"))).toEqual(acl);
    expect(tree.aclId(tree.lookup("/b"))).toBe(8);
    apply(tree, 12, { type: OpCode.delete, path: "/a" });
  });

  it("writes an unknown ACL id back as it was", () => {
    const database = newDatabase();
    database.node("", null, -1, ROOT);
    database.node("/a", null, 7, STAT);
    database.snapshotLoaded(9 as Zxid);
    const again = newDatabase();
    loadStream(writeSnapshot(database).stream, again, 9 as Zxid);
    expect(again.tree.aclId(again.tree.lookup("/a"))).toBe(7);
  });

  it("may hear the digest before or after the end of the znodes", () => {
    for (const order of ["before", "after"]) {
      const database = newDatabase();
      const digest = { zxid: 9 as Zxid, version: 2, treeDigest: Int64.ZERO };
      database.node("", null, -1, ROOT);
      if (order === "before") database.digest(digest);
      database.snapshotLoaded(9 as Zxid);
      if (order === "after") database.digest(digest);
      expect(database.mismatches, order).toMatchObject([{ zxid: 9, source: "snapshot" }]);
    }
  });
});

describe("TTL owners while extendedTypesEnabled is off (client-protocol 15 #13)", () => {
  function withTtls() {
    const written = newDatabase();
    apply(written.tree, 1, ttlBody("/t1", 1000));
    apply(written.tree, 2, ttlBody("/t2", 1000));
    apply(written.tree, 3, createBody("/dead", null, { ephemeral: true }), { session: session(9) });
    apply(written.tree, 4, containerBody("/c"));
    const database = newDatabase({ extendedTypesEnabled: false });
    loadStream(writeSnapshot(written).stream, database);
    return database;
  }

  it("are reported once, with an example", () => {
    expect(withTtls().reports).toEqual([{ kind: "ttlOwnersWithoutExtendedTypes", count: 2, example: "/t1" }]);
  });

  it("are not deleted with the ephemerals of dead sessions", () => {
    const database = withTtls();
    expect(database.removeDeadEphemerals()).toEqual([{ session: session(9), paths: ["/dead"] }]);
    expect(database.tree.childNames(database.tree.lookup("/"))).toEqual(["zookeeper", "t1", "t2", "c"]);
  });
});

describe("removeDeadEphemerals (storage-formats 3.6)", () => {
  it("deletes at the last zxid what belongs to no session, and tells the sink", () => {
    const database = newDatabase();
    database.applyTxn(create(session(1), 1), NO_CHANGE_SINK);
    for (const [zxid, path, owner] of [
      [2, "/live", 1],
      [3, "/dead1", 2],
      [4, "/dead2", 2],
    ] as const) {
      apply(database.tree, zxid, createBody(path, null, { ephemeral: true }), { session: session(owner) });
    }
    const deleted: string[] = [];
    const removed = database.removeDeadEphemerals({
      ...NO_CHANGE_SINK,
      deleted: (path) => deleted.push(path),
    });
    expect(removed).toEqual([{ session: session(2), paths: ["/dead1", "/dead2"] }]);
    expect(deleted).toEqual(["/dead1", "/dead2"]);
    expect(database.tree.ephemeralCount).toBe(1);
    expect(database.lastProcessedZxid).toBe(4);
    expect(database.removeDeadEphemerals()).toEqual([]);
  });
});

describe("replay", () => {
  it("decodes, applies, and keeps what it applied for learners", () => {
    const database = newDatabase({ commitLogCount: 2 });
    const txns = [create(session(1), 1), logged(2, createBody("/a")), logged(3, setDataBody("/a", null, 1))];
    const scratch = Buffer.alloc(1000);
    for (const txn of txns) {
      const payload = encodeTxn(txn);
      scratch.set(payload);
      database.replay(scratch.subarray(0, payload.length));
      scratch.fill(0xff);
    }
    expect(database.tree.lookup("/a")).not.toBe(NO_NODE);
    expect(database.lastProcessedZxid).toBe(3);
    expect([...database.committed].map(({ zxid }) => zxid)).toEqual([2, 3]);
    expect([...database.committed][1]!.bytes).toEqual(new Uint8Array(encodeTxn(txns[2]!)));
  });

  it("reads fields as long as this server lets clients send", () => {
    const payload = encodeTxn(logged(1, createBody("/big", new Uint8Array(3 << 20))));
    expect(() => newDatabase().replay(payload)).toThrow(JuteError);
    const database = newDatabase({ fieldBytesMax: 4 << 20 });
    database.replay(payload);
    expect(database.tree.dataLength(database.tree.lookup("/big"))).toBe(3 << 20);
  });

  it("throws JuteError for what is no record", () => {
    expect(() => newDatabase().replay(new Uint8Array(5))).toThrow(JuteError);
    expect(() => newDatabase().replay(encodeTxnOfType99())).toThrow(/99/);
  });
});

function encodeTxnOfType99(): Uint8Array {
  const bytesOf = encodeTxn(logged(1, { type: OpCode.error, err: 0 }));
  new DataView(bytesOf.buffer, bytesOf.byteOffset).setInt32(28, 99);
  return bytesOf;
}

describe("CommittedLog", () => {
  it("is a ring of the newest, with a copy of each", () => {
    const log = new CommittedLog(3);
    expect([log.count, log.zxidMin, log.zxidMax]).toEqual([0, 0, 0]);
    const scratch = Buffer.alloc(1);
    for (let zxid = 1; zxid <= 7; zxid++) {
      scratch[0] = zxid;
      log.append(zxid as Zxid, scratch, (zxid - 1) as Zxid);
    }
    expect([log.count, log.zxidMin, log.zxidMax, log.zxidBefore]).toEqual([3, 5, 7, 4]);
    expect([...log].map(({ zxid, bytes: kept }) => [zxid, kept[0]])).toEqual([
      [5, 5],
      [6, 6],
      [7, 7],
    ]);
  });

  it("ignores what it has already", () => {
    const log = new CommittedLog(3);
    for (const zxid of [5, 5, 4, 6]) log.append(zxid as Zxid, new Uint8Array(1), (zxid - 1) as Zxid);
    expect([...log].map(({ zxid }) => zxid)).toEqual([5, 6]);
  });
});

describe("snapshotSource (storage-formats 3.4)", () => {
  function populated() {
    const database = newDatabase();
    for (let i = 1; i <= 3; i++) database.applyTxn(create(session(i), i), NO_CHANGE_SINK);
    apply(database.tree, 4, createBody("/é", bytes("data")));
    apply(database.tree, 5, createBody("/é/e", null, { ephemeral: true }), { session: session(1) });
    apply(
      database.tree,
      6,
      createBody("/é/acl", null, { acl: [{ perms: 1, id: { scheme: "ip", id: "::1" } }] }),
    );
    apply(database.tree, 7, containerBody("/c"));
    apply(database.tree, 8, ttlBody("/c/t", 500));
    return database;
  }

  it.each([1, 10, 100, 1 << 20])("in slices of %i bytes gives the same stream", (bytesMax) => {
    const database = populated();
    const { stream, slices } = writeSnapshot(database, bytesMax);
    expect(stream.equals(writeSnapshot(database).stream)).toBe(true);
    if (bytesMax === 1) expect(slices).toBeGreaterThan(15);
    const loaded = newDatabase();
    loadStream(stream, loaded, 8 as Zxid);
    expect(dump(loaded.tree)).toEqual(dump(database.tree));
    expect(sessionsOf(loaded)).toEqual(sessionsOf(database));
    expect(loaded.tree.treeDigest()).toEqual(database.tree.treeDigest());
  });

  it("is named for the last zxid when it was made, and tells the digest and zxid at its end", () => {
    const database = populated();
    const source = database.snapshotSource();
    apply(database.tree, 9, createBody("/later"));
    expect(source.zxid).toBe(8);
    expect(source.lastProcessedZxid()).toBe(9);
    expect(source.digest()).toEqual({ zxid: 9, version: 2, treeDigest: database.tree.treeDigest() });
    source.abandon();
  });

  it("of a tree without digests has none", () => {
    expect(newDatabase({ digestEnabled: false }).snapshotSource().digest()).toBeUndefined();
  });

  it("holds sessions as they were, and znodes as they are, without those created since", () => {
    const database = populated();
    let zxid = 8;
    const { stream } = writeSnapshot(database, 1, () => {
      zxid++;
      if (zxid === 9) {
        database.applyTxn(create(session(7), zxid), NO_CHANGE_SINK);
        database.applyTxn(close(session(2), ++zxid), NO_CHANGE_SINK);
      } else {
        apply(database.tree, zxid, createBody(`/new${zxid}`));
      }
    });
    const loaded = newDatabase();
    loadStream(stream, loaded, 8 as Zxid);
    expect(sessionsOf(loaded).map(([id]) => id)).toEqual([1, 2, 3].map((n) => session(n).key));
    expect(loaded.tree.childNames(loaded.tree.lookup("/"))).toEqual(["zookeeper", "é", "c"]);
  });

  it("keeps znodes of a fuzzy snapshot whose log is lost, though they are newer than the zxid", () => {
    const database = newDatabase();
    database.node("", null, -1, ROOT);
    database.node("/early", null, -1, { ...STAT, czxid: 5 as Zxid });
    database.node("/fuzzy", null, -1, { ...STAT, czxid: 12 as Zxid });
    database.node("/last", null, -1, { ...STAT, czxid: 6 as Zxid });
    database.snapshotLoaded(9 as Zxid);
    const loaded = newDatabase();
    loadStream(writeSnapshot(database).stream, loaded, 9 as Zxid);
    expect(loaded.tree.childNames(loaded.tree.lookup("/"))).toEqual(["early", "fuzzy", "last"]);
  });

  it("writes the header's words as the format says for an empty database", () => {
    const { stream } = writeSnapshot(newDatabase());
    expect(stream.subarray(0, 8).toString("hex")).toBe("0000000000000001");
    expect(stream.subarray(-5).toString("hex")).toBe("000000012f");
    expect(stream.length).toBe(411 - 16);
  });
});
