import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../../sim/virtual-clock.ts";
import type { VirtualDisk } from "../../../../sim/virtual-disk.ts";
import { createPrng } from "../../../../src/base/prng.ts";
import { makeZxid } from "../../../../src/protocol/zxid.ts";
import { truncateLog } from "../../../../src/storage/log/log-truncate.ts";
import { TxnLog } from "../../../../src/storage/log/txn-log.ts";
import { recover } from "../../../../src/storage/recovery/recovery.ts";
import { SnapshotStore } from "../../../../src/storage/snapshot/snapshot-store.ts";
import { StartRefused } from "../../../../src/storage/start-refused.ts";
import {
  cleanTail,
  contentsOf,
  newDisk,
  openDirectory,
  payloadOf,
  range,
  recoverZxids,
  scanLog,
  TURNS,
  vectorDisk,
  ZxidDatabase,
  zx,
} from "../../../support/storage.ts";
import { newDatabase } from "../../../support/tree.ts";

const DIR = "/data/version-2";

/** Appends to what the disk has, `commit` by commit; the last of them may not come to its end. */
async function write(disk: VirtualDisk, ...batches: readonly (readonly number[])[]): Promise<void> {
  const { logTail, directory } = await recoverZxids(disk);
  const clock = new VirtualClock();
  const log = new TxnLog({ disk, clock, directory: DIR, after: logTail, preAllocBytes: 4096 });
  for (const zxids of batches) {
    for (const zxid of zxids) log.append(zx(zxid), payloadOf(zxid));
    await log.commit();
  }
  await directory.release();
}

async function lastOf(disk: VirtualDisk): Promise<number> {
  const { lastZxid, directory } = await recoverZxids(disk);
  await directory.release();
  return lastZxid;
}

async function refusal(disk: VirtualDisk, recovering: () => Promise<unknown>): Promise<StartRefused> {
  const before = contentsOf(disk);
  const error = await recovering().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StartRefused);
  expect(contentsOf(disk)).toEqual(before);
  return error as StartRefused;
}

it("F40: the last txn of an epoch and the first of the next one stand in one file", async () => {
  const disk = newDisk();
  const last = makeZxid(1, 0xffff_fffe);
  const before = new ZxidDatabase();
  before.zxid = last - 2;
  const directory = await openDirectory(disk);
  await new SnapshotStore({ disk, timer: TURNS, directory: DIR }).write(before.snapshotSource());
  const log = new TxnLog({
    disk,
    clock: new VirtualClock(),
    directory: DIR,
    after: cleanTail(last - 2),
    preAllocBytes: 4096,
  });
  const zxids = [last - 1, last, makeZxid(2, 1), makeZxid(2, 2)];
  for (const zxid of zxids) {
    log.append(zx(zxid), payloadOf(zxid));
    await log.commit();
  }
  await directory.release();
  const names = disk.paths().filter((path) => path.includes("/log."));
  expect(names).toEqual([`${DIR}/log.1fffffffd`]);
  expect(scanLog(disk.get(names[0]!)!).records.map(({ zxid }) => zxid)).toEqual(zxids);
  expect(await lastOf(disk)).toBe(makeZxid(2, 2));
});

describe("F57: a torn last record on k of three servers, after a power failure", () => {
  it.each([1, 2, 3])("F57: k = %i: what a quorum had synced is on a quorum, and all start", async (k) => {
    const after: VirtualDisk[] = [];
    for (const server of [1, 2, 3]) {
      const disk = newDisk(server);
      await write(disk, range(1, 10), [11]);
      // On k of them the power goes between the write of 11 and its sync; a part of the record has reached the disk.
      if (server <= k) {
        const path = `${DIR}/log.1`;
        const last = scanLog(disk.get(path)!).records.at(-1)!;
        disk.put(path, Buffer.from(disk.get(path)!).fill(0, last.offset + 40));
      }
      after.push(disk.reboot("lost"));
    }
    const ends: number[] = [];
    for (const disk of after) ends.push(await lastOf(disk));
    expect(ends).toEqual([1, 2, 3].map((at) => (at <= k ? 10 : 11)));
    // It was acknowledged if two had synced it, and then one of any two has it.
    if (k === 1) for (const away of [0, 1, 2]) expect(ends.filter((_, at) => at !== away)).toContain(11);
    // The tail goes at the first append, and the log goes on.
    for (const [at, disk] of after.entries()) {
      await write(disk, range(ends[at]! + 1, 14));
      expect(await lastOf(disk.reboot("lost"))).toBe(14);
    }
  });

  it("F57: whatever of the unsynced write has reached the disk, what was synced is there", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const disk = newDisk(seed);
      await write(disk, range(1, 10));
      // One change further each time: in the write, behind it, in front of the sync.
      disk.cutPowerAt(disk.changes + (seed % 3));
      await write(disk, range(11, 30)).catch(() => undefined);
      expect(await lastOf(disk.reboot("torn", createPrng(seed)))).toBeGreaterThanOrEqual(10);
    }
  });
});

