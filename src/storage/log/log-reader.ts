import type { Disk, DiskReader } from "../../base/ports.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import { type LogName, logNames, pathIn } from "../directory/file-names.ts";
import type { LogEnd, LogRecord } from "./log-format.ts";
import { LogScanner } from "./log-scanner.ts";

/** Reads one log file to its end, in large steps. */
export class LogFileReader {
  readonly path: string;
  readonly #reader: DiskReader;
  readonly #scanner: LogScanner;
  #position = 0;

  private constructor(path: string, reader: DiskReader, recordBytesMax: number | undefined) {
    this.path = path;
    this.#reader = reader;
    this.#scanner = new LogScanner(recordBytesMax === undefined ? {} : { recordBytesMax });
  }

  static async open(disk: Disk, path: string, recordBytesMax?: number): Promise<LogFileReader> {
    return new LogFileReader(path, await disk.openRead(path), recordBytesMax);
  }

  /** How the file ends; known once `next` has returned undefined. */
  get end(): LogEnd | undefined {
    return this.#scanner.end;
  }

  /** A record that is in memory already; undefined: call {@link read}, then try again, until it says false. */
  next(): LogRecord | undefined {
    return this.#scanner.next();
  }

  /** Reads on; false when the file has told all it has to tell. Earlier records' bytes are void then. */
  async read(): Promise<boolean> {
    if (this.#scanner.end !== undefined) return false;
    const space = this.#scanner.space();
    const count = await this.#reader.read(space, this.#position);
    this.#position += count;
    if (count === 0) this.#scanner.finish();
    else this.#scanner.filled(count);
    return true;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

/** The files that can hold records from `from` on: the one that starts at or below it and all later ones. */
export function filesFrom(files: readonly LogName[], from: Zxid): LogName[] {
  let first = 0;
  while (first + 1 < files.length && files[first + 1]!.zxid <= from) first++;
  return files.slice(first);
}

export interface ReadLogOptions {
  readonly disk: Disk;
  /** `DataDirectory.logDir`. */
  readonly directory: string;
  /** The first record wanted; when it is not there the next higher one comes first, so compare. */
  readonly from: Zxid;
  /** The last record wanted. Give the last durable zxid when the log is being written. */
  readonly through: Zxid;
  readonly recordBytesMax?: number;
}

/**
 * Records of the log in file order, one array per portion read; their bytes are valid until the next portion. For
 * syncing followers from disk and for tools. Throws DiskError, or an Error that names file and offset when the log
 * cannot be read as far as `through`.
 */
export async function* readLog(options: ReadLogOptions): AsyncGenerator<readonly LogRecord[], void, void> {
  const { disk, directory, from, through, recordBytesMax } = options;
  const files = filesFrom(logNames(await disk.list(directory)), from);
  for (const { name, zxid } of files) {
    if (zxid > through) return;
    const file = await LogFileReader.open(disk, pathIn(directory, name), recordBytesMax);
    try {
      do {
        const records = take(file, from, through);
        if (records.length > 0) yield records;
        if (records.at(-1)?.zxid === through) return;
      } while (await file.read());
      requireReadable(file);
    } finally {
      await file.close();
    }
  }
}

function take(file: LogFileReader, from: Zxid, through: Zxid): LogRecord[] {
  const records: LogRecord[] = [];
  for (let record = file.next(); record !== undefined; record = file.next()) {
    if (record.zxid > through) break;
    if (record.zxid >= from) records.push(record);
    if (record.zxid === through) break;
  }
  return records;
}

function requireReadable(file: LogFileReader): void {
  const { kind, offset, detail } = file.end!;
  if (kind === "clean" || kind === "torn" || kind === "unterminated") return;
  throw new Error(`${file.path} cannot be read beyond offset ${offset}: ${detail}`);
}
