import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../sim/virtual-clock.ts";
import type { CrashKind, VirtualDisk } from "../../sim/virtual-disk.ts";
import type { Rng } from "../../src/base/ports.ts";
import { createPrng } from "../../src/base/prng.ts";
import { EpochFiles } from "../../src/storage/directory/epoch-files.ts";
import { TxnLog } from "../../src/storage/log/txn-log.ts";
import { purge } from "../../src/storage/retention.ts";
import { SnapshotStore } from "../../src/storage/snapshot/snapshot-store.ts";
import { newDisk, payloadOf, recoverZxids, TURNS, type ZxidDatabase, zx } from "../support/storage.ts";

/**
 * The power fails at every write boundary of a server's life: of appends, rolls, snapshots, epoch files, purges and
 * truncations. Whatever the disk makes of the unsynced writes, the next start finds every txn whose commit had resolved,
 * nothing that was never appended, and no gap; and it can go on from there.
 */

/** What must hold after the crash, gathered while the server runs. */
class Promises {
  readonly data = new Map<number, string>();
  /** Every txn up to here was acknowledged. */
  acknowledged = 0;
  /** Highest txn ever handed to the log, less what a truncation took back. */
  appended = 0;
  epoch = { written: 0, begun: 0 };

  check(database: ZxidDatabase): void {
    const zxids = [...database.txns.keys()].sort((a, b) => a - b);
    const last = zxids.at(-1) ?? 0;
    expect(last).toBeGreaterThanOrEqual(this.acknowledged);
    expect(last).toBeLessThanOrEqual(this.appended);
    expect(zxids).toEqual(Array.from({ length: last }, (_, i) => i + 1));
    for (const zxid of zxids) expect(database.txns.get(zxid)).toBe(this.data.get(zxid));
    expect(database.zxid).toBe(last);
  }
}

/** A server's storage, driven by hand. */
class Life {
  readonly #disk: VirtualDisk;
  readonly #promises: Promises;
  readonly #rng: Rng;
  #log!: TxnLog;
  #database!: ZxidDatabase;
  #directory!: Awaited<ReturnType<typeof recoverZxids>>["directory"];
  #snapshots!: SnapshotStore;

  constructor(disk: VirtualDisk, promises: Promises, rng: Rng) {
    this.#disk = disk;
    this.#promises = promises;
    this.#rng = rng;
  }

  async start(): Promise<void> {
    const { directory, target, logTail, lastZxid } = await recoverZxids(this.#disk);
    this.#promises.check(target);
    // What survived is now known to the server, so it must survive from here on.
    this.#promises.acknowledged = lastZxid;
    this.#promises.appended = lastZxid;
    this.#directory = directory;
    this.#database = target;
    this.#log = new TxnLog({
      disk: this.#disk,
      clock: new VirtualClock(),
      directory: directory.logDir,
      after: logTail,
      preAllocBytes: 8192,
    });
    this.#snapshots = new SnapshotStore({
      disk: this.#disk,
      timer: TURNS,
      directory: directory.snapDir,
      sliceBytes: 512,
    });
  }

  append(count: number): void {
    for (let i = 0; i < count; i++) {
      const zxid = this.#promises.appended + 1;
      const length = this.#rng.below(8) === 0 ? this.#rng.below(3000) : this.#rng.below(200);
      const data = this.#rng.bytes(length);
      this.#promises.data.set(zxid, Buffer.from(data).toString("hex"));
      this.#promises.appended = zxid;
      const payload = payloadOf(zxid, data);
      this.#log.append(zx(zxid), payload);
      this.#database.replay(payload);
    }
  }

  /** Commits in the background too: several commits, one write. */
  commit(): Promise<void> {
    const committed = this.#log.commit().then((zxid) => {
      this.#promises.acknowledged = Math.max(this.#promises.acknowledged, zxid);
    });
    committed.catch(() => undefined);
    return committed;
  }

  async work(): Promise<void> {
    await this.start();
    this.append(3);
    await this.commit();
    this.append(20);
    const first = this.commit();
    this.append(7);
    await Promise.all([first, this.commit()]);
    await this.writeEpochs();
    const snapshot = this.snapshot();
    this.append(5);
    await this.commit();
    await snapshot;
    this.append(30);
    await this.commit();
    for (let i = 0; i < 3; i++) {
      this.#log.roll();
      const next = this.snapshot();
      this.append(4);
      await Promise.all([next, this.commit()]);
    }
    await purge({ disk: this.#disk, directory: this.#directory, snapRetainCount: 3 });
    this.append(2);
    await this.commit();
    await this.#log.close();
    await this.#directory.release();
  }

  snapshot(): Promise<unknown> {
    const written = this.#snapshots.write(this.#database.snapshotSource());
    written.catch(() => undefined); // awaited later; the power may fail before that
    return written;
  }

  async writeEpochs(): Promise<void> {
    const epochs = new EpochFiles(this.#disk, this.#directory.snapDir);
    for (const epoch of [1, 2]) {
      this.#promises.epoch.begun = epoch;
      await epochs.writeAccepted(epoch);
      await epochs.writeCurrent(epoch);
      this.#promises.epoch.written = epoch;
    }
  }
}

const KINDS: readonly CrashKind[] = ["lost", "kept", "torn", "reordered"];

/** Lives until the power fails before change `cutAt`, or to the end; then what the next start finds. */
async function crash(seed: number, kind: CrashKind, cutAt: number): Promise<VirtualDisk | undefined> {
  const rng = createPrng(seed * 1000 + cutAt);
  const promises = new Promises();
  const disk = newDisk(seed);
  disk.cutPowerAt(cutAt);
  const error = await new Life(disk, promises, rng).work().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== undefined && !disk.isOff) throw error;
  const isOver = !disk.isOff;
  const rebooted = disk.reboot(kind, rng);
  await checkEpochs(rebooted, promises);
  const next = new Life(rebooted, promises, rng);
  await next.start();
  next.append(3);
  await next.commit();
  // Once more, with what was repaired and begun since.
  const again = rebooted.reboot(kind, rng);
  await new Life(again, promises, rng).start();
  return isOver ? undefined : again;
}

async function checkEpochs(disk: VirtualDisk, promises: Promises): Promise<void> {
  const epochs = new EpochFiles(disk, "/data/version-2");
  for (const epoch of [await epochs.readAccepted(), await epochs.readCurrent()]) {
    expect(epoch ?? 0).toBeGreaterThanOrEqual(promises.epoch.written);
    expect(epoch ?? 0).toBeLessThanOrEqual(promises.epoch.begun);
  }
  const [accepted, current] = [await epochs.readAccepted(), await epochs.readCurrent()];
  expect(accepted ?? 0).toBeGreaterThanOrEqual(current ?? 0);
}

describe("a power failure at every write boundary", () => {
  it.each(KINDS)("unsynced writes %s", async (kind) => {
    for (let seed = 1; seed <= 3; seed++) {
      let cuts = 0;
      for (; ; cuts++) {
        if ((await crash(seed, kind, cuts)) === undefined) break;
      }
      expect(cuts).toBeGreaterThan(60);
    }
  });
});
