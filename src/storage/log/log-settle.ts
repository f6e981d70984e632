import { Buffer } from "node:buffer";
import type { Disk } from "../../base/ports.ts";
import { pathIn } from "../directory/file-names.ts";
import { TORN_BYTES_MAX } from "./log-damage.ts";

/**
 * Makes durable what a recovery has read at the end of the log: up to `offset` of the file `name`.
 *
 * What can be read need not be on the disk. A process that was killed, or stopped because its disk was full, leaves its last
 * write in the system's cache, and after a failed fsync the cache even says that it is written. A server that took such records
 * for durable would vote with them and acknowledge a leader, and the next power failure would take them away. So the last
 * write, as much as it can have been, is written again, and its name with it.
 */
export async function settleLog(
  disk: Disk,
  directory: string,
  { name, offset }: { readonly name: string; readonly offset: number },
): Promise<void> {
  const path = pathIn(directory, name);
  const start = Math.max(0, offset - TORN_BYTES_MAX);
  const bytes = await readPart(disk, path, start, offset - start);
  const file = await disk.openWrite(path);
  try {
    await file.write(bytes, start);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.syncDirectory(directory);
}

async function readPart(disk: Disk, path: string, start: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length);
  const reader = await disk.openRead(path);
  try {
    let done = 0;
    while (done < length) {
      const count = await reader.read(bytes.subarray(done), start + done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  } finally {
    await reader.close();
  }
}
