import { Buffer } from "node:buffer";
import type { Disk } from "../../base/ports.ts";
import { JuteError } from "../../protocol/jute-reader.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import { pathIn, type SnapshotName } from "../directory/file-names.ts";
import { SnapshotDecoder } from "./snapshot-decoder.ts";
import type { SnapshotSink } from "./snapshot-port.ts";

const CHUNK_BYTES = 1024 * 1024;
/** More than any heap could hold of a tree: a compressed file that expands beyond it is not a snapshot but a trap. */
const EXPANDED_BYTES_MAX = 64 * 1024 * 1024 * 1024;

export interface ReadSnapshotOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** A longer limit for one path or data than the decoder's own. */
  readonly fieldBytesMax?: number | undefined;
  /** Bytes read, and worked on without a pause, at once; default 1 MiB. */
  readonly chunkBytes?: number;
  readonly expandedBytesMax?: number;
}

export interface ReadSnapshot {
  /** The last-zxid section, if there is one. */
  readonly lastZxid: Zxid | undefined;
}

/**
 * Reads a snapshot file into a fresh sink, checking every seal. Throws JuteError when it is damaged, NewerSnapshot when
 * its format is above ours, DiskError when it cannot be read.
 */
export async function readSnapshot(
  file: SnapshotName,
  sink: SnapshotSink,
  options: ReadSnapshotOptions,
): Promise<ReadSnapshot> {
  const { disk, directory, fieldBytesMax, chunkBytes = CHUNK_BYTES } = options;
  const decoder = new SnapshotDecoder(sink, { fieldBytesMax });
  const chunks = readChunks(disk, pathIn(directory, file.name), chunkBytes);
  let expandedLeft = options.expandedBytesMax ?? EXPANDED_BYTES_MAX;
  const push = (bytes: Uint8Array): void => {
    expandedLeft -= bytes.length;
    if (expandedLeft < 0) throw new JuteError("the file expands to more than a snapshot can be");
    decoder.push(bytes);
  };
  // Most directories have no compressed snapshot: their codecs are loaded when one is met.
  if (file.compression === "snappy") {
    const { SnappyDecoder } = await import("./snappy-stream.ts");
    const snappy = new SnappyDecoder();
    for await (const chunk of chunks) snappy.decode(chunk, push);
    snappy.finish();
  } else if (file.compression === "gz") {
    const { gunzip } = await import("./gzip-stream.ts");
    for await (const chunk of gunzip(chunks)) push(chunk);
  } else {
    for await (const chunk of chunks) push(chunk);
  }
  decoder.finish();
  return { lastZxid: decoder.lastZxid };
}

/** Checks all seals of a snapshot without keeping anything of it. Returns why it is damaged, or undefined. */
export async function verifySnapshot(
  file: SnapshotName,
  options: ReadSnapshotOptions,
): Promise<string | undefined> {
  try {
    await readSnapshot(file, NOWHERE, options);
    return undefined;
  } catch (error) {
    if (error instanceof JuteError) return error.message;
    throw error;
  }
}

const NOWHERE: SnapshotSink = {
  session: () => undefined,
  acl: () => undefined,
  node: () => undefined,
  digest: () => undefined,
};

/** The file in portions that are read one ahead: while one is being worked on the next is on its way. */
async function* readChunks(
  disk: Disk,
  path: string,
  chunkBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = await disk.openRead(path);
  let current = Buffer.allocUnsafe(chunkBytes);
  let next = Buffer.allocUnsafe(chunkBytes);
  let position = 0;
  let pending = reader.read(current, position);
  try {
    for (let count = await pending; count > 0; count = await pending) {
      position += count;
      const full = current.subarray(0, count);
      [current, next] = [next, current];
      pending = reader.read(current, position);
      yield full;
    }
  } finally {
    await pending.catch(() => undefined);
    await reader.close();
  }
}
