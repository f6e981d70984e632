import type { Disk } from "../../base/ports.ts";
import { counterOf, type Zxid } from "../../protocol/zxid.ts";
import type { DataDirectory } from "../directory/data-directory.ts";
import { type LogName, logNames, pathIn, snapshotNames } from "../directory/file-names.ts";
import { filesFrom, LogFileReader } from "./log-reader.ts";

export interface SurveyOptions {
  readonly disk: Disk;
  readonly directory: DataDirectory;
  /** What is asked about. */
  readonly zxid: Zxid;
  /** The last record that counts: give the last durable zxid, since behind it the log is being written. */
  readonly through: Zxid;
  readonly recordBytesMax?: number;
}

export interface Survey {
  /** The greatest record at or below the zxid; undefined when there is none. */
  readonly atOrBelow: Zxid | undefined;
  /** The first record above it; undefined when there is none. */
  readonly above: Zxid | undefined;
  /** Bytes of the files from the one that holds {@link above} on, preallocation included, as Apache counts them. */
  readonly bytes: number;
  /** Bytes of the newest snapshot; 0 without one. */
  readonly snapshotBytes: number;
}

const NOTHING: Survey = { atOrBelow: undefined, above: undefined, bytes: 0, snapshotBytes: 0 };

/**
 * What the log on disk holds around a zxid: nothing, when there is a hole behind it. Reads one file as far as that place,
 * seldom a second one. Throws DiskError.
 */
export async function surveyLog(options: SurveyOptions): Promise<Survey> {
  const { disk, directory, zxid } = options;
  const files = filesFrom(logNames(await disk.list(directory.logDir)), zxid);
  const { atOrBelow, above, holder } = await findAround(options, files);
  const readFiles = holder === undefined ? [] : files.slice(files.indexOf(holder));
  const snapshots = snapshotNames(await disk.list(directory.snapDir));
  const [newest] = snapshots;
  if (await hasHole(options, readFiles, snapshots)) return NOTHING;
  return {
    atOrBelow,
    above,
    bytes: await sumOfSizes(
      disk,
      readFiles.map(({ name }) => pathIn(directory.logDir, name)),
    ),
    snapshotBytes:
      newest === undefined ? 0 : await sumOfSizes(disk, [pathIn(directory.snapDir, newest.name)]),
  };
}

/**
 * A snapshot that is newer than what was in the log when it came bridges a hole: an Apache server keeps the log in front of a
 * leader's snapshot, and a power failure may take more of the log than of a snapshot. A new epoch that begins behind it in
 * a file of its own does not show that anything is missing; the snapshot between the two files does.
 */
async function hasHole(
  options: SurveyOptions,
  files: readonly LogName[],
  snapshots: readonly { readonly zxid: Zxid }[],
): Promise<boolean> {
  for (const [at, next] of files.entries()) {
    const file = files[at - 1];
    if (file === undefined || counterOf(next.zxid) !== 1 || next.zxid > options.through) continue;
    const bridge = snapshots.find(({ zxid }) => zxid < next.zxid);
    if (bridge !== undefined && bridge.zxid >= file.zxid && (await lastOf(options, file)) < bridge.zxid)
      return true;
  }
  return false;
}

async function lastOf(
  { disk, directory, recordBytesMax }: SurveyOptions,
  { name, zxid }: LogName,
): Promise<Zxid> {
  const file = await LogFileReader.open(disk, pathIn(directory.logDir, name), recordBytesMax);
  let last = zxid;
  try {
    do {
      for (let record = file.next(); record !== undefined; record = file.next()) last = record.zxid;
    } while (await file.read());
  } finally {
    await file.close();
  }
  return last;
}

async function findAround(options: SurveyOptions, files: readonly LogName[]) {
  const { disk, directory, zxid, through, recordBytesMax } = options;
  let atOrBelow: Zxid | undefined;
  for (const holder of files) {
    if (holder.zxid > through) break;
    const file = await LogFileReader.open(disk, pathIn(directory.logDir, holder.name), recordBytesMax);
    try {
      do {
        for (let record = file.next(); record !== undefined; record = file.next()) {
          if (record.zxid > through) return { atOrBelow, above: undefined, holder: undefined };
          if (record.zxid > zxid) return { atOrBelow, above: record.zxid, holder };
          atOrBelow = record.zxid;
          // Behind the last durable record the file may be in the middle of a write.
          if (record.zxid === through) return { atOrBelow, above: undefined, holder: undefined };
        }
      } while (await file.read());
    } finally {
      await file.close();
    }
  }
  return { atOrBelow, above: undefined, holder: undefined };
}

async function sumOfSizes(disk: Disk, paths: readonly string[]): Promise<number> {
  let sum = 0;
  // A file may have been purged meanwhile.
  for (const path of paths) sum += (await disk.size(path)) ?? 0;
  return sum;
}
