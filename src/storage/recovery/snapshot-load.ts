import { Buffer } from "node:buffer";
import { type Disk, DiskError } from "../../base/ports.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import { pathIn, type SnapshotName, snapshotNames } from "../directory/file-names.ts";
import { NewerSnapshot } from "../snapshot/snapshot-decoder.ts";
import type { RecoveryTarget } from "../snapshot/snapshot-port.ts";
import { readSnapshot } from "../snapshot/snapshot-reader.ts";
import { StartRefused } from "../start-refused.ts";

/** A snapshot that was not used, and why. */
export interface SkippedSnapshot {
  readonly file: string;
  readonly zxid: Zxid;
  readonly reason: string;
  /** It was finished once, as far as its ends show: so there is data that cannot be read. */
  readonly wasComplete: boolean;
}

export interface LoadedSnapshot<T> {
  readonly target: T;
  readonly zxid: Zxid;
  readonly file: string;
}

export interface SnapshotSearch<T> {
  readonly loaded: LoadedSnapshot<T> | undefined;
  /** Those newer than the loaded one; all there are when none could be loaded. */
  readonly skipped: readonly SkippedSnapshot[];
}

export interface LoadOptions<T> {
  readonly disk: Disk;
  readonly directory: string;
  /** A fresh database for each attempt: a broken snapshot must leave no trace (storage-formats 3.3). */
  readonly createTarget: () => T;
  readonly fieldBytesMax?: number | undefined;
}

/** Loads the newest snapshot whose seals are all right. Throws StartRefused for a format newer than ours. */
export async function loadNewestSnapshot<T extends RecoveryTarget>(
  options: LoadOptions<T>,
): Promise<SnapshotSearch<T>> {
  const { disk, directory, createTarget, fieldBytesMax } = options;
  const skipped: SkippedSnapshot[] = [];
  for (const snapshot of snapshotNames(await disk.list(directory))) {
    const file = pathIn(directory, snapshot.name);
    const target = createTarget();
    try {
      await readSnapshot(snapshot, target, { disk, directory, fieldBytesMax });
      target.snapshotLoaded(snapshot.zxid);
      return { loaded: { target, zxid: snapshot.zxid, file }, skipped };
    } catch (error) {
      if (error instanceof NewerSnapshot) throw newer(file, error);
      // Whatever a damaged file makes the database say, the next older one may be good.
      const reason = (error as Error).message;
      skipped.push({
        file,
        zxid: snapshot.zxid,
        reason,
        wasComplete: await looksComplete(disk, file, snapshot),
      });
    }
  }
  return { loaded: undefined, skipped };
}

function newer(file: string, error: NewerSnapshot): StartRefused {
  return new StartRefused(
    "newer-format",
    `${file} was written by a newer version: ${error.message}. Start the version that wrote it; nothing was changed.`,
    { file },
  );
}

const END_OF_SNAPSHOT = Buffer.from("000000012f", "hex");
const GZIP_START = Buffer.from("1f8b", "hex");
const SNAPPY_START = Buffer.from("82534e4150505900", "hex");

/** Apache's quick test of validity (storage-formats 3.3). */
async function looksComplete(disk: Disk, path: string, snapshot: SnapshotName): Promise<boolean> {
  try {
    const reader = await disk.openRead(path);
    try {
      if (reader.size < 10) return false;
      const isPlain = snapshot.compression === "";
      const expected = isPlain ? END_OF_SNAPSHOT : snapshot.compression === "gz" ? GZIP_START : SNAPPY_START;
      const found = Buffer.alloc(expected.length);
      const count = await reader.read(found, isPlain ? reader.size - expected.length : 0);
      return count === expected.length && found.equals(expected);
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (error instanceof DiskError) return true;
    throw error;
  }
}
