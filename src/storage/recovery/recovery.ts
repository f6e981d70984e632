import { type Disk, DiskError } from "../../base/ports.ts";
import { JuteWriter } from "../../protocol/jute-writer.ts";
import { follows, ZXID_NONE, ZXID_ZERO, type Zxid } from "../../protocol/zxid.ts";
import { writeAtomically } from "../directory/atomic-file.ts";
import type { DataDirectory } from "../directory/data-directory.ts";
import { type LogName, logNames, pathIn, snapshotName } from "../directory/file-names.ts";
import { filesFrom, LogFileReader } from "../log/log-reader.ts";
import { settleLog } from "../log/log-settle.ts";
import type { LogTail } from "../log/log-tail-repair.ts";
import { SnapshotEncoder } from "../snapshot/snapshot-format.ts";
import type { RecoveryTarget, SnapshotSource } from "../snapshot/snapshot-port.ts";
import { type Replayed, replayLog } from "./log-replay.ts";
import { refuseInaccessible, refuseMissingSnapshot, refuseSnapshots } from "./recovery-refusals.ts";
import { loadNewestSnapshot, type SkippedSnapshot, type SnapshotSearch } from "./snapshot-load.ts";

export type { SkippedSnapshot } from "./snapshot-load.ts";

export interface RecoverOptions<T> {
  readonly disk: Disk;
  readonly directory: DataDirectory;
  /** A fresh, empty database; called once per attempt. */
  readonly createTarget: () => T;
  /** `snapshot.trust.empty` (default false): logs without any snapshot are replayed on an empty tree. */
  readonly isEmptySnapshotTrusted?: boolean;
  /** `db.autocreate` (default true): nothing on disk means an empty database with the right to vote. */
  readonly isDbAutocreated?: boolean;
  /** Largest log record, in bytes (jute.maxbuffer + extrasize + some room). */
  readonly recordBytesMax?: number;
  /** Largest path or data of a znode, in bytes, if that is more than the 128 MiB that are read anyway. */
  readonly fieldBytesMax?: number;
  /** `serializeLastProcessedZxid.enabled` (default true), for a first snapshot.0. */
  readonly isLastZxidWritten?: boolean;
}

export interface Recovered<T> {
  readonly target: T;
  /** The last zxid of the database; -1 only when {@link origin} is "untrusted-empty". */
  readonly lastZxid: Zxid;
  /**
   * "disk": from snapshot and log. "new": nothing was there, snapshot.0 has been written. "untrusted-empty": nothing
   * was there and db.autocreate is false without an `initialize` file; the server may not vote with this.
   */
  readonly origin: "disk" | "new" | "untrusted-empty";
  /** Zxid of the snapshot that was loaded (or written, when new), undefined without one. */
  readonly snapshotZxid: Zxid | undefined;
  readonly recordsReplayed: number;
  /** For `new TxnLog`. */
  readonly logTail: LogTail;
  /** Newer snapshots that could not be used, and why. */
  readonly skippedSnapshots: readonly SkippedSnapshot[];
  /** One sentence each, for the server's log at warn level. */
  readonly notices: readonly string[];
}

/** In dataLogDir: allows a server whose disk is empty to vote with that, once (storage-formats 3.7). */
const INITIALIZE_MARKER = "initialize";
const SLICE_BYTES = 64 * 1024;

type Target = RecoveryTarget & { snapshotSource(): SnapshotSource };

/**
 * Reads the newest valid snapshot and replays the log behind it. Nothing on disk is changed before all of it is
 * understood; then what was read is made durable, a first snapshot is written if there was nothing, and the `initialize` marker removed. Throws
 * StartRefused, whose message tells the operator what is wrong, where, and what to do.
 */
export async function recover<T extends Target>(options: RecoverOptions<T>): Promise<Recovered<T>> {
  try {
    return await recoverUnguarded(options);
  } catch (error) {
    if (error instanceof DiskError) throw refuseInaccessible(error);
    throw error;
  }
}

async function recoverUnguarded<T extends Target>(options: RecoverOptions<T>): Promise<Recovered<T>> {
  const { disk, directory, createTarget, fieldBytesMax } = options;
  const { snapDir, logDir } = directory;
  const search = await loadNewestSnapshot({ disk, directory: snapDir, createTarget, fieldBytesMax });
  const logs = logNames(await disk.list(logDir));
  const hasMarker = (await disk.size(markerPath(directory))) !== undefined;
  const recovered =
    search.loaded === undefined
      ? await recoverWithoutSnapshot(options, search, logs, hasMarker)
      : await recoverFrom(options, search, search.loaded.target, search.loaded.zxid, logs);
  if (hasMarker) {
    await disk.remove(markerPath(directory));
    await disk.syncDirectory(directory.dataLogDir);
  }
  return recovered;
}

