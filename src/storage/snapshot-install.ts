import type { Disk } from "../base/ports.ts";
import type { Zxid } from "../protocol/zxid.ts";
import type { DataDirectory } from "./data-directory.ts";
import { installNames, pathIn, snapshotName } from "./file-names.ts";
import { removeAbove } from "./log-truncate.ts";

export interface CompleteInstallOptions {
  readonly disk: Disk;
  readonly directory: DataDirectory;
  readonly recordBytesMax?: number;
}

/**
 * Makes a snapshot that came from the leader, and was written by `SnapshotStore.writeForInstall`, this server's state: every
 * record and every snapshot above it goes, then it gets its name. Before the snapshot is complete on disk nothing of the old
 * state is touched; from then on each start goes on with this, so no crash leaves a mixture of both.
 *
 * To be called before a recovery. Returns the snapshot's zxid, or undefined when none was to be installed. No log may be
 * open. Throws CannotTruncate when the log is not readable, DiskError.
 */
export async function completeInstall(options: CompleteInstallOptions): Promise<Zxid | undefined> {
  const { disk, directory } = options;
  const { snapDir } = directory;
  const [install] = installNames(await disk.list(snapDir));
  if (install === undefined) return undefined;
  const { name, zxid, compression } = install;
  await removeAbove({ ...options, zxid });
  await disk.rename(pathIn(snapDir, name), pathIn(snapDir, snapshotName(zxid, compression)));
  await disk.syncDirectory(snapDir);
  return zxid;
}
