import { VirtualDisk, type VirtualDiskOptions } from "../../sim/virtual-disk.ts";
import type { Disk, DiskFile, Timer } from "../../src/base/ports.ts";
import { createPrng } from "../../src/base/prng.ts";
import { ZERO_STAT } from "../../src/core/tree/system-znodes.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import type { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { StatPersisted } from "../../src/protocol/records/data.ts";
import { decodeTxn, encodeTxn } from "../../src/protocol/txn.ts";
import { type Zxid, zxidToHex } from "../../src/protocol/zxid.ts";
import { type DataDirectory, openDataDirectory } from "../../src/storage/directory/data-directory.ts";
import {
  LOG_HEADER_BYTES,
  type LogEnd,
  type LogRecord,
  writeLogHeader,
  writeRecord,
} from "../../src/storage/log/log-format.ts";
import { LogScanner } from "../../src/storage/log/log-scanner.ts";
import type { LogTail } from "../../src/storage/log/log-tail-repair.ts";
import { type Recovered, type RecoverOptions, recover } from "../../src/storage/recovery/recovery.ts";
import type { RecoveryTarget, SnapshotSource } from "../../src/storage/snapshot/snapshot-port.ts";
import { vectorBytes, vectorNames } from "./vectors.ts";

/** Disks, txns and the smallest possible database for the tests of the storage. */

export const zx = (value: number): Zxid => value as Zxid;

/** A timer without time: what is due soon runs in the next turn. */
export const TURNS: Timer = {
  after: () => {
    throw new Error("the storage asks for no delays");
  },
  soon: (callback) => void setImmediate(callback),
};

export function newDisk(seed = 1, options: Partial<VirtualDiskOptions> = {}): VirtualDisk {
  return new VirtualDisk({ rng: createPrng(seed), ...options });
}

/** A create of `/t/<zxid>` with `data`: what a {@link ZxidDatabase} keeps. */
export function payloadOf(zxid: number, data: Uint8Array = Buffer.from(`data of ${zxid}`)): Uint8Array {
  const path = `/t/${zxidToHex(zx(zxid))}`;
  return encodeTxn({
    header: {
      clientId: new Int64(1, 2),
      cxid: zxid % 1000,
      zxid: zx(zxid),
      time: 1_700_000_000_000,
      type: OpCode.create,
    },
    body: { type: OpCode.create, path, data, acl: [], ephemeral: false, parentCVersion: zxid % 1000 },
    digest: undefined,
  });
}

/** The bytes of a log file with these records, without padding. */
export function logBytes(
  zxids: readonly number[],
  payload: (zxid: number) => Uint8Array = payloadOf,
): Buffer {
  const payloads = zxids.map((zxid) => payload(zxid));
  const out = Buffer.alloc(LOG_HEADER_BYTES + payloads.reduce((sum, bytes) => sum + bytes.length + 13, 0));
  writeLogHeader(out, 0);
  let at = LOG_HEADER_BYTES;
  for (const bytes of payloads) at = writeRecord(out, at, bytes);
  return out;
}

export interface Scanned {
  readonly records: readonly LogRecord[];
  readonly end: LogEnd;
}

/** Reads a log file's bytes as the server would, `portion` bytes at a time. */
export function scanLog(bytes: Uint8Array, portion = 5000, recordBytesMax?: number): Scanned {
  const scanner = new LogScanner(recordBytesMax === undefined ? {} : { recordBytesMax });
  const records: LogRecord[] = [];
  for (let at = 0; ; ) {
    for (let record = scanner.next(); record !== undefined; record = scanner.next()) {
      records.push({ ...record, bytes: Buffer.from(record.bytes) });
    }
    if (scanner.end !== undefined) return { records, end: scanner.end };
    const part = bytes.subarray(at, at + Math.min(portion, scanner.space().length));
    scanner.space().set(part);
    at += part.length;
    if (part.length === 0) scanner.finish();
    else scanner.filled(part.length);
  }
}

/** Numbers from … to, both included. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** A database that knows nothing but which txns it has seen, and their data as hex. */
export class ZxidDatabase implements RecoveryTarget {
  readonly txns = new Map<number, string>();
  zxid = 0;

  session(): void {}
  acl(): void {}
  digest(): void {}

  node(path: string, data: Uint8Array | null): void {
    if (path.startsWith("/t/")) this.txns.set(Number.parseInt(path.slice(3), 16), hex(data));
  }

  snapshotLoaded(zxid: Zxid): void {
    this.zxid = zxid;
  }

  replay(bytes: Uint8Array): void {
    const { header, body } = decodeTxn(bytes);
    if (body.type === OpCode.create) this.txns.set(header.zxid, hex(body.data));
    this.zxid = header.zxid;
  }

