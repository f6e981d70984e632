import { describe, expect, it } from "vitest";
import type { VirtualDisk } from "../../../../sim/virtual-disk.ts";
import { CannotTruncate, truncateLog } from "../../../../src/storage/log/log-truncate.ts";
import {
  contentsOf,
  logBytes,
  newDisk,
  openDirectory,
  range,
  recoverZxids,
  scanLog,
  vectorDisk,
  zx,
} from "../../../support/storage.ts";

const DIR = "/data/version-2";
const E1 = 0x1_0000_0000;
const E2 = 0x2_0000_0000;

function diskWith(
  files: Record<string, readonly number[]>,
  snapshots: readonly string[] = ["snapshot.0"],
): VirtualDisk {
  const disk = newDisk();
  for (const [name, zxids] of Object.entries(files)) {
    disk.put(`${DIR}/${name}`, Buffer.concat([logBytes(zxids), Buffer.alloc(5000)]));
  }
  for (const name of snapshots) disk.put(`${DIR}/${name}`, Buffer.from("only its name matters here"));
  return disk;
}

async function truncate(disk: VirtualDisk, zxid: number): Promise<void> {
  const directory = await openDirectory(disk);
  try {
    await truncateLog({ disk, directory, zxid: zx(zxid) });
  } finally {
    await directory.release();
  }
}

const zxidsIn = (disk: VirtualDisk) =>
  Object.fromEntries(
    disk
      .paths()
      .filter((path) => path.includes("/log."))
      .map((path) => [
        path.slice(DIR.length + 1),
        scanLog(disk.get(path)!).records.map((record) => record.zxid as number),
      ]),
  );

describe("truncateLog", () => {
  it("cuts behind the wanted record and leaves no padding", async () => {
    const disk = diskWith({ "log.1": range(1, 10) });
    await truncate(disk, 6);
    expect(zxidsIn(disk)).toEqual({ "log.1": range(1, 6) });
    expect(disk.get(`${DIR}/log.1`)!.length).toBe(logBytes(range(1, 6)).length);
  });

  it("removes later files", async () => {
    const disk = diskWith({ "log.1": range(1, 10), "log.b": range(11, 20), "log.15": range(21, 30) });
    await truncate(disk, 15);
    expect(zxidsIn(disk)).toEqual({ "log.1": range(1, 10), "log.b": range(11, 15) });
    await truncate(disk, 10);
    expect(zxidsIn(disk)).toEqual({ "log.1": range(1, 10) });
  });

  // Both cases were tried with the class of 3.8.0: it keeps the next higher record (storage-formats 2.4).
  it("F64: drops a higher record also when the wanted one came with a snapshot and is not in the log", async () => {
    const disk = diskWith({ "log.100000021": [E1 + 0x21, E1 + 0x22] }, ["snapshot.100000020"]);
    await truncate(disk, E1 + 0x20);
    expect(zxidsIn(disk)).toEqual({});
  });

  it("F65: drops a higher record also when the wanted one lies between two epochs", async () => {
    const disk = diskWith({ "log.100000001": [...range(E1 + 1, E1 + 9), E2 + 1, E2 + 2] });
    await truncate(disk, E1 + 0xf);
    expect(zxidsIn(disk)).toEqual({ "log.100000001": range(E1 + 1, E1 + 9) });
  });

  it("gives the bytes of a real server's cut (s3), for a record that was really truncated", async () => {
    const disk = vectorDisk("ensemble/s3");
    const before = contentsOf(disk);
    await truncate(disk, E1 + 0x22);
    expect(contentsOf(disk)).toEqual(before);
    await truncateLogTo(disk, E1 + 0x22, E1 + 0x10);
  });

  it("removes snapshots above the cut: they may hold what has to go", async () => {
    const disk = diskWith({ "log.1": range(1, 30) }, [
      "snapshot.0",
      "snapshot.a",
      "snapshot.14",
      "snapshot.1e.gz",
    ]);
    await truncate(disk, 12);
    expect(disk.paths()).toEqual([`${DIR}/log.1`, `${DIR}/snapshot.0`, `${DIR}/snapshot.a`]);
  });

  it("does nothing when nothing is above the cut", async () => {
    const disk = diskWith({ "log.1": range(1, 10) });
    const before = contentsOf(disk);
    await truncate(disk, 10);
    await truncate(disk, 500);
    expect(contentsOf(disk)).toEqual(before);
  });

  it("cuts off a torn end and restores an end byte on the way", async () => {
    const disk = diskWith({ "log.1": range(1, 10) });
    const bytes = logBytes(range(1, 10));
    disk.put(`${DIR}/log.1`, bytes.subarray(0, bytes.length - 5));
    await truncate(disk, 20);
    expect(Buffer.from(disk.get(`${DIR}/log.1`)!).equals(logBytes(range(1, 9)))).toBe(true);
    disk.put(`${DIR}/log.1`, bytes.subarray(0, bytes.length - 1));
    await truncate(disk, 20);
    expect(Buffer.from(disk.get(`${DIR}/log.1`)!).equals(bytes)).toBe(true);
  });

  it("refuses, and changes nothing, when no snapshot would be left or the log is damaged", async () => {
    const noSnapshot = diskWith({ "log.1": range(1, 30) }, ["snapshot.14"]);
    const before = contentsOf(noSnapshot);
    await expect(truncate(noSnapshot, 12)).rejects.toThrow(CannotTruncate);
    await expect(truncate(noSnapshot, 12)).rejects.toThrow("has no snapshot at or below it");
    expect(contentsOf(noSnapshot)).toEqual(before);
    const damaged = diskWith({ "log.1": range(1, 30) });
    const bytes = Buffer.from(damaged.get(`${DIR}/log.1`)!);
    bytes[200]! ^= 1;
    damaged.put(`${DIR}/log.1`, bytes);
    await expect(truncate(damaged, 12)).rejects.toThrow(
      /cannot truncate the log to 0xc|not readable at offset/,
    );
    expect(Buffer.from(damaged.get(`${DIR}/log.1`)!).equals(bytes)).toBe(true);
  });
});

/** Cuts a recovered directory further and opens it again. */
async function truncateLogTo(disk: VirtualDisk, last: number, zxid: number): Promise<void> {
  const before = await recoverZxids(disk);
  expect(before.lastZxid).toBe(last);
  await truncateLog({ disk, directory: before.directory, zxid: zx(zxid) });
  const after = await recoverZxids(disk, { directory: before.directory });
  expect(after.lastZxid).toBe(zxid);
}
