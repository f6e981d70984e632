import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Disk } from "../../../src/base/ports.ts";
import { createNodeDisk } from "../../../src/storage/node-disk.ts";
import { MemoryDisk } from "../../../src/testing/memory-disk.ts";
import { ObservedDisk } from "../../../src/testing/observed-disk.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

const DISKS: readonly [string, () => { disk: Disk; root: string }][] = [
  ["in memory", () => ({ disk: new MemoryDisk(), root: "/root" })],
  ["in memory, observed", () => ({ disk: new ObservedDisk(new MemoryDisk()), root: "/root" })],
  [
    "the real one",
    () => {
      const root = mkdtempSync(join(tmpdir(), "memory-disk-"));
      directories.push(root);
      return { disk: createNodeDisk(), root };
    },
  ],
];

/** What storage relies on: the same on a real disk, which proves that the expectations are right. */
describe.each(DISKS)("a disk: %s", (_name, create) => {
  const open = async (): Promise<{ disk: Disk; root: string }> => {
    const { disk, root } = create();
    await disk.makeDirectory(`${root}/a/b`);
    return { disk, root: `${root}/a/b` };
  };

  it("writes at positions, reads, and fills what was skipped with zeros", async () => {
    const { disk, root } = await open();
    const file = await disk.create(`${root}/x`);
    await file.write(bytes("end"), 5);
    await file.write(bytes("ab"), 0);
    await file.sync();
    await file.close();
    expect(text(await disk.readFile(`${root}/x`))).toBe("ab\0\0\0end");
    expect(await disk.size(`${root}/x`)).toBe(8);
    const reader = await disk.openRead(`${root}/x`);
    const into = new Uint8Array(4);
    expect(reader.size).toBe(8);
    expect(await reader.read(into, 6)).toBe(2);
    expect(text(into)).toBe("nd\0\0");
    expect(await reader.read(into, 8)).toBe(0);
    await reader.close();
  });

  it("truncates: what was cut off does not come back", async () => {
    const { disk, root } = await open();
    const file = await disk.createDurable(`${root}/x`);
    await file.write(bytes("0123456789"), 0);
    await file.truncate(4);
    await file.truncate(6);
    await file.close();
    expect(text(await disk.readFile(`${root}/x`))).toBe("0123\0\0");
  });

  it("empties a file that is created again, and keeps one that is opened for writing", async () => {
    const { disk, root } = await open();
    const first = await disk.create(`${root}/x`);
    await first.write(bytes("long content"), 0);
    await first.close();
    const second = await disk.openWrite(`${root}/x`);
    await second.write(bytes("LONG"), 0);
    await second.close();
    expect(text(await disk.readFile(`${root}/x`))).toBe("LONG content");
    await (await disk.create(`${root}/x`)).close();
    expect(await disk.size(`${root}/x`)).toBe(0);
  });

  it("renames over another file, lists and removes", async () => {
    const { disk, root } = await open();
    for (const name of ["x", "y"]) {
      const file = await disk.create(`${root}/${name}`);
      await file.write(bytes(name), 0);
      await file.close();
    }
    await disk.makeDirectory(`${root}/sub`);
    await disk.rename(`${root}/x`, `${root}/y`);
    await disk.syncDirectory(root);
    expect((await disk.list(root)).sort()).toEqual(["sub", "y"]);
    expect(text(await disk.readFile(`${root}/y`))).toBe("x");
    await disk.remove(`${root}/y`);
    expect(await disk.size(`${root}/y`)).toBeUndefined();
  });

  it("keeps an open file that another name has replaced", async () => {
    const { disk, root } = await open();
    const file = await disk.create(`${root}/x`);
    await file.write(bytes("old"), 0);
    const reader = await disk.openRead(`${root}/x`);
    await disk.remove(`${root}/x`);
    const into = new Uint8Array(3);
    expect(await reader.read(into, 0)).toBe(3);
    expect(text(into)).toBe("old");
    await reader.close();
    await file.close();
  });

  it.each<[string, (disk: Disk, path: string) => Promise<unknown>]>([
    ["list", (disk, path) => disk.list(path)],
    ["readFile", (disk, path) => disk.readFile(path)],
    ["openRead", (disk, path) => disk.openRead(path)],
    ["openWrite", (disk, path) => disk.openWrite(path)],
    ["create", (disk, path) => disk.create(`${path}/x`)],
    ["rename", (disk, path) => disk.rename(path, `${path}2`)],
    ["remove", (disk, path) => disk.remove(path)],
    ["syncDirectory", (disk, path) => disk.syncDirectory(path)],
  ])("%s of what does not exist is ENOENT", async (_operation, attempt) => {
    const { disk, root } = await open();
    await expect(attempt(disk, `${root}/none`)).rejects.toMatchObject({ name: "DiskError", code: "ENOENT" });
  });

  it("is claimed by one at a time", async () => {
    const { disk, root } = await open();
    const lock = await disk.lock(root);
    await expect(disk.lock(root)).rejects.toMatchObject({ name: "DiskError", code: "EBUSY" });
    await lock.release();
    await (await disk.lock(root)).release();
  });
});

it("an observed disk is idle when everything is answered", async () => {
  const disk = new ObservedDisk(new MemoryDisk());
  expect(disk.isIdle).toBe(true);
  const making = disk.makeDirectory("/a");
  expect(disk.isIdle).toBe(false);
  await making;
  const file = await disk.create("/a/x");
  const writing = file.write(bytes("x"), 0);
  expect(disk.isIdle).toBe(false);
  await writing;
  await expect(disk.readFile("/none")).rejects.toThrow(/does not exist/);
  expect(disk.isIdle).toBe(true);
  const reader = await disk.openRead("/a/x");
  const reading = reader.read(new Uint8Array(1), 0);
  expect(disk.isIdle).toBe(false);
  expect(await reading).toBe(1);
  const removing = disk.remove("/a/x");
  await disk.answered();
  expect(disk.isIdle).toBe(true);
  await removing;
});
