import { describe, expect, it } from "vitest";
import { NO_NODE } from "../../../../src/core/tree/tree-types.ts";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { JuteReader } from "../../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../../src/protocol/jute-writer.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { ustring, vector } from "../../../../src/protocol/record.ts";
import { Stat, StatPersisted } from "../../../../src/protocol/records/data.ts";
import {
  apply,
  bytes,
  containerBody,
  createBody,
  deleteBody,
  digestFromScratch,
  newTree,
  OPEN,
  session,
  setAclBody,
  setDataBody,
  text,
  ttlBody,
} from "../../../support/tree.ts";

const statOf = (tree: ReturnType<typeof newTree>, path: string) => tree.stat(tree.lookup(path));

describe("a new tree (client-protocol 4.8, edge case 46)", () => {
  const tree = newTree();

  it("has four znodes and 44 bytes", () => {
    expect(tree.nodeCount).toBe(4);
    expect(tree.approximateDataBytes).toBe(44);
    expect(tree.countDescendants(tree.lookup("/"))).toBe(3);
  });

  it("has the digest of every fresh Apache server", () => {
    expect(tree.treeDigest().toBigInt()).toBe(1371985504n);
  });

  it("shows cversion -1 on / and -2 on /zookeeper", () => {
    expect(statOf(tree, "/")).toMatchObject({ cversion: -1, numChildren: 1, dataLength: 0, czxid: 0 });
    expect(statOf(tree, "/zookeeper")).toMatchObject({ cversion: -2, numChildren: 2 });
    expect(statOf(tree, "/zookeeper/quota")).toMatchObject({ cversion: 0, aversion: 0 });
  });

  it("has a config znode that everybody may read, at aversion -1", () => {
    const config = tree.lookup("/zookeeper/config");
    expect(tree.stat(config)).toMatchObject({ aversion: -1, version: 0, mzxid: 0 });
    expect(tree.acl(config)).toEqual([{ perms: 1, id: { scheme: "world", id: "anyone" } }]);
    expect(tree.aclId(config)).toBe(1);
  });

  it("has empty data, not null", () => {
    for (const path of ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]) {
      expect(tree.data(tree.lookup(path)), path).toEqual(new Uint8Array(0));
    }
  });

  it("is open to everybody elsewhere, with ACL id -1", () => {
    expect(tree.aclId(tree.lookup("/"))).toBe(-1);
    expect(tree.acl(tree.lookup("/zookeeper"))).toEqual(OPEN);
  });
});

describe("lookup", () => {
  const tree = newTree();
  apply(tree, 1, createBody("/a"));
  apply(tree, 2, createBody("/a/b"));
  apply(tree, 3, createBody("/a/é中"));

  it("takes the empty path for the root", () => {
    expect(tree.lookup("")).toBe(tree.lookup("/"));
  });

  it.each([
    "a",
    "/a/",
    "//a",
    "/a//b",
    "/b",
    "/a/b/c",
    "/a/bb",
    "/A",
    "a/b",
    "x/a",
    "/a/é",
    "/a/é中x",
    "/a/Ã©",
  ])("does not find %j", (path) => expect(tree.lookup(path)).toBe(NO_NODE));

  it("finds by parent and name, and back", () => {
    const node = tree.child(tree.lookup("/a"), "é中");
    expect(tree.pathOf(node)).toBe("/a/é中");
    expect(tree.nameOf(node)).toBe("é中");
    expect(tree.parent(node)).toBe(tree.lookup("/a"));
    expect(tree.parent(tree.lookup("/"))).toBe(NO_NODE);
    expect(tree.pathOf(tree.lookup("/"))).toBe("/");
  });
});

