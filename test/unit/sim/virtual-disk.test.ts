import { describe, expect, it } from "vitest";
import { type CrashKind, VirtualDisk } from "../../../sim/virtual-disk.ts";
import { createPrng } from "../../../src/base/prng.ts";

const KINDS: readonly CrashKind[] = ["lost", "kept", "torn", "reordered"];

async function newDisk(seed = 1): Promise<VirtualDisk> {
  const disk = new VirtualDisk({ rng: createPrng(seed) });
  await disk.makeDirectory("/d");
  return disk;
}

const textOf = (disk: VirtualDisk, path: string) => {
  const bytes = disk.get(path);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1");
};

describe("without a power failure", () => {
  it("is a file system", async () => {
    const disk = await newDisk();
    const file = await disk.create("/d/a");
    await file.write(Buffer.from("hello"), 0);
    await file.write(Buffer.from("!"), 10_000);
    expect(await disk.size("/d/a")).toBe(10_001);
    const reader = await disk.openRead("/d/a");
    const into = Buffer.alloc(20, 1);
    expect(await reader.read(into, 9_995)).toBe(6);
    expect(into.toString("latin1", 0, 6)).toBe("\0\0\0\0\0!");
    await file.truncate(4);
    await file.truncate(6);
    expect(textOf(disk, "/d/a")).toBe("hell\0\0");
    await disk.rename("/d/a", "/d/b");
    expect(await disk.list("/d")).toEqual(["b"]);
    expect(await disk.list("/")).toEqual(["d"]);
    await disk.create("/d/b");
    expect(await disk.size("/d/b")).toBe(0);
    await disk.remove("/d/b");
    expect(disk.paths()).toEqual([]);
  });

  it("refuses what is not there", async () => {
    const disk = await newDisk();
    await expect(disk.list("/x")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(disk.create("/x/a")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(disk.openWrite("/d/a")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(disk.rename("/d/a", "/d/b")).rejects.toMatchObject({ code: "ENOENT" });
    expect(await disk.size("/d/a")).toBeUndefined();
  });

  it("lets one server have a directory", async () => {
    const disk = await newDisk();
    const lock = await disk.lock("/d");
    await expect(disk.lock("/d")).rejects.toMatchObject({ code: "EBUSY" });
    await lock.release();
    await disk.lock("/d");
    await disk.reboot("kept").lock("/d");
  });

  it("keeps its own copy of what was written", async () => {
    const disk = await newDisk();
    const bytes = Buffer.from("abc");
    const file = await disk.create("/d/a");
    await file.write(bytes, 0);
    bytes.fill(0);
    await disk.syncDirectory("/d");
    expect(textOf(disk.reboot("kept"), "/d/a")).toBe("abc");
  });
});

describe("after a power failure", () => {
  it.each(KINDS)("what was synced, contents and name, is there (%s)", async (kind) => {
    for (let seed = 0; seed < 20; seed++) {
      const disk = await newDisk(seed);
      const file = await disk.create("/d/a");
      await file.write(Buffer.alloc(2000, 1), 0);
      await file.sync();
      await disk.syncDirectory("/d");
      await file.write(Buffer.alloc(3000, 2), 2000);
      const bytes = disk.reboot(kind).get("/d/a")!;
      expect(bytes.subarray(0, 2000).every((byte) => byte === 1)).toBe(true);
      expect(bytes.subarray(2000).every((byte) => byte === 2 || byte === 0)).toBe(true);
    }
  });

  it("unsynced contents are lost, kept, cut at any byte, or mixed by sectors", async () => {
    const seen: Record<CrashKind, Set<string>> = {
      lost: new Set(),
      kept: new Set(),
      torn: new Set(),
      reordered: new Set(),
    };
    for (const kind of KINDS) {
      for (let seed = 0; seed < 60; seed++) {
        const disk = await newDisk(seed);
        const file = await disk.create("/d/a");
        await disk.syncDirectory("/d");
        await file.write(Buffer.alloc(1000, "x"), 0);
        await file.write(Buffer.alloc(1000, "y"), 1000);
        const text = textOf(disk.reboot(kind), "/d/a")!;
        const shape = text.replace(/x+/g, "x").replace(/y+/g, "y").replace(/\0+/g, "0");
        seen[kind].add(kind === "torn" ? String(text.length) : shape);
      }
    }
    expect([...seen.lost]).toEqual([""]);
    expect([...seen.kept]).toEqual(["xy"]);
    expect(seen.torn.size).toBeGreaterThan(20);
    expect([...seen.reordered]).toEqual(expect.arrayContaining(["", "x", "x0y", "0y"]));
  });

  it("an unsynced name is lost, also when the contents were synced", async () => {
    const disk = await newDisk();
    const file = await disk.createDurable("/d/a");
    await file.write(Buffer.from("x"), 0);
    expect(disk.reboot("lost").paths()).toEqual([]);
  });

  it("an unsynced rename or removal is undone as a whole", async () => {
    const build = async () => {
      const disk = await newDisk();
      disk.put("/d/a", Buffer.from("old"));
      const file = await disk.create("/d/a.tmp");
      await file.write(Buffer.from("new"), 0);
      await file.sync();
      await disk.syncDirectory("/d");
      await disk.rename("/d/a.tmp", "/d/a");
      return disk;
    };
    const lost = (await build()).reboot("lost");
    expect([textOf(lost, "/d/a"), textOf(lost, "/d/a.tmp")]).toEqual(["old", "new"]);
    const kept = (await build()).reboot("kept");
    expect([textOf(kept, "/d/a"), textOf(kept, "/d/a.tmp")]).toEqual(["new", undefined]);
    const removed = await build();
    await removed.syncDirectory("/d");
    await removed.remove("/d/a");
    expect(removed.reboot("lost").paths()).toEqual(["/d/a"]);
    expect(removed.reboot("kept").paths()).toEqual([]);
  });

  it("names survive in the order in which they were made", async () => {
    const counts = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const disk = await newDisk(seed);
      for (const name of ["1", "2", "3", "4"]) await disk.create(`/d/${name}`);
      const paths = disk.reboot("reordered").paths();
      expect(paths).toEqual(["/d/1", "/d/2", "/d/3", "/d/4"].slice(0, paths.length));
      counts.add(paths.length);
    }
    expect(counts).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  it("the old disk and its files answer nothing any more", async () => {
    const disk = await newDisk();
    const file = await disk.create("/d/a");
    disk.cutPower();
    await expect(file.write(Buffer.of(1), 0)).rejects.toMatchObject({ code: "EPOWER" });
    await expect(disk.list("/d")).rejects.toMatchObject({ code: "EPOWER" });
  });

  it("cut at a change, that change is not acknowledged but may have happened", async () => {
    const outcomes = new Set<number>();
    for (let seed = 0; seed < 30; seed++) {
      const disk = await newDisk(seed);
      const file = await disk.createDurable("/d/a");
      await disk.syncDirectory("/d");
      expect(disk.changes).toBe(3);
      disk.cutPowerAt(4);
      await file.write(Buffer.from("1"), 0);
      await expect(file.write(Buffer.from("2"), 1)).rejects.toMatchObject({ code: "EPOWER" });
      expect(disk.isOff).toBe(true);
      outcomes.add(disk.reboot("torn").get("/d/a")!.length);
    }
    expect(outcomes).toEqual(new Set([1, 2]));
  });

  it("is the same for the same seed", async () => {
    const run = async () => {
      const disk = await newDisk(42);
      const file = await disk.create("/d/a");
      await disk.syncDirectory("/d");
      for (let i = 0; i < 20; i++) await file.write(Buffer.alloc(700, i + 1), i * 650);
      return textOf(disk.reboot("reordered"), "/d/a");
    };
    expect(await run()).toBe(await run());
  });
});

describe("errors", () => {
  it("come where they were asked for, and as often", async () => {
    const disk = await newDisk();
    disk.inject({ operation: "write", path: /a$/, code: "EIO", skip: 1, times: 2 });
    const a = await disk.create("/d/a");
    const b = await disk.create("/d/b");
    const outcome = async (write: Promise<void>) =>
      await write.then(
        () => "ok",
        (error: { code: string }) => error.code,
      );
    const outcomes: string[] = [];
    for (let i = 0; i < 5; i++) {
      await b.write(Buffer.of(i), i);
      outcomes.push(await outcome(a.write(Buffer.of(i), i)));
    }
    expect(outcomes).toEqual(["ok", "EIO", "EIO", "ok", "ok"]);
    disk.inject({ operation: "list", code: "EACCES" });
    await expect(disk.list("/d")).rejects.toMatchObject({ code: "EACCES", operation: "list", path: "/d" });
    disk.clearFaults();
    expect(await disk.list("/d")).toHaveLength(2);
  });

  it("of a sync lose what was to be synced, whatever a later sync says", async () => {
    const disk = await newDisk();
    const file = await disk.create("/d/a");
    await disk.syncDirectory("/d");
    disk.inject({ operation: "sync", code: "EIO", times: 1 });
    await file.write(Buffer.from("x"), 0);
    await expect(file.sync()).rejects.toMatchObject({ code: "EIO" });
    expect(textOf(disk, "/d/a")).toBe("x");
    await file.sync();
    expect(textOf(disk.reboot("kept"), "/d/a")).toBe("");
  });

  it("of a full disk leave a part of the write", async () => {
    const disk = new VirtualDisk({ rng: createPrng(1), capacityBytes: 8192 });
    await disk.makeDirectory("/d");
    const file = await disk.create("/d/a");
    await file.truncate(1_000_000);
    await file.write(Buffer.alloc(8192, 1), 0);
    await expect(file.write(Buffer.alloc(100, 2), 8192)).rejects.toMatchObject({ code: "ENOSPC" });
    await file.write(Buffer.alloc(100, 3), 0);
    await disk.remove("/d/a");
    await (await disk.create("/d/b")).write(Buffer.alloc(4096), 0);
  });
});