function markerPath(directory: DataDirectory): string {
  return pathIn(directory.dataLogDir, INITIALIZE_MARKER);
}

async function recoverFrom<T extends Target>(
  options: RecoverOptions<T>,
  search: SnapshotSearch<T>,
  target: T,
  base: Zxid,
  logs: readonly LogName[],
): Promise<Recovered<T>> {
  const { disk, directory, recordBytesMax } = options;
  const replayed: Replayed = await replayLog({
    disk,
    directory: directory.logDir,
    files: filesFrom(logs, (base + 1) as Zxid),
    target,
    base,
    recordBytesMax,
    context: { snapshot: search.loaded?.file, skipped: search.skipped },
  });
  // What is read here is what this server will say that it has: it must not be in the system's cache only.
  if (replayed.end !== undefined) await settleLog(disk, directory.logDir, replayed.end);
  await disk.syncDirectory(directory.snapDir);
  return {
    target,
    lastZxid: replayed.tail.lastZxid,
    origin: "disk",
    snapshotZxid: search.loaded?.zxid,
    recordsReplayed: replayed.records,
    logTail: replayed.tail,
    skippedSnapshots: search.skipped,
    notices: replayed.notices,
  };
}

/** The table of storage-formats 3.7, and stricter: data that was there once must not turn into an empty database. */
async function recoverWithoutSnapshot<T extends Target>(
  options: RecoverOptions<T>,
  search: SnapshotSearch<T>,
  logs: readonly LogName[],
  hasMarker: boolean,
): Promise<Recovered<T>> {
  const { disk, directory, isEmptySnapshotTrusted = false, isDbAutocreated = true } = options;
  const { skipped } = search;
  if (skipped.some((snapshot) => snapshot.wasComplete)) throw refuseSnapshots(directory.snapDir, skipped);
  const first = await firstRecord(options, logs);
  if (first !== undefined) {
    const isComplete = follows(ZXID_ZERO, first);
    if (!isEmptySnapshotTrusted || !isComplete) {
      throw refuseMissingSnapshot(directory.logDir, directory.snapDir, isComplete, skipped);
    }
    return await recoverFrom(options, search, options.createTarget(), ZXID_ZERO, logs);
  }
  // A first start that was cut off leaves an unfinished snapshot.0 or log.1; other names tell of txns that are gone.
  if (skipped.some((snapshot) => snapshot.zxid !== ZXID_ZERO))
    throw refuseSnapshots(directory.snapDir, skipped);
  if (logs.some((log) => !follows(ZXID_ZERO, log.zxid))) {
    throw refuseMissingSnapshot(directory.logDir, directory.snapDir, false, skipped);
  }
  // Files without records are judged like any others: they may be damaged, or only begun.
  const empty = await recoverFrom(options, search, options.createTarget(), ZXID_ZERO, logs);
  if (!isDbAutocreated && !hasMarker) {
    const logTail = { ...empty.logTail, lastZxid: ZXID_NONE };
    return { ...empty, origin: "untrusted-empty", lastZxid: ZXID_NONE, logTail };
  }
  await writeFirstSnapshot(
    disk,
    directory.snapDir,
    empty.target.snapshotSource(),
    options.isLastZxidWritten ?? true,
  );
  return { ...empty, origin: "new", snapshotZxid: ZXID_ZERO };
}

/** Zxid of the first record in any log file; undefined when there is none. */
async function firstRecord<T>(
  options: RecoverOptions<T>,
  logs: readonly LogName[],
): Promise<Zxid | undefined> {
  const { disk, directory, recordBytesMax } = options;
  for (const { name } of logs) {
    const file = await LogFileReader.open(disk, pathIn(directory.logDir, name), recordBytesMax);
    try {
      do {
        const record = file.next();
        if (record !== undefined) return record.zxid;
      } while (await file.read());
    } finally {
      await file.close();
    }
  }
  return undefined;
}

/** An empty database, so small that it is written at once. */
async function writeFirstSnapshot(
  disk: Disk,
  directory: string,
  source: SnapshotSource,
  isLastZxidWritten: boolean,
): Promise<void> {
  const encoder = new SnapshotEncoder(source, { isLastZxidWritten });
  const out = new JuteWriter();
  while (!encoder.step(out, SLICE_BYTES));
  await writeAtomically(disk, directory, snapshotName(ZXID_ZERO, ""), out.bytes());
}
