import { describe, expect, it } from "vitest";
import type { VirtualDisk } from "../../sim/virtual-disk.ts";
import type { Database } from "../../src/core/tree/database.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import { zxidText } from "../../src/protocol/zxid.ts";
import { recover } from "../../src/storage/recovery/recovery.ts";
import { StartRefused } from "../../src/storage/start-refused.ts";
import { contentsOf, openDirectory, vectorDisk } from "../support/storage.ts";
import { dump, newDatabase, sessionsOf } from "../support/tree.ts";
import { vectorBytes, vectorJson } from "../support/vectors.ts";

/** Directories of real Apache servers, and damaged copies of them, opened by our recovery with the real database. */

function treeOf(database: Database) {
  return { tree: dump(database.tree), sessions: sessionsOf(database) };
}

async function open(disk: VirtualDisk) {
  const directory = await openDirectory(disk);
  const recovered = await recover({ disk, directory, createTarget: () => newDatabase() });
  return { ...recovered, database: recovered.target };
}

interface Decoded {
  [file: string]: { records?: { zxid: string; digest: { treeDigest: string } | null }[] };
}

function lastRecord(decoded: Decoded) {
  const logs = Object.keys(decoded).filter((name) => name.startsWith("log."));
  return logs.flatMap((name) => decoded[name]!.records!).at(-1)!;
}

describe("directories of Apache 3.8.0", () => {
  it.each([
    ["standalone-basic", "standalone-basic/decoded.json", "0", 43],
    ["standalone-restart", "standalone-restart/decoded.json", "2b", 0],
    ["standalone-nodigest", "standalone-nodigest/decoded.json", "0", 41],
    ["standalone-fuzzy", "standalone-fuzzy/decoded.json", "4f2", 42],
    ["ensemble/s1", "ensemble/s1-decoded.json", "100000020", 2],
    ["ensemble/s2", "ensemble/s2-decoded.json", "100000022", 0],
    ["ensemble/s3", "ensemble/s3-decoded.json", "100000022", 0],
    ["ensemble/s4", "ensemble/s4-decoded.json", "100000000", 34],
    ["reconfig/s1", "reconfig/s1-decoded.json", "100000009", 5],
    ["reconfig/s4", "reconfig/s4-decoded.json", "0", 14],
    ["rollover", "rollover/decoded.json", "0", 7],
  ])(
    "%s opens with the last zxid and tree digest that its log tells, and is not changed",
    async (vector, decoded, snapshot, records) => {
      const disk = vectorDisk(vector);
      const before = contentsOf(disk);
      const { database, ...recovered } = await open(disk);
      const last = lastRecord(vectorJson<Decoded>(decoded));
      expect(zxidText(recovered.lastZxid)).toBe(last.zxid);
      if (last.digest !== null) {
        expect(database.tree.treeDigest()).toEqual(Int64.fromBigInt(BigInt(last.digest.treeDigest)));
      }
      expect(recovered).toMatchObject({
        origin: "disk",
        recordsReplayed: records,
        skippedSnapshots: [],
        notices: [],
        logTail: { lastZxid: recovered.lastZxid, torn: [], unterminated: [], empty: [] },
      });
      expect(zxidText(recovered.snapshotZxid!)).toBe(`0x${snapshot}`);
      expect(database.lastProcessedZxid).toBe(recovered.lastZxid);
      expect(database.mismatches).toEqual([]);
      expect(contentsOf(disk)).toEqual(before);
    },
  );

  it("F45: a fuzzy snapshot and a later one lead to the same tree", async () => {
    const both = vectorDisk("standalone-fuzzy");
    const late = await open(both);
    const disk = vectorDisk("standalone-fuzzy");
    await disk.remove("/data/version-2/snapshot.4f2");
    const early = await open(disk);
    expect(zxidText(early.snapshotZxid!)).toBe("0x22e");
    expect(early.database.mismatches).toEqual([]);
    expect(treeOf(early.database)).toEqual(treeOf(late.database));
    expect(early.database.tree.treeDigest()).toEqual(late.database.tree.treeDigest());
  });

  it("without its usable snapshot s1 has a gap that Apache would not see", async () => {
    const disk = vectorDisk("ensemble/s1");
    await disk.remove("/data/version-2/snapshot.100000020");
    const refused = await refusal(disk);
    expect(refused.reason).toBe("log-gap");
    expect(refused.message).toContain("behind 0x0 comes 0x100000021");
    expect(refused.message).toContain("snapshot.0");
    expect(refused.message).toContain("it gets everything from the leader");
  });

  it("a new epoch that starts late is accepted because the digests agree, and refused without them", async () => {
    const disk = vectorDisk("rollover");
    const directory = await openDirectory(disk);
    const createTarget = () => newDatabase({ digestEnabled: false });
    await expect(recover({ disk, directory, createTarget })).rejects.toMatchObject({ reason: "log-gap" });
  });
});

