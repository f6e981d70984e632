import { describe, expect, it, vi } from "vitest";
import { VirtualClock } from "../../sim/virtual-clock.ts";
import type { DiskOperation, Fault, VirtualDisk } from "../../sim/virtual-disk.ts";
import { DiskError } from "../../src/base/ports.ts";
import { EpochFiles } from "../../src/storage/directory/epoch-files.ts";
import { TxnLog } from "../../src/storage/log/txn-log.ts";
import { purge } from "../../src/storage/retention.ts";
import { SnapshotStore } from "../../src/storage/snapshot/snapshot-store.ts";
import { newDisk, payloadOf, range, recoverZxids, TURNS, traced, zx } from "../support/storage.ts";

/** Disks that are full, broken or read-only: nothing is acknowledged that is not safe, and the message says what is wrong. */

async function start(disk: VirtualDisk, options: { isTraced?: boolean } = {}) {
  const recovered = await recoverZxids(disk);
  const onFatal = vi.fn();
  const trace = traced(disk);
  const log = new TxnLog({
    disk: options.isTraced === true ? trace.disk : disk,
    clock: new VirtualClock(),
    directory: recovered.directory.logDir,
    after: recovered.logTail,
    preAllocBytes: 8192,
    onFatal,
  });
  return { ...recovered, log, onFatal, calls: trace.calls };
}

const append = (log: TxnLog, from: number, to: number) => {
  for (const zxid of range(from, to)) log.append(zx(zxid), payloadOf(zxid));
};

const failure = async (promise: Promise<unknown>): Promise<Error> =>
  await promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: Error) => error,
  );

describe("an I/O error of the log", () => {
  const faults: [string, Fault, RegExp][] = [
    ["a full disk", { operation: "write", code: "ENOSPC", path: /log\./ }, /cannot write .*log\..*ENOSPC/],
    ["a failed write or fsync", { operation: "write", code: "EIO", path: /log\./ }, /cannot write .*EIO/],
    [
      "a file that cannot be created",
      { operation: "create", code: "EACCES", path: /log\./ },
      /cannot create .*EACCES/,
    ],
    [
      "a file that cannot grow",
      { operation: "truncate", code: "EFBIG", path: /log\./ },
      /cannot truncate .*EFBIG/,
    ],
    [
      "a directory that cannot be synced",
      { operation: "syncDirectory", code: "EIO" },
      /cannot syncDirectory .*EIO/,
    ],
  ];

  it.each(faults)(
    "%s: nothing is acknowledged, it is told once, and nothing is tried again",
    async (_name, fault, message) => {
      const disk = newDisk();
      const { log, onFatal, calls } = await start(disk, { isTraced: true });
      disk.inject({ ...fault, times: 1 });
      append(log, 1, 3);
      const commits = [log.commit(), log.commit()];
      const errors = await Promise.all(commits.map(failure));
      for (const error of errors) {
        expect(error).toBeInstanceOf(DiskError);
        expect(error.message).toMatch(message);
      }
      expect(onFatal).toHaveBeenCalledTimes(1);
      expect(onFatal).toHaveBeenCalledWith(errors[0]);
      expect(log.failure).toBe(errors[0]);
      expect(log.lastDurableZxid).toBe(0);
      calls.length = 0;
      // The disk works again, but what the page cache holds is unknown: this log stays closed.
      expect(() => append(log, 4, 4)).toThrow(message);
      expect((await failure(log.commit())).message).toMatch(message);
      expect((await failure(log.close())).message).toMatch(message);
      expect(calls.filter((call) => !call.startsWith("close"))).toEqual([]);
      expect(onFatal).toHaveBeenCalledTimes(1);
    },
  );

  it("in the middle of a life loses nothing that was acknowledged, in any way the power may fail", async () => {
    for (const kind of ["lost", "kept", "torn", "reordered"] as const) {
      for (let skip = 0; skip < 6; skip++) {
        const disk = newDisk(skip + 1);
        const { log } = await start(disk);
        disk.inject({ operation: "write", path: /log\./, code: "EIO", skip, times: 1 });
        let acknowledged = 0;
        for (let zxid = 1; zxid <= 10; zxid++) {
          try {
            log.append(zx(zxid), payloadOf(zxid));
            acknowledged = await log.commit();
          } catch {
            break;
          }
        }
        expect(acknowledged).toBe(skip);
        const { lastZxid } = await recoverZxids(disk.reboot(kind));
        expect(lastZxid).toBeGreaterThanOrEqual(acknowledged);
        expect(lastZxid).toBeLessThanOrEqual(acknowledged + 1);
      }
    }
  });

  it("on a disk that really fills up stops the log, and the next start has every acknowledged txn", async () => {
    const disk = newDisk(1, { capacityBytes: 60_000 });
    const { log } = await start(disk);
    let acknowledged = 0;
    let error: Error | undefined;
    for (let zxid = 1; error === undefined; zxid++) {
      try {
        log.append(zx(zxid), payloadOf(zxid, new Uint8Array(500).fill(1)));
        acknowledged = await log.commit();
      } catch (reason) {
        error = reason as Error;
      }
    }
    expect(acknowledged).toBeGreaterThan(20);
    expect(error.message).toContain("ENOSPC");
    const { lastZxid } = await recoverZxids(disk.reboot("torn"));
    expect(lastZxid).toBeGreaterThanOrEqual(acknowledged);
  });

  it("while the torn end of the last life is cut off stops before anything is appended", async () => {
    const disk = newDisk();
    const first = await start(disk);
    append(first.log, 1, 5);
    await first.log.commit();
    const bytes = Buffer.from(disk.get("/data/version-2/log.1")!);
    const torn = newDisk();
    torn.put("/data/version-2/snapshot.0", disk.get("/data/version-2/snapshot.0")!);
    torn.put("/data/version-2/log.1", bytes.subarray(0, 300));
    const { log, lastZxid } = await start(torn);
    torn.inject({ operation: "sync", path: /log\.1/, code: "EIO" });
    log.append(zx(lastZxid + 1), payloadOf(lastZxid + 1));
    expect((await failure(log.commit())).message).toContain("log.1");
    expect(torn.paths().filter((path) => path.includes("log."))).toEqual(["/data/version-2/log.1"]);
  });
});

