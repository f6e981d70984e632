import { ZXID_ZERO, type Zxid, zxidFromHex } from "../src/protocol/zxid.ts";
import { adlerOf } from "../src/storage/checksum.ts";
import { installNames, logNames, snapshotNames } from "../src/storage/directory/file-names.ts";
import {
  END_OF_RECORD,
  LOG_HEADER_BYTES,
  PAYLOAD_BYTES_MIN,
  payloadZxid,
  RECORD_HEAD_BYTES,
} from "../src/storage/log/log-format.ts";
import { CONFIG_FILE } from "./virtual-config.ts";
import type { VirtualDisk } from "./virtual-disk.ts";
import type { VirtualFile } from "./virtual-file.ts";

const DIRECTORY = "/data/version-2/";

/** What would be on a server's disk after a power failure now. */
export interface DurableState {
  readonly accepted: number | undefined;
  readonly current: number | undefined;
  /** Of the last record, or of the newest snapshot when that is newer; 0 when there is neither. */
  readonly lastZxid: Zxid;
  /** Version of the configuration that zoo.cfg points to; 0 when it holds one itself. */
  readonly configVersion: Zxid;
  /** Lines of the file that zoo.cfg points to, sorted; none when it points to none that is there. */
  readonly configLines: readonly string[];
  /** Whether the txn is in the log or behind a snapshot. */
  has(zxid: Zxid): boolean;
}

/** One record that has become durable. */
export interface DurableRecord {
  readonly zxid: Zxid;
  /** The one before it on this disk: a record or a snapshot; undefined when there is none. */
  readonly previous: Zxid | undefined;
  readonly bytes: Uint8Array;
}

interface ParsedLog {
  readonly file: VirtualFile;
  version: number;
  /** Where the next record starts. */
  end: number;
  readonly zxids: Zxid[];
}

/**
 * Reads what is durable on a server's disk, with code of its own, as it becomes durable. It looks past whatever the
 * server believes: a disk that only pretends to sync is seen through.
 */
export class DurableView implements DurableState {
  readonly #logged: (record: DurableRecord) => void;
  readonly #epochs = new Map<string, { file: VirtualFile; version: number; epoch: number }>();
  #disk: VirtualDisk;
  #config: { readonly file: VirtualFile; readonly version: number; readonly zxid: Zxid } | undefined;
  #logs: { readonly name: string; readonly log: ParsedLog }[] = [];
  #snapshots: Zxid[] = [];
  #zxids = new Set<Zxid>();

  constructor(disk: VirtualDisk, logged: (record: DurableRecord) => void) {
    this.#disk = disk;
    this.#logged = logged;
  }

  /** After a reboot. */
  use(disk: VirtualDisk): void {
    this.#disk = disk;
    this.#logs = [];
    this.#epochs.clear();
    this.refresh();
  }

  get accepted(): number | undefined {
    return this.#epoch("acceptedEpoch");
  }

  get current(): number | undefined {
    return this.#epoch("currentEpoch");
  }

  get configLines(): readonly string[] {
    const path = /^dynamicConfigFile=(.*)$/m.exec(this.#durableText(CONFIG_FILE))?.[1];
    return path === undefined ? [] : this.#durableText(path).split("\n").sort();
  }

  #durableText(path: string): string {
    const file = this.#disk.durableFiles.get(path);
    return file === undefined ? "" : Buffer.from(file.durable.toBytes()).toString("latin1");
  }

  get configVersion(): Zxid {
    const file = this.#disk.durableFiles.get(CONFIG_FILE);
    if (file === undefined) return ZXID_ZERO;
    if (this.#config?.file !== file || this.#config.version !== file.durableVersion) {
      const text = Buffer.from(file.durable.toBytes()).toString("latin1");
      const hex = /^dynamicConfigFile=.*\.dynamic\.([0-9a-f]+)$/m.exec(text)?.[1];
      const zxid = hex === undefined ? ZXID_ZERO : zxidFromHex(hex)!;
      this.#config = { file, version: file.durableVersion, zxid };
    }
    return this.#config.zxid;
  }