describe("create (client-protocol 4.7)", () => {
  it("sets every field of the Stat", () => {
    const tree = newTree();
    const result = apply(tree, 5, createBody("/a", bytes("hello"), { parentCVersion: 1 }), { time: 777 });
    expect(result).toEqual({
      type: OpCode.create,
      err: 0,
      path: "/a",
      stat: statOf(tree, "/a"),
      parts: null,
    });
    expect(result.stat).toEqual({
      czxid: 5,
      mzxid: 5,
      ctime: 777,
      mtime: 777,
      version: 0,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: Int64.ZERO,
      dataLength: 5,
      numChildren: 0,
      pzxid: 5,
    });
    expect(text(tree.data(tree.lookup("/a")))).toBe("hello");
  });

  it("counts in the parent: counter, pzxid, numChildren", () => {
    const tree = newTree();
    apply(tree, 5, createBody("/a", null, { parentCVersion: 1 }));
    expect(statOf(tree, "/")).toMatchObject({ cversion: 2 * 1 - 2, numChildren: 2, pzxid: 5, mzxid: 0 });
    expect(tree.cversion(tree.lookup("/"))).toBe(1);
  });

  it("counts one up for records of 3.2, whose parentCVersion is -1", () => {
    const tree = newTree();
    apply(tree, 1, createBody("/a", null, { parentCVersion: -1 }));
    apply(tree, 2, createBody("/b", null, { parentCVersion: -1 }));
    expect(tree.cversion(tree.lookup("/"))).toBe(2);
  });

  it("never lowers the parent's counter or pzxid (ZOOKEEPER-3249)", () => {
    const tree = newTree();
    apply(tree, 9, createBody("/a", null, { parentCVersion: 7 }));
    apply(tree, 4, createBody("/b", null, { parentCVersion: 3 }));
    expect(tree.cversion(tree.lookup("/"))).toBe(7);
    expect(tree.pzxid(tree.lookup("/"))).toBe(9);
    expect(tree.lastProcessedZxid).toBe(9);
  });

  it("leaves the counter stuck at its end, pzxid with it (client-protocol 4.6)", () => {
    const tree = newTree();
    apply(tree, 1, createBody("/a", null, { parentCVersion: 2147483647 }));
    apply(tree, 2, createBody("/b", null, { parentCVersion: -2147483648 }));
    expect(tree.cversion(tree.lookup("/"))).toBe(2147483647);
    expect(tree.pzxid(tree.lookup("/"))).toBe(1);
    expect(statOf(tree, "/").cversion).toBe((2 * 2147483647 - 3) | 0);
  });

  it("keeps null and empty data apart (edge case 44)", () => {
    const tree = newTree();
    apply(tree, 1, createBody("/null", null));
    apply(tree, 2, createBody("/empty", new Uint8Array(0)));
    expect(tree.data(tree.lookup("/null"))).toBeNull();
    expect(tree.data(tree.lookup("/empty"))).toEqual(new Uint8Array(0));
    expect(statOf(tree, "/null").dataLength).toBe(0);
  });

  it("keeps its own copy of the data", () => {
    const tree = newTree();
    const data = bytes("mine");
    apply(tree, 1, createBody("/a", data));
    data.fill(0);
    expect(text(tree.data(tree.lookup("/a")))).toBe("mine");
  });

  it("is ignored without its parent", () => {
    const tree = newTree();
    expect(apply(tree, 1, createBody("/x/y"))).toMatchObject({ err: ErrorCode.NONODE, stat: null });
    expect(apply(tree, 2, createBody("nothing"))).toMatchObject({ err: ErrorCode.NONODE });
    expect(tree.nodeCount).toBe(4);
    expect(tree.lastProcessedZxid).toBe(2);
  });

  it.each([OpCode.create, OpCode.create2] as const)(
    "type %i of an existing znode sets its ACL and raises the parent's counter, nothing else (storage-formats 3.6)",
    (type) => {
      const tree = newTree();
      apply(tree, 1, createBody("/a", bytes("old"), { parentCVersion: 1 }));
      const acl = [{ perms: 1, id: { scheme: "ip", id: "10.0.0.1" } }];
      const before = statOf(tree, "/a");
      const result = apply(tree, 8, createBody("/a", bytes("new"), { parentCVersion: 4, acl, type }));
      expect(result).toMatchObject({ err: ErrorCode.NODEEXISTS, path: "/a", stat: null });
      expect(statOf(tree, "/a")).toEqual(before);
      expect(text(tree.data(tree.lookup("/a")))).toBe("old");
      expect(tree.acl(tree.lookup("/a"))).toEqual(acl);
      expect(tree.cversion(tree.lookup("/"))).toBe(4);
      expect(tree.pzxid(tree.lookup("/"))).toBe(8);
      expect(tree.treeDigest()).toEqual(digestFromScratch(tree));
    },
  );

  it("of / is NODEEXISTS", () => {
    const tree = newTree();
    expect(apply(tree, 1, createBody("/"))).toMatchObject({ err: ErrorCode.NODEEXISTS });
    expect(tree.nodeCount).toBe(4);
  });
});

