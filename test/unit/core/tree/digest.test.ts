import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { crc32OfBytes, crc32OfInt, crc32OfLong, crc32OfText } from "../../../../src/core/tree/crc32.ts";
import { DIGEST_VERSION, DigestSum, nodeDigest } from "../../../../src/core/tree/digest.ts";
import { DigestTracker } from "../../../../src/core/tree/digest-tracker.ts";
import type { DigestMismatch, TreeReport } from "../../../../src/core/tree/tree-types.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import type { StatPersisted } from "../../../../src/protocol/records/data.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";
import { apply, bytes, createBody, newTree, setDataBody, TREE_OPTIONS } from "../../../support/tree.ts";

const finish = (state: number) => ~state >>> 0;

describe("CRC-32", () => {
  it("is the one of zlib, for every length and alignment", () => {
    const data = Uint8Array.from({ length: 300 }, (_, i) => (i * 73) ^ (i >> 2));
    for (let start = 0; start < 5; start++) {
      for (let end = start; end < 300; end += 7) {
        expect(finish(crc32OfBytes(-1, data, start, end))).toBe(crc32(data.subarray(start, end)));
      }
    }
  });

  it("takes ints and longs big endian", () => {
    for (const value of [0, 1, -1, 0x1234_5678, -0x8000_0000]) {
      const buffer = Buffer.alloc(4);
      buffer.writeInt32BE(value);
      expect(finish(crc32OfInt(-1, value))).toBe(crc32(buffer));
    }
    for (const value of [0, 1, -1, 0x1_0000_0000, 1_795_245_001_969, 2 ** 53 - 1, -(2 ** 40)]) {
      const buffer = Buffer.alloc(8);
      buffer.writeBigInt64BE(BigInt(value));
      expect(finish(crc32OfLong(-1, value))).toBe(crc32(buffer));
    }
  });

  it("takes text as UTF-8", () => {
    const text = "/app/é中\u07ff\u0800\uffee";
    expect(finish(crc32OfText(-1, text, 0, text.length))).toBe(crc32(Buffer.from(text)));
    expect(finish(crc32OfText(-1, text, 5, 7))).toBe(crc32(Buffer.from("é中")));
  });
});

describe("nodeDigest (quorum-protocol 7)", () => {
  const stat: StatPersisted = {
    czxid: 0x1_0000_0002 as Zxid,
    mzxid: 0x1_0000_0003 as Zxid,
    ctime: 1_795_245_001_945,
    mtime: 1_795_245_001_963,
    version: 2,
    cversion: -5,
    aversion: 1,
    ephemeralOwner: Int64.fromHex("ff00000005265c00"),
    pzxid: 0x1_0000_0004 as Zxid,
  };
  const layout = () => {
    const b = Buffer.alloc(60);
    b.writeBigInt64BE(BigInt(stat.czxid), 0);
    b.writeBigInt64BE(BigInt(stat.mzxid), 8);
    b.writeBigInt64BE(BigInt(stat.pzxid), 16);
    b.writeBigInt64BE(BigInt(stat.ctime), 24);
    b.writeBigInt64BE(BigInt(stat.mtime), 32);
    b.writeInt32BE(stat.version, 40);
    b.writeInt32BE(stat.cversion, 44);
    b.writeInt32BE(stat.aversion, 48);
    b.writeBigInt64BE(stat.ephemeralOwner.toBigInt(), 52);
    return b;
  };

  it("is the CRC of path, data and stat in this order", () => {
    const data = bytes("some data");
    expect(nodeDigest("/a/é", data, stat)).toBe(crc32(Buffer.concat([Buffer.from("/a/é"), data, layout()])));
    expect(nodeDigest("/a", null, stat)).toBe(crc32(Buffer.concat([Buffer.from("/a"), layout()])));
    expect(nodeDigest("/a", new Uint8Array(0), stat)).toBe(nodeDigest("/a", null, stat));
  });

  it("takes / for the empty path", () => {
    expect(nodeDigest("/", null, stat)).toBe(crc32(layout()));
    expect(nodeDigest("", null, stat)).toBe(crc32(layout()));
  });

  it("is 0 below /zookeeper, but not for it", () => {
    expect(nodeDigest("/zookeeper/config", bytes("x"), stat)).toBe(0);
    expect(nodeDigest("/zookeeper/quota/a/zookeeper_stats", bytes("x"), stat)).toBe(0);
    expect(nodeDigest("/zookeeper", bytes("x"), stat)).not.toBe(0);
    expect(nodeDigest("/zookeepers/x", bytes("x"), stat)).not.toBe(0);
  });

  it("is what the tree keeps for each of its rows", () => {
    const tree = newTree();
    apply(tree, 1, createBody("/a", bytes("data")));
    apply(tree, 2, createBody("/a/é中", null));
    apply(tree, 3, setDataBody("/", bytes("root"), 1));
    for (const path of ["/", "/a", "/a/é中", "/zookeeper", "/zookeeper/config"]) {
      const n = tree.lookup(path);
      expect(tree.nodeDigest(n), path).toBe(nodeDigest(path, tree.data(n), tree.statPersisted(n)));
    }
  });

  it("is not kept when digests are off", () => {
    const tree = newTree({ digestEnabled: false });
    apply(tree, 1, createBody("/a", bytes("data")));
    expect(tree.treeDigest().isZero()).toBe(true);
    expect(tree.nodeDigest(tree.lookup("/a"))).toBe(0);
    expect(tree.digestLog()).toEqual([]);
  });
});

