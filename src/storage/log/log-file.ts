import type { Disk, DiskFile } from "../../base/ports.ts";
import { pathIn } from "../directory/file-names.ts";
import type { LogBatch } from "./log-batch.ts";
import { LOG_HEADER_BYTES } from "./log-format.ts";

/** A file grows when an append starts within this distance of its preallocated end (storage-formats 2.3). */
const GROW_MARGIN_BYTES = 4096;
/**
 * Real zeros are written this far ahead of the records. A write into blocks that are there already needs no change of the
 * file's block list, which makes it durable a third sooner (docs/decisions/0010).
 */
const ZERO_AHEAD_BYTES = 256 * 1024;

export interface LogFileOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly name: string;
  /** Steps in which the file grows; 0: it grows with its records. */
  readonly preAllocBytes: number;
  /** False: nothing waits for the disk (`forceSync=no`). */
  readonly isSynced: boolean;
}

/** The size after preallocation, for an append at `position` of a file of `size` bytes; Apache's arithmetic. */
export function preallocatedSize(position: number, size: number, stepBytes: number): number {
  if (stepBytes <= 0 || position + GROW_MARGIN_BYTES < size) return size;
  if (position <= size) return size + stepBytes;
  const beyond = position + stepBytes;
  return beyond - (beyond % stepBytes);
}

/** One log file that is being written. Each write is durable when it resolves, the file's name included. */
export class LogFile {
  readonly path: string;
  readonly #options: LogFileOptions;
  readonly #file: DiskFile;
  /** Where the next record goes. */
  #position = 0;
  /** Size with preallocation. */
  #size = LOG_HEADER_BYTES;
  /** Up to here the file holds real zeros, not a hole. */
  #zeroedTo = 0;
  #isNameDurable = false;

  private constructor(options: LogFileOptions, path: string, file: DiskFile) {
    this.#options = options;
    this.path = path;
    this.#file = file;
  }

  /** Creates (or empties) the file. Its header comes with the first batch. */
  static async create(options: LogFileOptions): Promise<LogFile> {
    const path = pathIn(options.directory, options.name);
    const { disk } = options;
    return new LogFile(
      options,
      path,
      await (options.isSynced ? disk.createDurable(path) : disk.create(path)),
    );
  }

  /** Bytes of the file, preallocation included. */
  get size(): number {
    return Math.max(this.#size, this.#position);
  }

  /** Appends a batch. After a failure the state of the file is unknown: it must not be written again. */
  async write(batch: LogBatch): Promise<void> {
    const start = this.#position;
    const headerBytes = batch.startsFile ? LOG_HEADER_BYTES : 0;
    const end = start + headerBytes + batch.bytes;
    const size = preallocatedSize(start + headerBytes, this.#size, this.#options.preAllocBytes);
    if (size > this.#size) {
      await this.#file.truncate(Math.max(size, start));
      this.#size = size;
    }
    await this.#file.write(batch.encode(this.#zerosBehind(end)), start);
    this.#position = end;
    if (this.#options.isSynced && !this.#isNameDurable) {
      await this.#options.disk.syncDirectory(this.#options.directory);
      this.#isNameDurable = true;
    }
  }

  /** How many zeros to write behind records that end at `end`. */
  #zerosBehind(end: number): number {
    if (end <= this.#zeroedTo || end >= this.#size) return 0;
    this.#zeroedTo = Math.min(this.#size, end + ZERO_AHEAD_BYTES);
    return this.#zeroedTo - end;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
