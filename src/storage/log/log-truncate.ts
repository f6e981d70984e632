import type { Disk } from "../../base/ports.ts";
import { type Zxid, zxidText } from "../../protocol/zxid.ts";
import type { DataDirectory } from "../directory/data-directory.ts";
import { logNames, pathIn, snapshotNames } from "../directory/file-names.ts";
import { LogFileReader } from "./log-reader.ts";
import { clearLogTail, type LogTail } from "./log-tail-repair.ts";

export interface TruncateOptions {
  readonly disk: Disk;
  readonly directory: DataDirectory;
  /** Every record above this goes. */
  readonly zxid: Zxid;
  readonly recordBytesMax?: number;
}

/** The log cannot be cut to what the leader asked for; this server needs the leader's snapshot instead. */
export class CannotTruncate extends Error {
  override readonly name = "CannotTruncate";
}

/**
 * Removes every record above `zxid` (TRUNC of a leader), durably, and every snapshot above it: a snapshot may hold the
 * very txns that have to go (ZOOKEEPER-4837). The cut is in front of the first record above `zxid`, wherever that is;
 * Apache cuts behind the first record at or above it and so keeps a record that it was told to drop (storage-formats 2.4).
 *
 * Snapshots go first, then later files, newest first, then the cut: a crash in between leaves a directory that is merely
 * not cut far enough. No log may be open; afterwards the database has to be recovered anew. Throws CannotTruncate when
 * nothing was changed, DiskError when something failed on the way.
 */
export async function truncateLog(options: TruncateOptions): Promise<void> {
  const { disk, directory, zxid } = options;
  const { logDir, snapDir } = directory;
  const snapshots = snapshotNames(await disk.list(snapDir));
  if (snapshots.every((snapshot) => snapshot.zxid > zxid)) {
    throw new CannotTruncate(
      `cannot truncate to ${zxidText(zxid)}: ${snapDir} has no snapshot at or below it to start from`,
    );
  }
  const plan = await planCut(options);
  const newer = snapshots.filter((snapshot) => snapshot.zxid > zxid);
  for (const { name } of newer) await disk.remove(pathIn(snapDir, name));
  if (newer.length > 0) await disk.syncDirectory(snapDir);
  for (const name of plan.empty) {
    await disk.remove(pathIn(logDir, name));
    await disk.syncDirectory(logDir);
  }
  await clearLogTail(disk, logDir, { ...plan, empty: [] });
}

/** What has to go: whole files in `empty`, newest first, and the place of the cut in `torn`. */
async function planCut(options: TruncateOptions): Promise<LogTail> {
  const { disk, directory, zxid, recordBytesMax } = options;
  const empty: string[] = [];
  for (const { name } of logNames(await disk.list(directory.logDir)).reverse()) {
    const file = await LogFileReader.open(disk, pathIn(directory.logDir, name), recordBytesMax);
    try {
      const { lastZxid, cutAt } = await findCut(file, zxid);
      if (lastZxid === undefined) {
        empty.push(name);
        continue;
      }
      const { kind, offset } = file.end ?? { kind: "clean", offset: 0 };
      const torn = cutAt !== undefined ? cutAt : kind === "torn" ? offset : undefined;
      return {
        lastZxid,
        torn: torn === undefined ? [] : [{ name, offset: torn }],
        unterminated: cutAt === undefined && kind === "unterminated" ? [{ name, offset }] : [],
        empty,
      };
    } finally {
      await file.close();
    }
  }
  return { lastZxid: -1 as Zxid, torn: [], unterminated: [], empty };
}

/** The last record at or below `zxid`, and where the first one above it starts, if there is one. */
async function findCut(file: LogFileReader, zxid: Zxid) {
  let lastZxid: Zxid | undefined;
  do {
    for (let record = file.next(); record !== undefined; record = file.next()) {
      if (record.zxid > zxid) return { lastZxid, cutAt: record.offset };
      lastZxid = record.zxid;
    }
  } while (await file.read());
  const { kind, offset, detail } = file.end!;
  if (kind === "clean" || kind === "torn" || kind === "unterminated") return { lastZxid, cutAt: undefined };
  throw new CannotTruncate(
    `cannot truncate to ${zxidText(zxid)}: ${file.path} is not readable at offset ${offset}: ${detail}`,
  );
}
