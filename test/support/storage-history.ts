import { VirtualClock } from "../../sim/virtual-clock.ts";
import type { VirtualDisk } from "../../sim/virtual-disk.ts";
import type { DataDirectory } from "../../src/storage/directory/data-directory.ts";
import type { LogTail } from "../../src/storage/log/log-tail-repair.ts";
import { TxnLog } from "../../src/storage/log/txn-log.ts";
import { SnapshotStore } from "../../src/storage/snapshot/snapshot-store.ts";
import { newDisk, payloadOf, range, recoverZxids, TURNS, zx } from "./storage.ts";

/** The last zxid of {@link writeHistory}. */
export const HISTORY_LAST = 60;

/** The log behind what a start has found. */
export function openLog(
  disk: VirtualDisk,
  { directory, logTail }: { readonly directory: DataDirectory; readonly logTail: LogTail },
): TxnLog {
  return new TxnLog({
    disk,
    clock: new VirtualClock(),
    directory: directory.logDir,
    after: logTail,
    preAllocBytes: 4096,
  });
}

/**
 * A disk with the data of a server: 60 txns in files of 15 each, and the snapshots of a first start and at `snapshots`.
 *
 * @param commitEvery so many txns are written at once; all before the end of it if undefined
 */
export async function writeHistory(
  snapshots: readonly number[],
  commitEvery?: number,
): Promise<{ readonly disk: VirtualDisk; readonly directory: DataDirectory }> {
  const disk = newDisk();
  const { directory, logTail, target } = await recoverZxids(disk);
  const log = openLog(disk, { directory, logTail });
  const store = new SnapshotStore({ disk, timer: TURNS, directory: directory.snapDir });
  for (const zxid of range(1, HISTORY_LAST)) {
    log.append(zx(zxid), payloadOf(zxid));
    target.replay(payloadOf(zxid));
    if (commitEvery !== undefined && zxid % commitEvery === 0) await log.commit();
    if (zxid % 15 === 0) log.roll();
    if (snapshots.includes(zxid)) await store.write(target.snapshotSource());
  }
  await log.close();
  return { disk, directory };
}