describe("delete (client-protocol 4.7)", () => {
  it("removes the znode and moves the parent's pzxid only", () => {
    const tree = newTree();
    apply(tree, 1, createBody("/a", null, { parentCVersion: 1 }));
    expect(apply(tree, 2, deleteBody("/a"))).toMatchObject({ err: 0, path: "/a", stat: null });
    expect(tree.lookup("/a")).toBe(NO_NODE);
    expect(statOf(tree, "/")).toMatchObject({ cversion: 2 * 1 - 1, numChildren: 1, pzxid: 2 });
  });

  it("moves the parent's pzxid also when the znode is gone already (ZOOKEEPER-3125)", () => {
    const tree = newTree();
    expect(apply(tree, 3, deleteBody("/a"))).toMatchObject({ err: ErrorCode.NONODE });
    expect(tree.pzxid(tree.lookup("/"))).toBe(3);
    expect(apply(tree, 2, deleteBody("/a"))).toMatchObject({ err: ErrorCode.NONODE });
    expect(tree.pzxid(tree.lookup("/"))).toBe(3);
    expect(tree.treeDigest()).toEqual(digestFromScratch(tree));
  });

  it("is ignored without the parent", () => {
    const tree = newTree();
    expect(apply(tree, 3, deleteBody("/x/y"))).toMatchObject({ err: ErrorCode.NONODE });
    expect(apply(tree, 4, deleteBody("/"))).toMatchObject({ err: ErrorCode.NONODE });
    expect(apply(tree, 5, deleteBody("x"))).toMatchObject({ err: ErrorCode.NONODE });
    expect(tree.pzxid(tree.lookup("/"))).toBe(0);
  });

  it("takes what a fuzzy snapshot caught below it along, so that nothing is orphaned", () => {
    const tree = newTree();
    apply(tree, 1, createBody("/a"));
    const before = tree.approximateDataBytes;
    apply(tree, 8, createBody("/a/b"));
    apply(tree, 9, createBody("/a/b/c", bytes("123"), { ephemeral: true }), { session: session(1) });
    apply(tree, 9, containerBody("/a/d"));
    apply(tree, 5, deleteBody("/a"));
    expect(tree.nodeCount).toBe(4);
    expect(tree.ephemeralCount).toBe(0);
    expect(tree.containers.size).toBe(0);
    expect(tree.approximateDataBytes).toBe(before - "/ax".length);
    expect(tree.treeDigest()).toEqual(digestFromScratch(tree));
  });

  it("as deleteContainer is the same", () => {
    const tree = newTree();
    apply(tree, 1, containerBody("/c"));
    expect(apply(tree, 2, { type: OpCode.deleteContainer, path: "/c" })).toMatchObject({ err: 0 });
    expect(tree.lookup("/c")).toBe(NO_NODE);
    expect(tree.containers.size).toBe(0);
  });
});

