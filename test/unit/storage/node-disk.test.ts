import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiskError } from "../../../src/base/ports.ts";
import { TxnLog } from "../../../src/storage/log/txn-log.ts";
import { createNodeDisk } from "../../../src/storage/node-disk.ts";
import { SnapshotStore } from "../../../src/storage/snapshot/snapshot-store.ts";
import { openDirectory, payloadOf, range, recoverZxids, TURNS, zx } from "../../support/storage.ts";

const clock = { now: () => ({ elapsedMs: performance.now(), wallMs: Date.now() }) };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "menagerie-disk-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const disk = createNodeDisk();

describe("files", () => {
  it.each(["create", "createDurable"] as const)("%s: written, read, cut and removed", async (create) => {
    const path = join(dir, "a");
    writeFileSync(path, "old content");
    const file = await disk[create](path);
    await file.write(Buffer.from("hello world"), 0);
    await file.write(Buffer.from("W"), 6);
    await file.truncate(20);
    await file.sync();
    await file.close();
    expect(await disk.size(path)).toBe(20);
    expect(Buffer.from(await disk.readFile(path)).toString("latin1")).toBe(`hello World${"\0".repeat(9)}`);
    const reader = await disk.openRead(path);
    expect(reader.size).toBe(20);
    const into = Buffer.alloc(30);
    expect(await reader.read(into, 6)).toBe(14);
    expect(into.toString("latin1", 0, 5)).toBe("World");
    expect(await reader.read(into, 20)).toBe(0);
    await reader.close();
    const again = await disk.openWrite(path);
    await again.write(Buffer.from("J"), 0);
    await again.close();
    await disk.rename(path, join(dir, "b"));
    await disk.syncDirectory(dir);
    expect(readFileSync(join(dir, "b"), "latin1").slice(0, 5)).toBe("Jello");
    await disk.remove(join(dir, "b"));
    expect(await disk.list(dir)).toEqual([]);
    expect(await disk.size(join(dir, "b"))).toBeUndefined();
  });

  it("writes large buffers whole", async () => {
    const path = join(dir, "large");
    const bytes = Buffer.alloc(9_000_000, 7);
    const file = await disk.create(path);
    await file.write(bytes, 5);
    await file.close();
    expect(readFileSync(path).subarray(5).equals(bytes)).toBe(true);
  });

  it("makes directories with their parents", async () => {
    await disk.makeDirectory(join(dir, "x/y/version-2"));
    await disk.makeDirectory(join(dir, "x/y/version-2"));
    expect(readdirSync(join(dir, "x/y"))).toEqual(["version-2"]);
  });

  it("tells what failed, where and why", async () => {
    const missing = join(dir, "no/such");
    const attempts: [string, () => Promise<unknown>, string][] = [
      ["ENOENT", () => disk.list(missing), "list"],
      ["ENOENT", () => disk.openRead(missing), "open"],
      ["ENOENT", () => disk.create(missing), "open"],
      ["ENOENT", () => disk.createDurable(missing), "open"],
      ["ENOENT", () => disk.openWrite(missing), "open"],
      ["ENOENT", () => disk.readFile(missing), "read"],
      ["ENOENT", () => disk.remove(missing), "remove"],
      ["ENOENT", () => disk.rename(missing, join(dir, "b")), "rename"],
      ["ENOENT", () => disk.syncDirectory(missing), "open"],
      ["EEXIST", () => disk.makeDirectory(import.meta.filename), "create directory"],
    ];
    for (const [code, attempt, operation] of attempts) {
      const error = await attempt().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DiskError);
      expect(error).toMatchObject({ code, operation });
      expect((error as Error).message).toMatch(new RegExp(`^cannot ${operation} .*: ${code}`));
    }
  });

  it("reports a full device", async () => {
    const file = await disk.openWrite("/dev/full");
    await expect(file.write(Buffer.alloc(10), 0)).rejects.toMatchObject({
      code: "ENOSPC",
      operation: "write",
    });
    await file.close();
  });
});

describe("the lock", () => {
  it("is exclusive, also within one process", async () => {
    const lock = await disk.lock(dir);
    await expect(disk.lock(dir)).rejects.toMatchObject({ code: "EBUSY" });
    await expect(disk.lock(dir)).rejects.toThrow(`${dir} is in use by process ${process.pid} on host`);
    await lock.release();
    await (await disk.lock(dir)).release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it("of a process that was killed is gone, of one that lives is not", async () => {
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    try {
      writeFileSync(join(dir, `menagerie.lock.${child.pid}.x`), claimOf(child));
      await expect(disk.lock(dir)).rejects.toThrow(`in use by process ${child.pid}`);
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await exited;
      await (await disk.lock(dir)).release();
      expect(readdirSync(dir)).toEqual([]);
    } finally {
      child.kill("SIGKILL");
    }
  });
});

/** The claim that this child would make. */
function claimOf(child: ChildProcess): string {
  const stat = readFileSync(`/proc/${child.pid}/stat`, "latin1");
  const startTicks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return JSON.stringify({ pid: child.pid, startTicks, scope: `${boot} ${pidNamespace()}`, host: "here" });
}

function pidNamespace(): string {
  return readlinkSync("/proc/self/ns/pid");
}

it("a life on a real disk: log, snapshot and recovery", async () => {
  const first = await recoverZxids(disk, { directory: await openDirectory(disk, dir) });
  expect(first.origin).toBe("new");
  const log = new TxnLog({
    disk,
    clock,
    directory: first.directory.logDir,
    after: first.logTail,
    preAllocBytes: 65536,
  });
  const snapshots = new SnapshotStore({ disk, timer: TURNS, directory: first.directory.snapDir });
  for (const zxid of range(1, 500)) {
    log.append(zx(zxid), payloadOf(zxid));
    first.target.replay(payloadOf(zxid));
    if (zxid % 100 === 0) expect(await log.commit()).toBe(zxid);
    if (zxid === 300) {
      log.roll();
      await snapshots.write(first.target.snapshotSource());
    }
  }
  await log.close();
  await first.directory.release();
  expect(readdirSync(join(dir, "version-2")).sort()).toEqual([
    "log.1",
    "log.12d",
    "snapshot.0",
    "snapshot.12c",
  ]);
  const second = await recoverZxids(disk, { directory: await openDirectory(disk, dir) });
  expect(second).toMatchObject({ lastZxid: 500, snapshotZxid: 300, recordsReplayed: 200, notices: [] });
  expect(second.target.txns).toEqual(first.target.txns);
  await second.directory.release();
});
