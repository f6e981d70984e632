import { type Disk, DiskError } from "../base/ports.ts";
import type { Zxid } from "../protocol/zxid.ts";
import type { DataDirectory } from "./directory/data-directory.ts";
import { logNames, pathIn, type SnapshotName, snapshotNames } from "./directory/file-names.ts";
import { filesFrom } from "./log/log-reader.ts";
import { NewerSnapshot } from "./snapshot/snapshot-decoder.ts";
import { verifySnapshot } from "./snapshot/snapshot-reader.ts";

/** Fewer than this are never kept, whatever is asked for. */
export const SNAP_RETAIN_COUNT_MIN = 3;
/** Bytes checked without a pause: this runs beside a serving server. */
const VERIFY_CHUNK_BYTES = 128 * 1024;

export interface PurgeOptions {
  readonly disk: Disk;
  readonly directory: DataDirectory;
  /** `autopurge.snapRetainCount`, at least 3. */
  readonly snapRetainCount: number;
}

export interface Purged {
  /** Paths, in the order in which they went. */
  readonly removed: readonly string[];
  /** Snapshots among the newest ones that are damaged: they do not count, older good ones are kept instead. */
  readonly damaged: readonly string[];
}

/**
 * Deletes old snapshots and the logs that only they need. Kept is what Apache's PurgeTxnLog keeps: the newest
 * `snapRetainCount` snapshots, the newest log at or below the oldest of them, and all later logs (storage-formats 3.9).
 * Only snapshots count whose seals are right, all of them read through; Apache looks at the last five bytes, and can
 * delete the last good one. Names that are neither a log nor a snapshot are left alone. Throws DiskError.
 */
export async function purge(options: PurgeOptions): Promise<Purged> {
  const { disk, directory } = options;
  const { snapDir, logDir } = directory;
  const count = Math.max(SNAP_RETAIN_COUNT_MIN, options.snapRetainCount);
  const snapshots = snapshotNames(await disk.list(snapDir));
  const { oldest, damaged } = await findOldestKept(options, snapshots, count);
  if (oldest === undefined) return { removed: [], damaged };

  const doomedSnapshots = snapshots.filter((snapshot) => snapshot.zxid < oldest);
  const logs = logNames(await disk.list(logDir));
  const doomedLogs = logs.slice(0, logs.length - filesFrom(logs, oldest).length);
  // Snapshots first, oldest first: a crash in between never leaves a snapshot without the log behind it.
  const removed = [
    ...(await removeAll(disk, snapDir, doomedSnapshots.map(({ name }) => name).reverse())),
    ...(await removeAll(
      disk,
      logDir,
      doomedLogs.map(({ name }) => name),
    )),
  ];
  return { removed, damaged };
}

/**
 * The oldest of the newest `count` good snapshots, or of all of them when there are fewer. Undefined (nothing may go) when
 * there are none, or fewer because of damaged ones.
 */
async function findOldestKept(
  options: PurgeOptions,
  snapshots: readonly SnapshotName[],
  count: number,
): Promise<{ readonly oldest: Zxid | undefined; readonly damaged: readonly string[] }> {
  const { disk, directory } = options;
  const damaged: string[] = [];
  const good: SnapshotName[] = [];
  for (const snapshot of snapshots) {
    if (await isGood(disk, directory.snapDir, snapshot)) good.push(snapshot);
    else damaged.push(pathIn(directory.snapDir, snapshot.name));
    if (good.length === count) break;
  }
  const isEnough = good.length === count || damaged.length === 0;
  return { oldest: isEnough ? good.at(-1)?.zxid : undefined, damaged };
}

async function isGood(disk: Disk, directory: string, snapshot: SnapshotName): Promise<boolean> {
  try {
    return (
      (await verifySnapshot(snapshot, { disk, directory, chunkBytes: VERIFY_CHUNK_BYTES })) === undefined
    );
  } catch (error) {
    if (error instanceof DiskError || error instanceof NewerSnapshot) return false;
    throw error;
  }
}

async function removeAll(disk: Disk, directory: string, names: readonly string[]): Promise<string[]> {
  const removed: string[] = [];
  for (const name of names) {
    const path = pathIn(directory, name);
    await disk.remove(path);
    removed.push(path);
  }
  if (names.length > 0) await disk.syncDirectory(directory);
  return removed;
}