describe("setData and setACL (client-protocol 4.7)", () => {
  it("sets data, version, mzxid and mtime to what the txn says", () => {
    const tree = newTree();
    apply(tree, 1, createBody("/a", bytes("1"), { parentCVersion: 1 }), { time: 10 });
    const result = apply(tree, 2, setDataBody("/a", bytes("twenty"), 12), { time: 20 });
    expect(result.stat).toMatchObject({
      czxid: 1,
      mzxid: 2,
      pzxid: 1,
      ctime: 10,
      mtime: 20,
      version: 12,
      dataLength: 6,
    });
    expect(text(tree.data(tree.lookup("/a")))).toBe("twenty");
    expect(tree.pzxid(tree.lookup("/"))).toBe(1);
  });

  it("sets data to null, to empty and back", () => {
    const tree = newTree();
    apply(tree, 1, createBody("/a", bytes("1")));
    apply(tree, 2, setDataBody("/a", null, 1));
    expect(tree.data(tree.lookup("/a"))).toBeNull();
    apply(tree, 3, setDataBody("/a", new Uint8Array(0), 2));
    expect(tree.data(tree.lookup("/a"))).toEqual(new Uint8Array(0));
    apply(tree, 4, setDataBody("/a", bytes("back"), 3));
    expect(text(tree.data(tree.lookup("/a")))).toBe("back");
  });

  it("works on / and on the config znode (reconfig), whose version stays -1", () => {
    const tree = newTree();
    apply(tree, 1, setDataBody("/", bytes("root"), 1));
    expect(statOf(tree, "/")).toMatchObject({ mzxid: 1, version: 1, dataLength: 4 });
    const type = OpCode.reconfig;
    apply(tree, 2, { type, path: "/zookeeper/config", data: bytes("version=2"), version: -1 });
    expect(statOf(tree, "/zookeeper/config")).toMatchObject({ mzxid: 2, version: -1 });
    expect(tree.treeDigest()).toEqual(digestFromScratch(tree));
  });

  it("sets the ACL and aversion, nothing else (edge case 45)", () => {
    const tree = newTree();
    apply(tree, 1, createBody("/a"));
    const before = statOf(tree, "/a");
    const acl = [{ perms: 7, id: { scheme: "digest", id: "u:h" } }];
    const result = apply(tree, 2, setAclBody("/a", acl, 1));
    expect(result.stat).toEqual({ ...before, aversion: 1 });
    expect(tree.acl(tree.lookup("/a"))).toEqual(acl);
  });

  it("do not take a null path for the root", () => {
    const tree = newTree();
    const path = null;
    expect(apply(tree, 1, { type: OpCode.setData, path, data: bytes("x"), version: 1 }).err).toBe(
      ErrorCode.NONODE,
    );
    expect(apply(tree, 2, { type: OpCode.setACL, path, acl: null, version: 1 }).err).toBe(ErrorCode.NONODE);
    expect(apply(tree, 3, { type: OpCode.delete, path }).err).toBe(ErrorCode.NONODE);
    expect(apply(tree, 4, { type: OpCode.closeSession, paths2Delete: [path] }).err).toBe(0);
    expect(tree.treeDigest()).toEqual(newTree().treeDigest());
  });

  it("are ignored for a missing znode", () => {
    const tree = newTree();
    expect(apply(tree, 1, setDataBody("/a", null, 1))).toMatchObject({ err: ErrorCode.NONODE, path: "/a" });
    expect(apply(tree, 2, setAclBody("/a", null, 1))).toMatchObject({ err: ErrorCode.NONODE, path: "/a" });
  });
});

