import type { Disk } from "../../base/ports.ts";
import { type LogName, pathIn } from "../directory/file-names.ts";
import type { LogRecord } from "./log-format.ts";
import { LogFileReader } from "./log-reader.ts";

interface Where {
  readonly disk: Disk;
  readonly directory: string;
  readonly files: readonly LogName[];
  readonly recordBytesMax?: number | undefined;
}

/** Whether the same record (zxid, length, checksum) stands somewhere before this one. Slow: for a rare case. */
export async function hasIdenticalRecord(where: Where, record: LogRecord, path: string): Promise<boolean> {
  for (const { name } of where.files) {
    const file = await LogFileReader.open(where.disk, pathIn(where.directory, name), where.recordBytesMax);
    try {
      do {
        for (let other = file.next(); other !== undefined; other = file.next()) {
          if (file.path === path && other.offset >= record.offset) return false;
          if (isTwin(other, record)) return true;
        }
      } while (await file.read());
    } finally {
      await file.close();
    }
    if (file.path === path) return false;
  }
  return false;
}

function isTwin(a: LogRecord, b: LogRecord): boolean {
  return a.zxid === b.zxid && a.bytes.length === b.bytes.length && a.checksum === b.checksum;
}
