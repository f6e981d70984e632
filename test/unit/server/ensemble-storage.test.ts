import { beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../../sim/virtual-clock.ts";
import { virtualConfig } from "../../../sim/virtual-config.ts";
import type { VirtualDisk } from "../../../sim/virtual-disk.ts";
import { createPrng } from "../../../src/base/prng.ts";
import type { Database } from "../../../src/core/tree/database.ts";
import type { JobDone, StorageJob } from "../../../src/core/zab/peer-face.ts";
import { OpCode } from "../../../src/protocol/opcode.ts";
import { encodeTxn } from "../../../src/protocol/txn.ts";
import { StorageDesk } from "../../../src/server/ensemble/storage-desk.ts";
import { LogWorker } from "../../../src/server/log-worker.ts";
import { type OpenStorage, openStorage } from "../../../src/server/open-storage.ts";
import { type DatabaseServer, ServedSnapshot } from "../../../src/server/served-snapshot.ts";
import { SnapshotWorker } from "../../../src/server/snapshot-worker.ts";
import { SILENT_LOG } from "../../../src/server/start-server.ts";
import { newDisk, range, zx } from "../../support/storage.ts";
import { createBody, logged } from "../../support/tree.ts";

const EPOCH_2 = 0x2_0000_0000;
const OBSERVER = { synced() {}, slowSync() {}, digestMismatch() {}, recovered() {} };

let disk: VirtualDisk;
let clock: VirtualClock;
let storage: OpenStorage;
let snapshots: SnapshotWorker;
let persisted: number[];
let failures: unknown[];
let desk: StorageDesk;
/** What serves clients. */
let served: DatabaseServer | undefined;

function txn(zxid: number, path = `/n${zxid.toString(16)}`): Uint8Array {
  return encodeTxn(logged(zxid, createBody(path, Buffer.from(`${zxid}`), { parentCVersion: zxid % 1000 })));
}

async function open(on: VirtualDisk): Promise<void> {
  disk = on;
  clock = new VirtualClock();
  persisted = [];
  failures = [];
  const config = virtualConfig({ dataDir: "/data", clientPort: "2181", preAllocSize: "64" });
  const ports = { disk, clock, timer: clock, rng: createPrng(1), log: SILENT_LOG };
  storage = await openStorage(config, ports, OBSERVER);
  served = storage;
  snapshots = new SnapshotWorker({
    store: storage.snapshots,
    source: () => (served === undefined ? undefined : new ServedSnapshot(served, () => served)),
    clock,
    log: SILENT_LOG,
    newest: undefined,
    failed: (error) => failures.push(error),
    observe() {},
  });
  desk = new StorageDesk({
    storage,
    disk,
    log: SILENT_LOG,
    snapshots,
    createWorker: (log, policy) =>
      new LogWorker({
        log,
        policy,
        clock,
        timer: clock,
        flushDelayMs: 0,
        idleFlushMs: 0,
        batchRecordsMax: 1000,
        persisted: (zxid) => persisted.push(zxid),
        snapshotDue() {},
        failed: (error) => failures.push(error),
        observe: { appended() {}, flushed() {} },
      }),
  });
}

async function append(...zxids: number[]): Promise<void> {
  desk.append(zxids.map((zxid) => ({ zxid: zx(zxid), bytes: txn(zxid) })));
  await clock.runUntil(desk.drained());
}

function perform(job: StorageJob): Promise<JobDone> {
  return clock.runUntil(desk.perform(job));
}

/** What the leader sends: these txns, in a database whose last one it is. */
function fromLeader(zxids: readonly number[]): Database {
  const database = storage.kit.createDatabase();
  for (const zxid of zxids) database.replay(txn(zxid, `/leader${zxid.toString(16)}`));
  return database;
}

function names(database: Database): string[] {
  const { tree } = database;
  return tree
    .childNames(tree.lookup("/"))
    .filter((name) => name !== "zookeeper")
    .sort();
}

/** What a start after a power failure finds. */
async function restart(): Promise<{ names: string[]; lastZxid: number }> {
  await open(disk.reboot("lost", createPrng(2)));
  return { names: names(storage.database), lastZxid: storage.recovered.lastZxid };
}

beforeEach(async () => {
  await open(newDisk());
  await append(...range(1, 10));
});

describe("installSnapshot", () => {
  it("makes the leader's tree this server's, and the log goes on behind it", async () => {
    const leader = fromLeader([...range(1, 4), EPOCH_2 + 1]);
    const done = await perform({ kind: "installSnapshot", zxid: zx(EPOCH_2 + 1), database: leader });
    expect(done).toEqual({ kind: "snapshotInstalled", zxid: EPOCH_2 + 1 });
    expect(snapshots.last?.zxid).toBe(EPOCH_2 + 1);
    await append(EPOCH_2 + 2);
    expect(persisted.at(-1)).toBe(EPOCH_2 + 2);
    const found = await restart();
    expect(found.lastZxid).toBe(EPOCH_2 + 2);
    expect(found.names).toEqual([...names(leader), "n200000002"].sort());
  });

  it("drops what the leader does not have", async () => {
    const leader = fromLeader(range(1, 7));
    await perform({ kind: "installSnapshot", zxid: zx(7), database: leader });
    await append(8);
    const found = await restart();
    expect(found).toEqual({ lastZxid: 8, names: [...names(leader), "n8"].sort() });
  });

  it("F39: leaves no hole in the log that a learner could be led over (and F30)", async () => {
    const end = EPOCH_2 + 1;
    await perform({ kind: "installSnapshot", zxid: zx(50), database: fromLeader(range(1, 50)) });
    await append(end);
    expect(await desk.survey(1, zx(10))).toMatchObject({ atOrBelow: undefined, above: end });
    expect(await desk.survey(1, zx(end))).toMatchObject({ atOrBelow: end, above: undefined });
  });

  it("waits for a snapshot that is being written, and lets none begin", async () => {
    for (const zxid of range(1, 10)) storage.database.replay(txn(zxid));
    snapshots.start();
    const installing = desk.perform({
      kind: "installSnapshot",
      zxid: zx(5),
      database: fromLeader(range(1, 5)),
    });
    await clock.runUntil(installing);
    expect(failures).toEqual([]);
    // The one that was being written holds more than the leader has.
    expect(disk.paths().filter((path) => path.includes("snapshot"))).toEqual(["/data/version-2/snapshot.5"]);
    expect((await restart()).lastZxid).toBe(5);
  });

  it("is all or nothing when the power fails", async () => {
    for (let cutAt = 0; ; cutAt++) {
      await open(newDisk());
      await append(...range(1, 10));
      disk.cutPowerAt(disk.changes + cutAt);
      const leader = fromLeader(range(1, 7));
      const isDone = await perform({ kind: "installSnapshot", zxid: zx(7), database: leader }).then(
        () => true,
        () => false,
      );
      const found = await restart();
      const old = {
        lastZxid: 10,
        names: range(1, 10)
          .map((zxid) => `n${zxid.toString(16)}`)
          .sort(),
      };
      expect([old, { lastZxid: 7, names: names(leader) }]).toContainEqual(found);
      if (isDone) {
        expect(found.lastZxid).toBe(7);
        break;
      }
    }
  });
});

describe("truncate", () => {
  it("F27: brings nothing back that a snapshot could hold whose tree went on to what was not committed", async () => {
    const set = encodeTxn(
      logged(11, { type: OpCode.setData, path: "/n5", data: Buffer.from("ghost"), version: 1 }),
    );
    for (const zxid of range(1, 10)) storage.database.replay(txn(zxid));
    snapshots.start();
    // The leader is lost: the tree is brought to the end of the log, whatever of it is committed.
    served = undefined;
    desk.append([{ zxid: zx(11), bytes: set }]);
    storage.database.replay(set);
    await clock.runUntil(snapshots.idle());
    expect(failures).toEqual([]);
    const done = await perform({ kind: "truncate", zxid: zx(10) });
    const { tree } = (done as Extract<JobDone, { kind: "recovered" }>).database;
    expect(Buffer.from(tree.data(tree.lookup("/n5"))!).toString()).toBe("5");
    expect(disk.paths().filter((path) => path.includes("snapshot"))).toEqual(["/data/version-2/snapshot.0"]);
  });

  it("F27: a snapshot above the cut goes, and what it held is not there after a restart (ZOOKEEPER-4837)", async () => {
    for (const zxid of range(1, 10)) storage.database.replay(txn(zxid));
    snapshots.start();
    await clock.runUntil(snapshots.idle());
    expect(snapshots.last?.zxid).toBe(10);
    const done = await perform({ kind: "truncate", zxid: zx(7) });
    expect(done).toMatchObject({ kind: "recovered", lastZxid: 7 });
    await append(EPOCH_2 + 1);
    const found = await restart();
    expect(found.lastZxid).toBe(EPOCH_2 + 1);
    expect(found.names).toEqual([...range(1, 7).map((zxid) => `n${zxid}`), "n200000001"].sort());
  });

  it("F64: takes what was logged behind an installed snapshot, and only that, from the log and from memory", async () => {
    const leader = fromLeader(range(1, 7));
    await perform({ kind: "installSnapshot", zxid: zx(7), database: leader });
    await append(8);
    const done = await perform({ kind: "truncate", zxid: zx(7) });
    expect(done).toMatchObject({ kind: "recovered", lastZxid: 7 });
    expect(names((done as Extract<JobDone, { kind: "recovered" }>).database)).toEqual(names(leader));
    expect(await restart()).toEqual({ lastZxid: 7, names: names(leader) });
  });

  it("cuts, recovers, and the log goes on", async () => {
    const done = await perform({ kind: "truncate", zxid: zx(6) });
    expect(done).toMatchObject({ kind: "recovered", lastZxid: 6 });
    expect(names((done as Extract<JobDone, { kind: "recovered" }>).database)).toHaveLength(6);
    await append(7, 8);
    expect(persisted.at(-1)).toBe(8);
    expect((await restart()).lastZxid).toBe(8);
  });

  it("that is impossible changes nothing, and the log goes on", async () => {
    await disk.remove("/data/version-2/snapshot.0");
    const done = await perform({ kind: "truncate", zxid: zx(6) });
    expect(done).toMatchObject({ kind: "truncateRefused" });
    expect((done as { reason: string }).reason).toContain("no snapshot at or below it");
    await append(11);
    expect(persisted.at(-1)).toBe(11);
  });
});

it("reload finds what is on the disk", async () => {
  desk.append([{ zxid: zx(11), bytes: txn(11) }]);
  const done = await perform({ kind: "reload" });
  expect(done).toMatchObject({ kind: "recovered", lastZxid: 11 });
  await append(12);
  expect((await restart()).lastZxid).toBe(12);
});

it("a job on a broken disk rejects", async () => {
  desk.append([{ zxid: zx(11), bytes: txn(11) }]);
  disk.cutPowerAt(disk.changes);
  await expect(perform({ kind: "reload" })).rejects.toThrow();
});

describe("what others want of the log", () => {
  async function read(after: number, through: number): Promise<number[]> {
    const zxids: number[] = [];
    for await (const records of desk.readLog(zx(after), zx(through)))
      zxids.push(...records.map(({ zxid }) => zxid));
    return zxids;
  }

  it("is what is durable", async () => {
    expect(await read(3, 6)).toEqual([4, 5, 6]);
    desk.append([{ zxid: zx(11), bytes: txn(11) }]);
    expect(await read(8, 11)).toEqual([9, 10]);
    expect(await desk.survey(4, zx(9))).toMatchObject({
      kind: "logSurveyed",
      link: 4,
      zxid: 9,
      atOrBelow: 9,
      above: 10,
    });
  });

  it("is not offered again where it could not be read", async () => {
    desk.logFailed(zx(5));
    expect(await desk.survey(1, zx(4))).toMatchObject({ atOrBelow: undefined, above: undefined });
    expect(await desk.survey(1, zx(5))).toMatchObject({ atOrBelow: 5, above: 6 });
  });

  it("is refused when a purge has taken its beginning since the survey, though an epoch begins where the rest does", async () => {
    await perform({ kind: "reload" });
    await append(EPOCH_2 + 1, EPOCH_2 + 2);
    expect(await desk.survey(1, zx(4))).toMatchObject({ atOrBelow: 4, above: 5 });
    expect(await read(4, EPOCH_2 + 2)).toEqual([...range(5, 10), EPOCH_2 + 1, EPOCH_2 + 2]);
    await disk.remove("/data/version-2/log.1");
    await expect(read(4, EPOCH_2 + 2)).rejects.toThrow("it does not have 0x4 any more");
  });

  it("is nothing when the file is gone meanwhile", async () => {
    await disk.remove("/data/version-2/log.1");
    expect(await desk.survey(1, zx(4))).toMatchObject({ atOrBelow: undefined, above: undefined, bytes: 0 });
  });
});