describe("owners (client-protocol 4.4, edge case 47)", () => {
  it("shows the session of an ephemeral", () => {
    const tree = newTree();
    apply(tree, 1, createBody("/e", null, { ephemeral: true }), { session: session(7) });
    const e = tree.lookup("/e");
    expect(tree.ownerKind(e)).toBe("session");
    expect(tree.stat(e).ephemeralOwner.equals(session(7))).toBe(true);
    expect(tree.ephemeralsOf(session(7))).toEqual(["/e"]);
    expect([...tree.ephemeralOwners()].map((id) => id.key)).toEqual([session(7).key]);
    expect(tree.ephemeralCount).toBe(1);
  });

  it("hides the owner of containers and TTL znodes, and keeps it", () => {
    const tree = newTree();
    apply(tree, 1, containerBody("/c"));
    apply(tree, 2, ttlBody("/t", 86_400_000));
    apply(tree, 3, ttlBody("/tmax", 0xff_ffff_ffff));
    expect(statOf(tree, "/c").ephemeralOwner.isZero()).toBe(true);
    expect(statOf(tree, "/t").ephemeralOwner.isZero()).toBe(true);
    expect(tree.ephemeralOwner(tree.lookup("/c")).key).toBe("8000000000000000");
    expect(tree.ephemeralOwner(tree.lookup("/t")).key).toBe("ff00000005265c00");
    expect(tree.ephemeralOwner(tree.lookup("/tmax")).key).toBe("ff0000ffffffffff");
    expect(tree.ttlMs(tree.lookup("/t"))).toBe(86_400_000);
    expect(tree.ttlMs(tree.lookup("/tmax"))).toBe(0xff_ffff_ffff);
    expect(tree.ownerKind(tree.lookup("/c"))).toBe("container");
    expect(tree.ownerKind(tree.lookup("/t"))).toBe("ttl");
    expect(tree.ephemeralCount).toBe(0);
  });

  it("does not apply a TTL that cannot be, as an Apache server may have logged it (client-protocol 15 #1)", () => {
    const tree = newTree();
    for (const ttl of [-1, 0, 2 ** 40]) {
      expect(apply(tree, 1, ttlBody("/t", ttl))).toMatchObject({ err: ErrorCode.BADARGUMENTS });
    }
    expect(tree.nodeCount).toBe(4);
  });

  it("takes TTL owners for sessions while extended types are off", () => {
    const tree = newTree({ extendedTypesEnabled: false });
    apply(tree, 1, ttlBody("/t", 60_000));
    expect(tree.ownerKind(tree.lookup("/t"))).toBe("session");
    expect(statOf(tree, "/t").ephemeralOwner.key).toBe("ff0000000000ea60");
  });

  it("takes every negative owner for a TTL of 3.5.3 when told so", () => {
    const tree = newTree({ emulate353TTLNodes: true });
    const owner = new Int64(-0x8000_0000, 5000);
    apply(tree, 1, createBody("/t", null, { ephemeral: true }), { session: owner });
    expect(tree.ownerKind(tree.lookup("/t"))).toBe("ttl");
    expect(tree.ttlMs(tree.lookup("/t"))).toBe(5000);
    expect(statOf(tree, "/t").ephemeralOwner.isZero()).toBe(true);
  });
});

