import { invariant } from "../../base/invariant.ts";
import type { Disk, DiskFile, Timer } from "../../base/ports.ts";
import { JuteWriter } from "../../protocol/jute-writer.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import {
  installName,
  isSnapshotLeftover,
  pathIn,
  type SnapshotCompression,
  snapshotName,
  TEMPORARY_SUFFIX,
} from "../directory/file-names.ts";
import { SnapshotEncoder } from "./snapshot-format.ts";
import type { SnapshotSource } from "./snapshot-port.ts";

export type { SnapshotCompression } from "../directory/file-names.ts";

/** One slice takes a fraction of a millisecond. */
const SLICE_BYTES = 64 * 1024;
/** Slices are gathered to this before they are compressed (in the thread pool) and written. */
const WRITE_BYTES = 256 * 1024;
/** The file is synced this often while it is written: one sync at the end would keep the log's own waiting. */
const SYNC_BYTES = 16 * 1024 * 1024;

export interface SnapshotStoreOptions {
  readonly disk: Disk;
  readonly timer: Timer;
  /** `DataDirectory.snapDir`. */
  readonly directory: string;
  /** `snapshot.compression.method`. */
  readonly compression?: SnapshotCompression;
  /** `serializeLastProcessedZxid.enabled` (default true): write the last-zxid section. */
  readonly isLastZxidWritten?: boolean;
  /** Bytes of one slice, the work done without a pause; default 64 KiB (well below a millisecond). */
  readonly sliceBytes?: number;
}

export interface SnapshotFile {
  readonly path: string;
  readonly zxid: Zxid;
  /** Size of the file. */
  readonly bytes: number;
}

/** Writes snapshots. Reading them is the start's business (snapshot-load.ts). */
export class SnapshotStore {
  readonly #options: SnapshotStoreOptions;
  #isWriting = false;
  #areLeftoversRemoved = false;

  constructor(options: SnapshotStoreOptions) {
    this.#options = options;
  }

  get isWriting(): boolean {
    return this.#isWriting;
  }

  /**
   * Writes a snapshot in slices, one per event-loop turn, never ahead of the disk, and makes it durable under its
   * final name. One at a time: {@link isWriting} says so. Rejects with DiskError; then nothing but a `.tmp` is left, and
   * an older snapshot of the same zxid is untouched.
   */
  write(source: SnapshotSource): Promise<SnapshotFile> {
    return this.#writeAlone(source, snapshotName);
  }

  /**
   * The same, but the snapshot is not one yet: `completeInstall` makes it this server's state, in place of what is there
   * now.
   */
  writeForInstall(source: SnapshotSource): Promise<SnapshotFile> {
    return this.#writeAlone(source, installName);
  }

  async #writeAlone(source: SnapshotSource, nameOf: typeof snapshotName): Promise<SnapshotFile> {
    invariant(!this.#isWriting, "one snapshot at a time");
    this.#isWriting = true;
    try {
      if (!this.#areLeftoversRemoved) await this.#removeLeftovers();
      this.#areLeftoversRemoved = true;
      return await this.#write(source, nameOf);
    } finally {
      this.#isWriting = false;
    }
  }

  /** What an interrupted process left of its snapshots. */
  async #removeLeftovers(): Promise<void> {
    const { disk, directory } = this.#options;
    for (const name of (await disk.list(directory)).filter(isSnapshotLeftover)) {
      await disk.remove(pathIn(directory, name));
    }
  }

  async #write(source: SnapshotSource, nameOf: typeof snapshotName): Promise<SnapshotFile> {
    const { disk, directory, compression = "" } = this.#options;
    const path = pathIn(directory, nameOf(source.zxid, compression));
    const temporary = path + TEMPORARY_SUFFIX;
    const file = await disk.create(temporary);
    let bytes: number;
    try {
      bytes = await this.#writeSlices(source, file, compression);
    } catch (error) {
      await file.close().catch(() => undefined);
      await disk.remove(temporary).catch(() => undefined);
      throw error;
    }
    await file.close();
    await disk.rename(temporary, path);
    await disk.syncDirectory(directory);
    return { path, zxid: source.zxid, bytes };
  }

  async #writeSlices(
    source: SnapshotSource,
    file: DiskFile,
    compression: SnapshotCompression,
  ): Promise<number> {
    const { timer, sliceBytes = SLICE_BYTES, isLastZxidWritten = true } = this.#options;
    const encoder = new SnapshotEncoder(source, { isLastZxidWritten });
    const compressor = await createCompressor(compression);
    const output = new PacedFile(file);
    // Snappy compresses on this thread: slice by slice.
    const gatheredMax = compression === "snappy" ? sliceBytes : WRITE_BYTES;
    // One is filled while the other is on its way. New memory for each write would be 200 MB of garbage in a snapshot of a
    // million znodes, and garbage outside the heap makes the collector run a full collection ten times a second.
    let gathered = new JuteWriter(WRITE_BYTES + 2 * sliceBytes);
    let onItsWay = new JuteWriter(WRITE_BYTES + 2 * sliceBytes);
    let isDone = false;
    while (!isDone) {
      isDone = encoder.step(gathered, sliceBytes);
      if (isDone || gathered.length >= gatheredMax) {
        await output.write(await compressor.encode(gathered.bytes()));
        [gathered, onItsWay] = [onItsWay, gathered];
        gathered.reset();
      }
      if (!isDone) await new Promise<void>((resolve) => timer.soon(resolve));
    }
    await output.write(compressor.finish());
    return await output.finish();
  }
}

interface Compressor {
  encode(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  finish(): Uint8Array;
}

const PLAIN: Compressor = { encode: (bytes) => bytes, finish: () => new Uint8Array(0) };

/** Codecs are loaded when they are needed, which is seldom. */
async function createCompressor(compression: SnapshotCompression): Promise<Compressor> {
  if (compression === "gz") return new (await import("./gzip-stream.ts")).GzipEncoder();
  if (compression === "snappy") return new (await import("./snappy-stream.ts")).SnappyEncoder();
  return PLAIN;
}

/** A file that is written with one write on its way while the next bytes are being made, and synced now and then. */
class PacedFile {
  readonly #file: DiskFile;
  #position = 0;
  #unsynced = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: DiskFile) {
    this.#file = file;
  }

  /**
   * Resolves when more can be taken: the bytes of the call before are written then, these are not. Rejects when an earlier
   * write failed.
   */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#writing;
    this.#writing = this.#put(bytes);
    // Its failure is told by the next call; it must not count as unhandled until then.
    this.#writing.catch(() => undefined);
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    await this.#file.write(bytes, this.#position);
    this.#position += bytes.length;
    this.#unsynced += bytes.length;
    if (this.#unsynced < SYNC_BYTES) return;
    this.#unsynced = 0;
    await this.#file.sync();
  }

  /** Makes everything durable; returns the size of the file. */
  async finish(): Promise<number> {
    await this.#writing;
    await this.#file.sync();
    return this.#position;
  }
}
