import { describe, expect, it } from "vitest";
import type { CrashKind, VirtualDisk } from "../../sim/virtual-disk.ts";
import { createPrng } from "../../src/base/prng.ts";
import type { Zxid } from "../../src/protocol/zxid.ts";
import { completeInstall } from "../../src/storage/snapshot/snapshot-install.ts";
import { SnapshotStore } from "../../src/storage/snapshot/snapshot-store.ts";
import {
  openDirectory,
  payloadOf,
  range,
  recoverZxids,
  TURNS,
  ZxidDatabase,
  zx,
} from "../support/storage.ts";
import { HISTORY_LAST, openLog, writeHistory } from "../support/storage-history.ts";

/**
 * The power fails at every write boundary while a leader's snapshot takes the place of this server's own data. The next start
 * finds the old state whole, or the leader's whole, and never anything of both.
 */

const EPOCH_2 = 0x2_0000_0000;

interface Scene {
  readonly name: string;
  /** Zxids of the leader's history. */
  readonly leader: readonly number[];
  /** Snapshots that the server has of its own. */
  readonly snapshots: readonly number[];
}

const SCENES: Scene[] = [
  {
    name: "the leader is ahead, in its own epoch",
    leader: [...range(1, 50), ...range(EPOCH_2 + 1, EPOCH_2 + 5)],
    snapshots: [0, 20, 40, 60],
  },
  { name: "the leader does not have the last txns", leader: range(1, 45), snapshots: [0, 20, 40, 60] },
  { name: "there is no snapshot at or below the leader's", leader: range(1, 7), snapshots: [20, 40, 60] },
  { name: "the leader is where this server is", leader: range(1, HISTORY_LAST), snapshots: [0, 20, 60] },
];

/** The leader's txns are told by their data. */
function leaderDatabase(zxids: readonly number[]): ZxidDatabase {
  const database = new ZxidDatabase();
  for (const zxid of zxids) database.txns.set(zxid, Buffer.from(`leader's ${zxid}`).toString("hex"));
  database.snapshotLoaded(zx(zxids.at(-1)!));
  return database;
}

async function build({ snapshots }: Scene): Promise<VirtualDisk> {
  const { disk, directory } = await writeHistory(snapshots);
  if (!snapshots.includes(0)) await disk.remove(`${directory.snapDir}/snapshot.0`);
  await disk.syncDirectory(directory.snapDir);
  return disk;
}

/** What a start finds: it finishes an installation first. */
async function start(disk: VirtualDisk) {
  const directory = await openDirectory(disk);
  await completeInstall({ disk, directory });
  return await recoverZxids(disk, { directory });
}

async function install(disk: VirtualDisk, leader: ZxidDatabase): Promise<Zxid | undefined> {
  const directory = await openDirectory(disk);
  const store = new SnapshotStore({ disk, timer: TURNS, directory: directory.snapDir, sliceBytes: 256 });
  await store.writeForInstall(leader.snapshotSource());
  return await completeInstall({ disk, directory });
}

/** Returns whether the installation was done before the power failed. */
async function installWithCut(scene: Scene, kind: CrashKind, cutAt: number): Promise<boolean> {
  const rng = createPrng(cutAt + 1);
  const disk = (await build(scene)).reboot("kept", rng);
  const leader = leaderDatabase(scene.leader);
  disk.cutPowerAt(disk.changes + cutAt);
  const isDone = await install(disk, leader).then(
    () => true,
    () => false,
  );
  // A second power failure, during the start that finishes what the first one interrupted.
  const second = disk.reboot(kind, rng);
  second.cutPowerAt(second.changes + (cutAt % 4));
  await start(second).catch(() => undefined);
  const rebooted = second.reboot(kind, rng);
  const { target, lastZxid, logTail, directory } = await start(rebooted);
  const isLeaders = [...target.txns.values()].some((hex) =>
    Buffer.from(hex, "hex").toString().startsWith("leader"),
  );
  if (isDone) expect(isLeaders).toBe(true);
  if (isLeaders) {
    expect(target.txns).toEqual(leader.txns);
    expect(lastZxid).toBe(scene.leader.at(-1));
  } else {
    expect([...target.txns.keys()].sort((a, b) => a - b)).toEqual(range(1, HISTORY_LAST));
    expect(lastZxid).toBe(HISTORY_LAST);
  }
  // Life goes on behind it.
  const log = openLog(rebooted, { directory, logTail });
  log.append(zx(lastZxid + 1), payloadOf(lastZxid + 1));
  await log.close();
  const after = await start(rebooted.reboot("lost", rng));
  expect(after.lastZxid).toBe(lastZxid + 1);
  expect(after.target.txns.size).toBe(target.txns.size + 1);
  return isDone;
}

describe.each(SCENES)("a power failure at every write boundary of an installation: $name", (scene) => {
  it.each<CrashKind>(["lost", "kept", "torn", "reordered"])("unsynced writes %s", async (kind) => {
    let cuts = 0;
    while (!(await installWithCut(scene, kind, cuts))) cuts++;
    expect(cuts).toBeGreaterThan(4);
  });
});

it("nothing to install changes nothing", async () => {
  const disk = await build(SCENES[0]!);
  const before = disk.changes;
  expect(
    await completeInstall({ disk: disk.reboot("kept"), directory: await openDirectory(disk.reboot("kept")) }),
  ).toBeUndefined();
  expect(disk.changes).toBe(before);
});
