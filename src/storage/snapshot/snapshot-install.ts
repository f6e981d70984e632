import type { Disk } from "../../base/ports.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { DataDirectory } from "../directory/data-directory.ts";
import { installNames, logNames, pathIn, snapshotName, snapshotNames } from "../directory/file-names.ts";

export interface CompleteInstallOptions {
  readonly disk: Disk;
  readonly directory: DataDirectory;
}

/**
 * Makes a snapshot that came from the leader, and was written by `SnapshotStore.writeForInstall`, this server's state: the log
 * and all other snapshots go, then it gets its name. Before the snapshot is complete on disk nothing of the old state is
 * touched; from then on each start goes on with this, so no crash leaves a mixture of both.
 *
 * What is below the snapshot goes too: the log would have a hole there, which nobody sees once a new epoch begins behind it,
 * and this server would one day hand the log with its hole to a learner (F30, F39).
 *
 * To be called before a recovery. Returns the snapshot's zxid, or undefined when none was to be installed. No log may be
 * open. Throws DiskError.
 */
export async function completeInstall({
  disk,
  directory,
}: CompleteInstallOptions): Promise<Zxid | undefined> {
  const { snapDir, logDir } = directory;
  const [install] = installNames(await disk.list(snapDir));
  if (install === undefined) return undefined;
  const { name, zxid, compression } = install;
  await removeAll(disk, logDir, logNames(await disk.list(logDir)));
  await removeAll(disk, snapDir, snapshotNames(await disk.list(snapDir)));
  await disk.rename(pathIn(snapDir, name), pathIn(snapDir, snapshotName(zxid, compression)));
  await disk.syncDirectory(snapDir);
  return zxid;
}

async function removeAll(
  disk: Disk,
  directory: string,
  files: readonly { readonly name: string }[],
): Promise<void> {
  for (const { name } of files) await disk.remove(pathIn(directory, name));
  if (files.length > 0) await disk.syncDirectory(directory);
}