async function refusal(disk: VirtualDisk): Promise<StartRefused> {
  const before = contentsOf(disk);
  const error = await open(disk).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartRefused);
  expect(contentsOf(disk)).toEqual(before);
  return error as StartRefused;
}

describe("damaged logs", () => {
  const withLog = (name: string): VirtualDisk => {
    const disk = vectorDisk("standalone-basic");
    disk.put("/data/version-2/log.1", vectorBytes(`corrupt/${name}.log.1`));
    return disk;
  };

  it.each([
    ["torn-last", "only part of a record of 36 bytes was written"],
    ["torn-last-zeros", "only part of a record of 36 bytes was written"],
    ["torn-crc-only", "the file ends inside the checksum or length of a record"],
  ])("%s: the incomplete last record is dropped, with a notice", async (name, detail) => {
    const disk = withLog(name);
    const before = contentsOf(disk);
    const { lastZxid, notices, logTail, recordsReplayed } = await open(disk);
    expect(zxidText(lastZxid)).toBe("0x2a");
    expect(recordsReplayed).toBe(42);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain(detail);
    expect(logTail.torn).toEqual([{ name: "log.1", offset: 4462 }]);
    expect(contentsOf(disk)).toEqual(before);
  });

  it.each([
    ["crc-mid", "log-corrupt", "CRC check failed"],
    ["crc-last", "log-corrupt", "CRC check failed"],
    ["eor-mid", "log-corrupt", "the end byte of a record is"],
    ["badlen-mid", "log-corrupt", "Unreasonable length = -16777120"],
    ["badmagic", "log-corrupt", "a log starts with 0x5a4b4c4700000002"],
  ])("%s: refused, and nothing is changed", async (name, reason, detail) => {
    const refused = await refusal(withLog(name));
    expect(refused.reason).toBe(reason);
    expect(refused.message).toContain(detail);
    expect(refused.message).toContain("/data/version-2/log.1");
    expect(refused.file).toBe("/data/version-2/log.1");
  });
});

describe("damaged snapshots", () => {
  it.each([
    ["snap-truncated", "ends inside its"],
    ["snap-midflip", "first seal does not match"],
    ["snap-empty", "ends inside its header"],
    ["snap-digest-version-flip", "a digest of the old form that is not hex"],
  ])("%s: skipped with a reason; the older one and the log give the same tree", async (name, reason) => {
    const disk = vectorDisk("standalone-restart");
    disk.put("/data/version-2/snapshot.2b", vectorBytes(`corrupt/${name}.snapshot.2b`));
    const { database, ...recovered } = await open(disk);
    expect(zxidText(recovered.snapshotZxid!)).toBe("0x0");
    expect(zxidText(recovered.lastZxid)).toBe("0x2b");
    expect(recovered.skippedSnapshots).toHaveLength(1);
    expect(recovered.skippedSnapshots[0]!.reason).toContain(reason);
    const sound = await open(vectorDisk("standalone-restart"));
    expect(treeOf(database)).toEqual(treeOf(sound.database));
  });

  it.each(["gz", "snappy"])("snapshot.2b.%s is read like the plain one", async (extension) => {
    const disk = vectorDisk("standalone-restart");
    await disk.remove("/data/version-2/snapshot.2b");
    disk.put(
      `/data/version-2/snapshot.2b.${extension}`,
      vectorBytes(`standalone-restart/compressed/snapshot.2b.${extension}`),
    );
    const { database, snapshotZxid } = await open(disk);
    expect(zxidText(snapshotZxid!)).toBe("0x2b");
    expect(treeOf(database)).toEqual(treeOf((await open(vectorDisk("standalone-restart"))).database));
  });

  it("all snapshots damaged: refused with a list of what is wrong with each", async () => {
    const disk = vectorDisk("standalone-restart");
    disk.put("/data/version-2/snapshot.2b", vectorBytes("corrupt/snap-midflip.snapshot.2b"));
    const first = Buffer.from(disk.get("/data/version-2/snapshot.0")!);
    first[40]! ^= 1;
    disk.put("/data/version-2/snapshot.0", first);
    const refused = await refusal(disk);
    expect(refused.reason).toBe("snapshots-unreadable");
    expect(refused.message).toContain("/data/version-2/snapshot.2b: the first seal does not match");
    expect(refused.message).toContain("/data/version-2/snapshot.0: ");
  });
});
