import { Buffer } from "node:buffer";
import type { Disk } from "../../base/ports.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import { pathIn } from "../directory/file-names.ts";
import { END_OF_RECORD } from "./log-format.ts";

/** What recovery found at the end of the log: where appending may go on, and what has to be put right first. */
export interface LogTail {
  /** Zxid of the last readable record, or of the snapshot when that is newer; -1 when there is neither. */
  readonly lastZxid: Zxid;
  /** Incomplete writes, as names of files with the place from which on they are cut off. */
  readonly torn: readonly { readonly name: string; readonly offset: number }[];
  /** Records that lack nothing but the end byte, which is written at `offset`. */
  readonly unterminated: readonly { readonly name: string; readonly offset: number }[];
  /** Names of files without a single record: they are removed. */
  readonly empty: readonly string[];
}

/**
 * Puts the end of the log right before anything is appended behind it, and makes that durable: so that the next reader,
 * also an Apache server, which stops or refuses at such places, reads exactly what we read.
 */
export async function clearLogTail(disk: Disk, directory: string, tail: LogTail): Promise<void> {
  for (const { name, offset } of tail.unterminated) {
    await change(disk, pathIn(directory, name), async (file) => {
      await file.write(Buffer.of(END_OF_RECORD), offset);
    });
  }
  for (const { name, offset } of tail.torn) {
    await change(disk, pathIn(directory, name), (file) => file.truncate(offset));
  }
  for (const name of tail.empty) await disk.remove(pathIn(directory, name));
  if (tail.empty.length > 0) await disk.syncDirectory(directory);
}

async function change(
  disk: Disk,
  path: string,
  run: (file: Awaited<ReturnType<Disk["openWrite"]>>) => Promise<void>,
): Promise<void> {
  const file = await disk.openWrite(path);
  try {
    await run(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
