import { beforeEach, describe, expect, it } from "vitest";
import type { VirtualDisk } from "../../../../sim/virtual-disk.ts";
import type { DataDirectory } from "../../../../src/storage/directory/data-directory.ts";
import { surveyLog } from "../../../../src/storage/log/log-survey.ts";
import { logBytes, newDisk, openDirectory, range, traced, zx } from "../../../support/storage.ts";

let disk: VirtualDisk;
let directory: DataDirectory;

beforeEach(async () => {
  disk = newDisk();
  directory = await openDirectory(disk);
  disk.put("/data/version-2/log.5", logBytes(range(5, 9)));
  disk.put("/data/version-2/log.a", logBytes(range(10, 19)));
  disk.put("/data/version-2/log.100000001", logBytes(range(0x1_0000_0001, 0x1_0000_0004)));
  disk.put("/data/version-2/snapshot.4", Buffer.alloc(10));
  disk.put("/data/version-2/snapshot.13", Buffer.alloc(123));
});

function survey(zxid: number, through = 0x1_0000_0004) {
  return surveyLog({ disk, directory, zxid: zx(zxid), through: zx(through) });
}

function sizes(...names: string[]): number {
  return names.reduce((sum, name) => sum + disk.get(`/data/version-2/${name}`)!.length, 0);
}

describe("surveyLog", () => {
  it.each([
    ["in the middle of a file", 7, 7, 8],
    ["at the end of a file", 9, 9, 10],
    ["before the log", 3, undefined, 5],
    ["at an epoch's end", 19, 19, 0x1_0000_0001],
    ["in a gap", 0x50, 19, 0x1_0000_0001],
    ["at the end", 0x1_0000_0004, 0x1_0000_0004, undefined],
    ["behind the end", 0x2_0000_0000, 0x1_0000_0004, undefined],
  ])("finds what is around a zxid: %s", async (_, zxid, atOrBelow, above) => {
    expect(await survey(zxid)).toMatchObject({ atOrBelow, above, snapshotBytes: 123 });
  });

  it("tells the size of what would have to be read", async () => {
    expect((await survey(7)).bytes).toBe(sizes("log.5", "log.a", "log.100000001"));
    expect((await survey(9)).bytes).toBe(sizes("log.a", "log.100000001"));
    expect((await survey(19)).bytes).toBe(sizes("log.100000001"));
    expect((await survey(0x2_0000_0000)).bytes).toBe(0);
  });

  it("sees nothing beyond the last durable record, where the file is being written", async () => {
    const whole = logBytes(range(10, 19));
    disk.put("/data/version-2/log.a", whole.subarray(0, whole.length - 7));
    disk.put("/data/version-2/log.100000001", Buffer.from("half a header"));
    expect(await survey(7, 18)).toMatchObject({ atOrBelow: 7, above: 8 });
    expect(await survey(17, 18)).toMatchObject({ atOrBelow: 17, above: 18 });
    expect(await survey(18, 18)).toMatchObject({ atOrBelow: 18, above: undefined, bytes: 0 });
    expect(await survey(12, 11)).toMatchObject({ atOrBelow: 11, above: undefined });
  });

  it("reads no file that it does not need", async () => {
    const opened: string[] = [];
    const { disk: watched } = traced(disk);
    const counting = {
      ...watched,
      openRead(path: string) {
        opened.push(path);
        return watched.openRead(path);
      },
    };
    await surveyLog({ disk: counting, directory, zxid: zx(12), through: zx(0x1_0000_0004) });
    expect(new Set(opened)).toEqual(new Set(["/data/version-2/log.a"]));
  });

  it("nothing there is nothing found", async () => {
    const empty = newDisk();
    const nowhere = await openDirectory(empty);
    expect(await surveyLog({ disk: empty, directory: nowhere, zxid: zx(5), through: zx(9) })).toEqual({
      atOrBelow: undefined,
      above: undefined,
      bytes: 0,
      snapshotBytes: 0,
    });
  });

  it("offers nothing in front of a hole that a snapshot has bridged and a new epoch hides", async () => {
    disk.put("/data/version-2/snapshot.20", Buffer.alloc(1));
    expect(await survey(12)).toMatchObject({ atOrBelow: undefined, above: undefined });
    expect(await survey(19)).toMatchObject({ atOrBelow: 19, above: 0x1_0000_0001 });
    expect(await survey(0x1_0000_0001)).toMatchObject({ atOrBelow: 0x1_0000_0001, above: 0x1_0000_0002 });
  });
});