describe("an error while a snapshot is written", () => {
  const operations: DiskOperation[] = ["create", "write", "sync", "rename", "syncDirectory"];

  it.each(operations)(
    "in %s leaves the older snapshot alone, and a later one succeeds",
    async (operation) => {
      const disk = newDisk();
      const { target, directory, log } = await start(disk);
      for (const zxid of range(1, 200)) target.replay(payloadOf(zxid));
      append(log, 1, 200);
      await log.commit();
      const store = new SnapshotStore({ disk, timer: TURNS, directory: directory.snapDir, sliceBytes: 1000 });
      await store.write(target.snapshotSource());
      const good = disk.get("/data/version-2/snapshot.c8")!;
      disk.inject({
        operation,
        path: operation === "syncDirectory" ? /version-2/ : /snapshot/,
        code: "EIO",
        times: 1,
      });
      const error = await failure(store.write(target.snapshotSource()));
      expect(error).toBeInstanceOf(DiskError);
      expect(error.message).toContain("EIO");
      expect(store.isWriting).toBe(false);
      expect(disk.get("/data/version-2/snapshot.c8")).toEqual(good);
      await store.write(target.snapshotSource());
      expect(disk.paths().filter((path) => path.endsWith(".tmp"))).toEqual([]);
    },
  );

  it("a full disk is told as such", async () => {
    const disk = newDisk(1, { capacityBytes: 80_000 });
    const { target, directory } = await start(disk);
    for (const zxid of range(1, 200)) target.replay(payloadOf(zxid, new Uint8Array(1000)));
    const store = new SnapshotStore({ disk, timer: TURNS, directory: directory.snapDir });
    const error = await failure(store.write(target.snapshotSource()));
    expect(error.message).toMatch(/cannot write .*snapshot\.c8\.tmp.*ENOSPC/);
    expect(disk.paths()).toEqual(["/data/version-2/snapshot.0"]);
  });
});

describe("other errors", () => {
  it("an epoch file that cannot be written keeps its old value and leaves no temporary file", async () => {
    for (const operation of ["create", "write", "sync"] as const) {
      const disk = newDisk();
      await disk.makeDirectory("/data/version-2");
      const epochs = new EpochFiles(disk, "/data/version-2");
      await epochs.writeAccepted(3);
      disk.inject({ operation, code: "EIO", times: 1 });
      expect((await failure(epochs.writeAccepted(4))).message).toContain("EIO");
      expect(await epochs.readAccepted()).toBe(3);
      expect(disk.paths()).toEqual(["/data/version-2/acceptedEpoch"]);
    }
  });

  it("a snapshot that cannot be read does not count when purging", async () => {
    const disk = newDisk();
    const { target, directory } = await start(disk);
    const store = new SnapshotStore({ disk, timer: TURNS, directory: directory.snapDir });
    for (const zxid of range(1, 5)) {
      target.replay(payloadOf(zxid));
      await store.write(target.snapshotSource());
    }
    disk.inject({ operation: "read", path: /snapshot\.[45]/, code: "EIO" });
    const { removed, damaged } = await purge({ disk, directory, snapRetainCount: 3 });
    expect(damaged).toEqual(["/data/version-2/snapshot.5", "/data/version-2/snapshot.4"]);
    expect(removed).toEqual(["/data/version-2/snapshot.0"]);
  });

  it.each([
    ["open", /log\.1/],
    ["read", /log\.1/],
    ["list", /version-2/],
  ] as const)("a start that cannot %s refuses and says why", async (operation, path) => {
    const disk = newDisk();
    const { log, directory } = await start(disk);
    append(log, 1, 2);
    await log.close();
    disk.inject({ operation, path, code: "EIO" });
    const error = await failure(recoverZxids(disk, { directory }));
    expect(error).toMatchObject({ name: "StartRefused", reason: "data-inaccessible" });
    expect(error.message).toMatch(/EIO.*Check the disk/s);
  });
});
