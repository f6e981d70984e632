import type { Disk } from "../../base/ports.ts";
import { pathIn, TEMPORARY_SUFFIX } from "./file-names.ts";

/**
 * Replaces a file as a whole: temporary name, fsync, rename, fsync of the directory. Whatever moment the power fails,
 * the old or the new content is there. Apache leaves out the last step (storage-formats 1).
 */
export async function writeAtomically(
  disk: Disk,
  directory: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const temporary = pathIn(directory, name + TEMPORARY_SUFFIX);
  const file = await disk.create(temporary);
  try {
    await file.write(bytes, 0);
    await file.sync();
  } catch (error) {
    await file.close().catch(() => undefined);
    await disk.remove(temporary).catch(() => undefined);
    throw error;
  }
  await file.close();
  await disk.rename(temporary, pathIn(directory, name));
  await disk.syncDirectory(directory);
}