describe("closeSession (storage-formats 3.6)", () => {
  function withEphemerals() {
    const tree = newTree();
    for (const [zxid, path] of [
      [1, "/e1"],
      [2, "/e2"],
      [3, "/e3"],
    ] as const) {
      apply(tree, zxid, createBody(path, null, { ephemeral: true }), { session: session(1) });
    }
    apply(tree, 4, createBody("/other", null, { ephemeral: true }), { session: session(2) });
    apply(tree, 5, createBody("/kept"));
    return tree;
  }
  const close = (paths2Delete: string[] | null) => ({ type: OpCode.closeSession, paths2Delete }) as const;

  it("deletes the session's ephemerals, in one zxid (edge case 57)", () => {
    const tree = withEphemerals();
    apply(tree, 6, close(null), { session: session(1) });
    expect(tree.childNames(tree.lookup("/"))).toEqual(["zookeeper", "other", "kept"]);
    expect(tree.pzxid(tree.lookup("/"))).toBe(6);
    expect(tree.ephemeralsOf(session(1))).toEqual([]);
    expect(tree.ephemeralCount).toBe(1);
  });

  it("deletes every listed path, whoever owns it, then the rest, which it reports", () => {
    const tree = withEphemerals();
    apply(tree, 6, close(["/e1", "/other", "/gone"]), { session: session(1) });
    expect(tree.childNames(tree.lookup("/"))).toEqual(["zookeeper", "kept"]);
    expect(tree.ephemeralCount).toBe(0);
    expect(tree.reports).toEqual([
      { kind: "ephemeralsMissingInTxn", session: session(1), zxid: 6, paths: ["/e2", "/e3"] },
    ]);
  });

  it("says nothing when the list is complete", () => {
    const tree = withEphemerals();
    apply(tree, 6, close(["/e3", "/e1", "/e2"]), { session: session(1) });
    expect(tree.reports).toEqual([]);
  });
});

describe("multi (client-protocol 3.3)", () => {
  it("applies its parts in order with one zxid and time, each with its own Stat (edge case 29)", () => {
    const tree = newTree();
    const body = {
      type: OpCode.multi,
      txns: [
        createBody("/p", null, { parentCVersion: 1 }),
        createBody("/p/c", null, { parentCVersion: 1, type: 15 }),
        setDataBody("/p", bytes("1"), 1),
        { type: OpCode.check, path: "/p", version: 1 },
        setDataBody("/p", bytes("22"), 2),
        deleteBody("/p/c"),
      ],
    } as const;
    const result = apply(tree, 9, body, { time: 99 });
    expect(result).toMatchObject({ type: OpCode.multi, err: 0, path: null, stat: null });
    expect(result.parts!.map(({ type, err, path }) => [type, err, path])).toEqual([
      [1, 0, "/p"],
      [15, 0, "/p/c"],
      [5, 0, "/p"],
      [13, 0, "/p"],
      [5, 0, "/p"],
      [2, 0, "/p/c"],
    ]);
    expect(result.parts![2]!.stat).toMatchObject({ version: 1, mzxid: 9, mtime: 99, numChildren: 1 });
    expect(result.parts![4]!.stat).toMatchObject({ version: 2, mzxid: 9, dataLength: 2 });
    expect(statOf(tree, "/p")).toMatchObject({ pzxid: 9, cversion: 2, numChildren: 0 });
  });

  it("with an error among its parts applies nothing", () => {
    const tree = newTree();
    const before = tree.treeDigest();
    const body = {
      type: OpCode.multi,
      txns: [
        createBody("/b"),
        { type: OpCode.error, err: ErrorCode.NODEEXISTS },
        { type: OpCode.error, err: ErrorCode.RUNTIMEINCONSISTENCY },
        deleteBody("/b"),
      ],
    } as const;
    const result = apply(tree, 9, body);
    expect(result.err).toBe(ErrorCode.NODEEXISTS);
    expect(result.parts!.map(({ type, err }) => [type, err])).toEqual([
      [OpCode.error, ErrorCode.OK],
      [OpCode.error, ErrorCode.NODEEXISTS],
      [OpCode.error, ErrorCode.RUNTIMEINCONSISTENCY],
      [OpCode.error, ErrorCode.RUNTIMEINCONSISTENCY],
    ]);
    expect(tree.treeDigest()).toEqual(before);
    expect(tree.lastProcessedZxid).toBe(9);
  });

  it("goes on after a part that replay finds done", () => {
    const tree = newTree();
    apply(tree, 9, createBody("/p", null, { parentCVersion: 1 }));
    const body = { type: OpCode.multi, txns: [createBody("/p"), createBody("/q")] } as const;
    const result = apply(tree, 5, body);
    expect(result.err).toBe(ErrorCode.NODEEXISTS);
    expect(result.parts!.map(({ err }) => err)).toEqual([ErrorCode.NODEEXISTS, 0]);
    expect(tree.lookup("/q")).not.toBe(NO_NODE);
  });

  it("may be empty", () => {
    expect(apply(newTree(), 1, { type: OpCode.multi, txns: [] })).toMatchObject({ err: 0, parts: [] });
  });
});

