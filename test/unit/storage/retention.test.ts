import { describe, expect, it } from "vitest";
import type { VirtualDisk } from "../../../sim/virtual-disk.ts";
import { purge } from "../../../src/storage/retention.ts";
import { SnapshotStore } from "../../../src/storage/snapshot/snapshot-store.ts";
import { newDisk, openDirectory, payloadOf, range, TURNS, ZxidDatabase } from "../../support/storage.ts";

async function diskWith(
  snapshots: readonly number[],
  logs: readonly string[],
  logDir = "/data/version-2",
): Promise<VirtualDisk> {
  const disk = newDisk();
  await disk.makeDirectory("/data/version-2");
  for (const zxid of snapshots) {
    const target = new ZxidDatabase();
    for (const earlier of range(1, zxid)) target.replay(payloadOf(earlier));
    await new SnapshotStore({ disk, timer: TURNS, directory: "/data/version-2" }).write(
      target.snapshotSource(),
    );
  }
  for (const log of logs) disk.put(`${logDir}/${log}`, Buffer.of(1));
  return disk;
}

async function namesAfter(disk: VirtualDisk, snapRetainCount = 3): Promise<string[]> {
  const directory = await openDirectory(disk);
  await purge({ disk, directory, snapRetainCount });
  return disk.paths().map((path) => path.slice("/data/version-2/".length));
}

const LOGS = ["log.1", "log.5", "log.a", "log.f", "log.14", "log.19"];

describe("purge", () => {
  it("keeps the newest snapshots, the log at or below the oldest of them, and all later logs", async () => {
    const disk = await diskWith([2, 6, 11, 16, 21], LOGS);
    // The oldest kept is snapshot.b; log.a starts at or below it.
    expect(await namesAfter(disk)).toEqual([
      "log.14",
      "log.19",
      "log.a",
      "log.f",
      "snapshot.10",
      "snapshot.15",
      "snapshot.b",
    ]);
  });

  it("keeps a log that starts exactly at the oldest kept snapshot, and not the one before", async () => {
    const disk = await diskWith([2, 6, 10, 16, 21], LOGS);
    expect((await namesAfter(disk)).filter((name) => name.startsWith("log"))).toEqual([
      "log.14",
      "log.19",
      "log.a",
      "log.f",
    ]);
  });

  it.each([0, 1, 3])("never keeps fewer than three (asked for %d)", async (count) => {
    const disk = await diskWith([2, 6, 11, 16, 21], []);
    expect(await namesAfter(disk, count)).toEqual(["snapshot.10", "snapshot.15", "snapshot.b"]);
  });

  it("keeps more when more are asked for, and everything when there are fewer", async () => {
    const disk = await diskWith([2, 6, 11, 16], LOGS);
    expect((await namesAfter(disk, 4)).filter((name) => name.startsWith("snapshot"))).toHaveLength(4);
    const few = await diskWith([6, 11], LOGS);
    expect(await namesAfter(few)).toEqual([
      "log.14",
      "log.19",
      "log.5",
      "log.a",
      "log.f",
      "snapshot.6",
      "snapshot.b",
    ]);
    const none = await diskWith([], LOGS);
    expect(await namesAfter(none)).toHaveLength(LOGS.length);
  });

  it("does not count a damaged snapshot, which Apache's quick test takes for good", async () => {
    const disk = await diskWith([2, 6, 11, 16, 21], LOGS);
    for (const name of ["snapshot.15", "snapshot.b"]) {
      const bytes = Buffer.from(disk.get(`/data/version-2/${name}`)!);
      bytes[bytes.length - 30]! ^= 1;
      disk.put(`/data/version-2/${name}`, bytes);
    }
    const directory = await openDirectory(disk);
    const { removed, damaged } = await purge({ disk, directory, snapRetainCount: 3 });
    expect(damaged).toEqual(["/data/version-2/snapshot.15", "/data/version-2/snapshot.b"]);
    // Good are 10, 6 and 2, so all three stay, and log.1 with them.
    expect(removed).toEqual([]);
    expect(disk.paths()).toHaveLength(5 + LOGS.length);
  });

  it("removes nothing while damaged ones leave too few", async () => {
    const disk = await diskWith([2, 6, 11], LOGS);
    disk.put("/data/version-2/snapshot.b", Buffer.alloc(0));
    expect(await namesAfter(disk)).toHaveLength(3 + LOGS.length);
  });

  it("leaves names alone that it does not know", async () => {
    const disk = await diskWith(
      [2, 6, 11, 16],
      ["log.1", "log.bak", "snapshot.old", "currentEpoch", "log.1.gz"],
    );
    expect(await namesAfter(disk)).toEqual(
      [
        "currentEpoch",
        "log.1",
        "log.1.gz",
        "log.bak",
        "snapshot.10",
        "snapshot.6",
        "snapshot.b",
        "snapshot.old",
      ].sort(),
    );
  });
});