  get lastZxid(): Zxid {
    return Math.max(this.lastRecord ?? 0, this.#snapshots[0] ?? 0) as Zxid;
  }

  get lastRecord(): Zxid | undefined {
    for (let i = this.#logs.length - 1; i >= 0; i--) {
      const last = this.#logs[i]!.log.zxids.at(-1);
      if (last !== undefined) return last;
    }
    return undefined;
  }

  /** Newest first. */
  get snapshots(): readonly Zxid[] {
    return this.#snapshots;
  }

  has(zxid: Zxid): boolean {
    return zxid <= (this.#snapshots[0] ?? 0) || this.#zxids.has(zxid);
  }

  /** Whether there is a record of its own for the txn. */
  hasRecord(zxid: Zxid): boolean {
    return this.#zxids.has(zxid);
  }

  /** Something has become durable: reads it. */
  refresh(): void {
    const files = this.#disk.durableFiles;
    const names = [...files.keys()].filter((path) => path.startsWith(DIRECTORY));
    const local = names.map((path) => path.slice(DIRECTORY.length));
    // A leader's snapshot that is complete is the state: every start goes on with its installation, whatever of the old is left.
    const [install] = installNames(local);
    const snapshots = install === undefined ? snapshotNames(local) : [install];
    this.#snapshots = snapshots.map(({ zxid }) => zxid);
    const known = new Map(this.#logs.map(({ name, log }) => [name, log]));
    this.#logs = [];
    for (const { name } of install === undefined ? logNames(local) : []) {
      const file = files.get(DIRECTORY + name)!;
      const old = known.get(name);
      const isKnown = old?.file === file;
      if (isKnown) known.delete(name);
      const log = isKnown ? old : { file, version: -1, end: LOG_HEADER_BYTES, zxids: [] };
      this.#logs.push({ name, log });
      if (log.version !== file.durableVersion) this.#parse(log);
    }
    if (known.size > 0) this.#collect();
  }

  #collect(): void {
    this.#zxids = new Set();
    for (const { log } of this.#logs) for (const zxid of log.zxids) this.#zxids.add(zxid);
  }

  #parse(log: ParsedLog): void {
    const { file } = log;
    log.version = file.durableVersion;
    if (file.takeDurableFrom() < log.end && log.zxids.length > 0) {
      log.end = LOG_HEADER_BYTES;
      log.zxids.length = 0;
      this.#collect();
    }
    const bytes = Buffer.alloc(Math.max(0, file.durable.size - log.end));
    file.durable.read(bytes, log.end);
    let at = 0;
    while (at + RECORD_HEAD_BYTES <= bytes.length) {
      const length = bytes.readInt32BE(at + 8);
      const from = at + RECORD_HEAD_BYTES;
      if (length < PAYLOAD_BYTES_MIN || from + length >= bytes.length) break;
      const payload = bytes.subarray(from, from + length);
      const end = bytes[from + length];
      // A record that lacks nothing but its end byte is one: by its checksum it is complete (storage-format.md).
      if ((end !== END_OF_RECORD && end !== 0) || adlerOf(payload) !== bytes.readUInt32BE(at + 4)) break;
      const zxid = payloadZxid(payload)!;
      const previous = this.#before(zxid);
      log.zxids.push(zxid);
      this.#zxids.add(zxid);
      this.#logged({ zxid, previous, bytes: payload });
      at = from + length + 1;
    }
    log.end += at;
  }

  /** The record or snapshot right before a record that comes last. */
  #before(zxid: Zxid): Zxid | undefined {
    const record = this.lastRecord;
    const snapshot = this.#snapshots.find((at) => at < zxid);
    if (record === undefined) return snapshot;
    return Math.max(record, snapshot ?? 0) as Zxid;
  }

  #epoch(name: string): number | undefined {
    const file = this.#disk.durableFiles.get(DIRECTORY + name);
    if (file === undefined) return undefined;
    const known = this.#epochs.get(name);
    if (known?.file === file && known.version === file.durableVersion) return known.epoch;
    const epoch = Number(Buffer.from(file.durable.toBytes()).toString("latin1"));
    this.#epochs.set(name, { file, version: file.durableVersion, epoch });
    return epoch;
  }
}