describe("DigestSum", () => {
  it("adds and subtracts modulo 2^64", () => {
    const sum = new DigestSum();
    let expected = 0n;
    for (let i = 0; i < 1000; i++) {
      const digest = (i * 0x9e37_79b1) >>> 0;
      sum.add(digest);
      expected += BigInt(digest);
    }
    expect(sum.toInt64().toBigInt()).toBe(expected);
    sum.set(Int64.ZERO);
    sum.subtract(1);
    expect(sum.toInt64().toBigInt()).toBe(-1n);
    sum.add(3);
    expect(sum.toInt64().toBigInt()).toBe(2n);
    expect(sum.equals(new Int64(0, 2))).toBe(true);
    expect(sum.equals(new Int64(1, 2))).toBe(false);
  });
});

describe("DigestTracker (quorum-protocol 7, storage-formats 3.4)", () => {
  function tracker(options: { digestEnabled?: boolean } = {}) {
    const mismatches: DigestMismatch[] = [];
    const reports: TreeReport[] = [];
    const digests = new DigestTracker({
      ...TREE_OPTIONS,
      ...options,
      onDigestMismatch: (mismatch) => mismatches.push(mismatch),
      onReport: (report) => reports.push(report),
    });
    digests.sum.add(100);
    return { digests, mismatches, reports };
  }
  const zxid = (n: number) => n as Zxid;
  const hundred = new Int64(0, 100);
  const wrong = new Int64(0, 101);

  it("compares what comes with a txn, and goes on after a mismatch", () => {
    const { digests, mismatches } = tracker();
    expect(digests.compareTxn(zxid(1), { version: DIGEST_VERSION, treeDigest: hundred })).toBe(true);
    expect(digests.compareTxn(zxid(2), { version: DIGEST_VERSION, treeDigest: wrong })).toBe(false);
    expect(digests.compareTxn(zxid(3), { version: DIGEST_VERSION, treeDigest: wrong })).toBe(false);
    expect(mismatches).toEqual([
      { zxid: 2, expected: wrong, actual: hundred, source: "txn", isFirst: true },
      { zxid: 3, expected: wrong, actual: hundred, source: "txn", isFirst: false },
    ]);
    expect(digests.mismatches).toBe(2);
  });

  it("does not compare what is absent or of another version, nor anything when it is off", () => {
    const { digests, mismatches } = tracker();
    expect(digests.compareTxn(zxid(1), undefined)).toBe(true);
    expect(digests.compareTxn(zxid(1), { version: 3, treeDigest: wrong })).toBe(true);
    const off = tracker({ digestEnabled: false });
    expect(off.digests.compareTxn(zxid(1), { version: DIGEST_VERSION, treeDigest: wrong })).toBe(true);
    off.digests.applied(zxid(128));
    expect(off.digests.log()).toEqual([]);
    expect([...mismatches, ...off.mismatches]).toEqual([]);
  });

  it("waits for the zxid of a fuzzy snapshot's digest, compares there, and records from there on", () => {
    const { digests, mismatches } = tracker();
    digests.snapshotLoaded(zxid(100), { zxid: zxid(130), version: DIGEST_VERSION, treeDigest: wrong });
    expect(digests.fuzzyUntil).toBe(130);
    digests.applied(zxid(128));
    expect(digests.compareTxn(zxid(128), { version: DIGEST_VERSION, treeDigest: wrong })).toBe(true);
    expect(digests.log()).toEqual([]);
    expect(digests.last()).toEqual({ zxid: 0, version: DIGEST_VERSION, treeDigest: Int64.ZERO });
    digests.applied(zxid(130));
    expect(digests.fuzzyUntil).toBeUndefined();
    expect(mismatches).toEqual([
      { zxid: 130, expected: wrong, actual: hundred, source: "snapshot", isFirst: true },
    ]);
    expect(digests.last()).toEqual({ zxid: 130, version: DIGEST_VERSION, treeDigest: hundred });
    digests.applied(zxid(256));
    expect(digests.log()).toEqual([{ zxid: 256, version: DIGEST_VERSION, treeDigest: hundred }]);
  });

  it("compares a snapshot that is not fuzzy at once", () => {
    const { digests, mismatches } = tracker();
    digests.snapshotLoaded(zxid(256), { zxid: zxid(256), version: DIGEST_VERSION, treeDigest: hundred });
    expect(digests.fuzzyUntil).toBeUndefined();
    expect(mismatches).toEqual([]);
    expect(digests.last()).toEqual({ zxid: 256, version: DIGEST_VERSION, treeDigest: hundred });
    expect(digests.log()).toHaveLength(1);
  });

  it.each([
    ["of a new leader, below the snapshot's zxid", { zxid: zxid(5), version: 2, treeDigest: wrong }],
    ["that is empty", { zxid: zxid(0), version: 2, treeDigest: Int64.ZERO }],
    ["of another version", { zxid: zxid(300), version: 1, treeDigest: wrong }],
    ["that is not there", undefined],
  ])("ignores a snapshot digest %s", (_, digest) => {
    const { digests, mismatches } = tracker();
    digests.snapshotLoaded(zxid(256), digest);
    expect(digests.fuzzyUntil).toBeUndefined();
    expect(mismatches).toEqual([]);
  });

  it("tells when the log leaps over the snapshot digest's zxid, and compares again from there on", () => {
    const { digests, mismatches, reports } = tracker();
    digests.snapshotLoaded(zxid(100), { zxid: zxid(130), version: DIGEST_VERSION, treeDigest: wrong });
    digests.applied(zxid(131));
    expect(reports).toEqual([{ kind: "snapshotDigestNotReached", snapshotDigestZxid: 130, zxid: 131 }]);
    expect(mismatches).toEqual([]);
    expect(digests.compareTxn(zxid(131), { version: DIGEST_VERSION, treeDigest: wrong })).toBe(false);
  });

  it("keeps the last 1024 digests at zxids divisible by 128", () => {
    const { digests } = tracker();
    for (let z = 1; z <= 128 * 1500; z++) digests.applied(zxid(z));
    const log = digests.log();
    expect(log).toHaveLength(1024);
    expect(log[0]!.zxid).toBe(128 * (1500 - 1024 + 1));
    expect(log.at(-1)!.zxid).toBe(128 * 1500);
    expect(log.every(({ zxid: z }, i) => i === 0 || z === log[i - 1]!.zxid + 128)).toBe(true);
  });
});