describe("F58: a corrupt record in the middle of a log", () => {
  it("F58: the start is refused, by file and offset, and not a byte is changed", async () => {
    const disk = newDisk();
    await write(disk, range(1, 20));
    const path = `${DIR}/log.1`;
    const { records } = scanLog(disk.get(path)!);
    const bytes = Buffer.from(disk.get(path)!);
    bytes[records[9]!.offset + 40]! ^= 1;
    disk.put(path, bytes);
    const refused = await refusal(disk, () => recoverZxids(disk));
    expect(refused).toMatchObject({ reason: "log-corrupt", file: path, offset: records[9]!.offset });
    expect(refused.message).toContain("Txns up to 0x9 are readable");
  });

  it("F58: a wrong end byte, or a length of zero, is no end of the log (storage-formats 2.6)", async () => {
    for (const damage of ["end byte", "length"]) {
      const disk = newDisk();
      await write(disk, range(1, 20));
      const path = `${DIR}/log.1`;
      const { records } = scanLog(disk.get(path)!);
      const bytes = Buffer.from(disk.get(path)!);
      if (damage === "end byte") bytes[records[10]!.offset - 1] = 0;
      else bytes.writeInt32BE(0, records[9]!.offset + 8);
      disk.put(path, bytes);
      expect((await refusal(disk, () => recoverZxids(disk))).reason).toBe("log-corrupt");
    }
  });
});

describe("F59: the newest snapshot is corrupt, and an older one and logs are there", () => {
  const open = async (disk: VirtualDisk) => {
    const directory = await openDirectory(disk);
    try {
      return await recover({ disk, directory, createTarget: () => newDatabase() });
    } finally {
      await directory.release();
    }
  };
  const damage = (disk: VirtualDisk, name: string): void => {
    const bytes = Buffer.from(disk.get(`${DIR}/${name}`)!);
    bytes[bytes.length >> 1]! ^= 1;
    disk.put(`${DIR}/${name}`, bytes);
  };

  it("F59: the log closes the gap behind the older one: the same tree (Apache's standalone-fuzzy)", async () => {
    const whole = await open(vectorDisk("standalone-fuzzy"));
    const disk = vectorDisk("standalone-fuzzy");
    damage(disk, "snapshot.4f2");
    const { lastZxid, skippedSnapshots, target } = await open(disk);
    expect(skippedSnapshots.map(({ zxid }) => zxid)).toEqual([0x4f2]);
    expect(lastZxid).toBe(whole.lastZxid);
    expect(target.mismatches).toEqual([]);
    expect(target.tree.treeDigest()).toEqual(whole.target.tree.treeDigest());
  });

  it("F59: there is a gap in the log behind the older one: the start is refused (Apache's ensemble/s1)", async () => {
    expect((await open(vectorDisk("ensemble/s1"))).snapshotZxid).toBe(makeZxid(1, 0x20));
    const disk = vectorDisk("ensemble/s1");
    damage(disk, "snapshot.100000020");
    const refused = await refusal(disk, () => open(disk));
    expect(refused.reason).toBe("log-gap");
    expect(refused.message).toContain("behind 0x0 comes 0x100000021");
    expect(refused.message).toContain("snapshot.100000020");
    // The same when it is gone.
    await disk.remove(`${DIR}/snapshot.100000020`);
    expect((await refusal(disk, () => open(disk))).reason).toBe("log-gap");
  });
});

describe("F66: the power fails while the log is cut", () => {
  it("F66: the old tail is back as a whole, or the cut is there; another cut finishes it", async () => {
    const ends = new Set<number>();
    for (let cutAt = 0; ; cutAt++) {
      const disk = newDisk();
      await write(disk, range(1, 10));
      const directory = await openDirectory(disk);
      disk.cutPowerAt(disk.changes + cutAt);
      const isDone = await truncateLog({ disk, directory, zxid: zx(6) }).then(
        () => true,
        () => false,
      );
      const next = disk.reboot("lost");
      const last = await lastOf(next);
      ends.add(last);
      expect(isDone ? [6] : [6, 10]).toContain(last);
      const again = await openDirectory(next);
      await truncateLog({ disk: next, directory: again, zxid: zx(6) });
      await again.release();
      expect(await lastOf(next.reboot("lost"))).toBe(6);
      if (isDone) break;
    }
    expect([...ends]).toContain(10);
  });
});