  /** Fuzzy, as the real one: what comes in while it is written may be in it or not. */
  snapshotSource(): SnapshotSource {
    let isStarted = false;
    const zxids = [...this.txns.keys()][Symbol.iterator]();
    const write = (out: JuteWriter, path: string, data: Uint8Array) => {
      out.writeString(path);
      out.writeBuffer(data);
      out.writeLong(-1);
      StatPersisted.write(out, ZERO_STAT);
    };
    return {
      zxid: zx(this.zxid),
      writeNext: (out, bytesMax) => {
        const end = out.length + bytesMax;
        if (!isStarted) {
          isStarted = true;
          out.writeInt(0);
          out.writeInt(0);
          write(out, "", Buffer.alloc(0));
        }
        while (out.length < end) {
          const next = zxids.next();
          if (next.done === true) {
            out.writeString("/");
            return true;
          }
          write(out, `/t/${zxidToHex(zx(next.value))}`, Buffer.from(this.txns.get(next.value)!, "hex"));
        }
        return false;
      },
      digest: () => undefined,
      lastProcessedZxid: () => zx(this.zxid),
    };
  }
}

function hex(data: Uint8Array | null): string {
  return data === null ? "" : Buffer.from(data).toString("hex");
}

export async function openDirectory(
  disk: Disk,
  dataDir = "/data",
  dataLogDir?: string,
): Promise<DataDirectory> {
  return await openDataDirectory({ disk, dataDir, ...(dataLogDir === undefined ? {} : { dataLogDir }) });
}

/** Opens `/data` and recovers a {@link ZxidDatabase} from it; the directory stays claimed. */
export async function recoverZxids(
  disk: Disk,
  options: Partial<RecoverOptions<ZxidDatabase>> = {},
): Promise<Recovered<ZxidDatabase> & { readonly directory: DataDirectory }> {
  const directory = options.directory ?? (await openDirectory(disk));
  const recovered = await recover({ disk, directory, createTarget: () => new ZxidDatabase(), ...options });
  return { ...recovered, directory };
}

/** A virtual disk with a vector's directory as `/data`. */
export function vectorDisk(directory: string): VirtualDisk {
  const disk = newDisk();
  for (const name of vectorNames(`${directory}/version-2`)) {
    disk.put(`/data/version-2/${name}`, vectorBytes(`${directory}/version-2/${name}`));
  }
  return disk;
}

/** Every file of the disk as hex: to see that nothing was changed. */
export function contentsOf(disk: VirtualDisk): Record<string, string> {
  return Object.fromEntries(disk.paths().map((path) => [path, Buffer.from(disk.get(path)!).toString("hex")]));
}

/** A disk that writes down what it is asked to change: `write /data/log.1 @16 +120`, `sync …`, … */
export function traced(disk: Disk): { readonly disk: Disk; readonly calls: string[] } {
  const calls: string[] = [];
  const tracedFile = (file: DiskFile, path: string): DiskFile => ({
    write: (bytes, position) => {
      calls.push(`write ${path} @${position} +${bytes.length}`);
      return file.write(bytes, position);
    },
    sync: () => {
      calls.push(`sync ${path}`);
      return file.sync();
    },
    truncate: (size) => {
      calls.push(`truncate ${path} ${size}`);
      return file.truncate(size);
    },
    close: () => {
      calls.push(`close ${path}`);
      return file.close();
    },
  });
  const open = (name: "create" | "createDurable" | "openWrite") => async (path: string) => {
    calls.push(`${name} ${path}`);
    return tracedFile(await disk[name](path), path);
  };
  return {
    calls,
    disk: {
      list: (directory) => disk.list(directory),
      size: (path) => disk.size(path),
      readFile: (path) => disk.readFile(path),
      openRead: (path) => disk.openRead(path),
      lock: (directory) => disk.lock(directory),
      makeDirectory: (directory) => {
        calls.push(`makeDirectory ${directory}`);
        return disk.makeDirectory(directory);
      },
      create: open("create"),
      createDurable: open("createDurable"),
      openWrite: open("openWrite"),
      rename: (from, to) => {
        calls.push(`rename ${from} ${to}`);
        return disk.rename(from, to);
      },
      remove: (path) => {
        calls.push(`remove ${path}`);
        return disk.remove(path);
      },
      syncDirectory: (directory) => {
        calls.push(`syncDirectory ${directory}`);
        return disk.syncDirectory(directory);
      },
    },
  };
}

/** The end of a log that is in order. */
export function cleanTail(lastZxid = 0): LogTail {
  return { lastZxid: zx(lastZxid), torn: [], unterminated: [], empty: [] };
}