describe("txns that change nothing", () => {
  it.each([
    [{ type: OpCode.error, err: -110 } as const, -110],
    [{ type: OpCode.createSession, timeOut: 4000 } as const, 0],
    [{ type: OpCode.check, path: "/zookeeper", version: 0 } as const, 0],
  ])("%j moves lastProcessedZxid only", (body, err) => {
    const tree = newTree();
    const before = tree.treeDigest();
    expect(apply(tree, 4, body)).toMatchObject({ type: body.type, err, stat: null, parts: null });
    expect(tree.treeDigest()).toEqual(before);
    expect(tree.lastProcessedZxid).toBe(4);
  });
});

describe("what is written to the wire and to snapshots", () => {
  const tree = newTree();
  apply(tree, 0x1_0000_0001, createBody("/d", bytes("data"), { parentCVersion: 1 }), {
    time: 1_795_245_001_969,
  });
  apply(tree, 0x1_0000_0002, createBody("/d/ü", null, { ephemeral: true }), { session: new Int64(-1, -2) });
  apply(tree, 0x1_0000_0003, ttlBody("/d/t", 5));
  const written = (write: (writer: JuteWriter) => void) => {
    const writer = new JuteWriter();
    write(writer);
    return new JuteReader(writer.bytes());
  };

  it.each(["/", "/d", "/d/ü", "/d/t", "/zookeeper"])("writes the Stat of %s as it is", (path) => {
    const node = tree.lookup(path);
    const reader = written((writer) => tree.writeStat(node, writer));
    expect(reader.remaining).toBe(68);
    expect(plain(Stat.read(reader))).toEqual(plain(tree.stat(node)));
    const persisted = written((writer) => tree.writeStatPersisted(node, writer));
    expect(persisted.remaining).toBe(60);
    expect(plain(StatPersisted.read(persisted))).toEqual(plain(tree.statPersisted(node)));
  });

  it("writes data and children", () => {
    const node = tree.lookup("/d");
    expect(text(written((writer) => tree.writeData(node, writer)).readBuffer())).toBe("data");
    expect(written((writer) => tree.writeData(tree.lookup("/d/ü"), writer)).readBuffer()).toBeNull();
    const names = vector(ustring).read(written((writer) => tree.writeChildNames(node, writer)));
    expect(names).toEqual(["ü", "t"]);
    expect(tree.childNames(node)).toEqual(names);
    expect(tree.childNames(tree.lookup("/d/t"))).toEqual([]);
  });

  it("counts descendants", () => {
    expect(tree.countDescendants(tree.lookup("/d"))).toBe(2);
    expect(tree.countDescendants(tree.lookup("/d/t"))).toBe(0);
    expect(tree.countDescendants(tree.lookup("/"))).toBe(6);
    expect(tree.countDescendants(tree.lookup("/zookeeper"))).toBe(2);
  });
});

/** Int64 remembers its key lazily: compare values only. */
function plain(stat: Stat | StatPersisted): object {
  return { ...stat, ephemeralOwner: stat.ephemeralOwner.key };
}

describe("approximateDataBytes", () => {
  it("counts the characters of paths and the bytes of data", () => {
    const tree = newTree();
    apply(tree, 1, createBody("/é", bytes("éé")));
    expect(tree.approximateDataBytes).toBe(44 + 2 + 4);
    apply(tree, 2, setDataBody("/é", null, 1));
    expect(tree.approximateDataBytes).toBe(44 + 2);
    apply(tree, 3, deleteBody("/é"));
    expect(tree.approximateDataBytes).toBe(44);
  });
});
