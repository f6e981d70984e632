import { Buffer } from "node:buffer";
import { Int64 } from "../../protocol/int64.ts";
import { JuteError, JuteReader } from "../../protocol/jute-reader.ts";
import { vector } from "../../protocol/record.ts";
import { ACL, type StatPersisted } from "../../protocol/records/data.ts";
import { isExactZxid, type Zxid, zxidFromHalves } from "../../protocol/zxid.ts";
import { ADLER_START, adlerOf } from "../checksum.ts";
import {
  BINARY_DIGEST_VERSION,
  END_MARK,
  LAST_ZXID_BYTES,
  SEAL_BYTES,
  SNAPSHOT_HEADER_BYTES,
  SNAPSHOT_MAGIC,
  SNAPSHOT_VERSION,
} from "./snapshot-format.ts";
import type { SnapshotSink } from "./snapshot-port.ts";

/** A snapshot of a format that is newer than ours: not damage, so falling back to an older one would be wrong. */
export class NewerSnapshot extends Error {
  override readonly name = "NewerSnapshot";
}

const ACLS = vector(ACL);
/** long aclId and StatPersisted. */
const NODE_END_BYTES = 8 + 60;
/** Digest as a string of a few digits, digest section and last zxid: more cannot follow the first seal. */
const END_BYTES_MAX = 4096;
/** Versions that may come some day; beyond them a number is damage, and an older snapshot may do. */
const NEWER_VERSION_MAX = 15;
/** Taken at first from a portion to complete the rest of the one before. */
const JOIN_BYTES = 4096;
/**
 * Longest path or data. Generous: `jute.maxbuffer` may have been higher when the znode was made, and what was made must be
 * readable. It bounds what a damaged length makes us wait for.
 */
const FIELD_BYTES_MAX = 128 * 1024 * 1024;
/** An ACL list that is not complete within this many bytes is no ACL list. */
const ACL_BYTES_MAX = 16 * 1024 * 1024;

/** Sessions, and ACL lists: a Map of V8 holds no more. It is also what tells a sender of nonsense before all of it has come. */
const ENTRIES_MAX = 2 ** 24;

const EMPTY = Buffer.alloc(0);

type Part = "header" | "sessions" | "ACL map" | "nodes" | "first seal" | "end";

export interface SnapshotDecoderOptions {
  readonly fieldBytesMax?: number | undefined;
  /** The stream is the one between servers: sessions to end of nodes, without header, seals and what is behind them. */
  readonly isBare?: boolean;
}

/**
 * Reads an uncompressed snapshot stream in portions of any size and hands its contents to a sink as they come: neither
 * the file nor a second tree is held. What the sink has been given is valid only if `finish` (or `take`, for a bare
 * stream) says that it is complete, so every attempt needs a fresh sink. Throws JuteError for anything that is not a
 * snapshot.
 */
export class SnapshotDecoder {
  readonly #sink: SnapshotSink;
  readonly #fieldBytesMax: number;
  readonly #isBare: boolean;
  readonly #reader: JuteReader;
  /** Start of something incomplete that the last portion left over. */
  #rest: Buffer = EMPTY;
  #restMemory: Buffer = this.#rest;
  /** Bytes that the rest must have grown to before it is worth another look; 0 when that is not known. */
  #restNeeded = 0;
  /** What is being read now. */
  #input: Buffer = this.#rest;
  /** Bytes of {@link #input} that are in the checksum already. */
  #absorbed = 0;
  #part: Part = "header";
  /** Sessions or ACL lists that are still to come; undefined before their count was read. */
  #count: number | undefined;
  #checksum = ADLER_START;
  #lastZxid: Zxid | undefined;

  constructor(sink: SnapshotSink, options: SnapshotDecoderOptions = {}) {
    this.#sink = sink;
    this.#isBare = options.isBare ?? false;
    if (this.#isBare) this.#part = "sessions";
    this.#fieldBytesMax = Math.max(options.fieldBytesMax ?? 0, FIELD_BYTES_MAX);
    this.#reader = new JuteReader(this.#input, this.#fieldBytesMax);
  }

  /** The last-zxid section, if the file has one; known after {@link finish}. */
  get lastZxid(): Zxid | undefined {
    return this.#lastZxid;
  }

  /** Takes the following bytes of the stream. They may be reused afterwards. */
  push(bytes: Uint8Array): void {
    const portion = asBuffer(bytes);
    const from = this.#finishRest(portion);
    const used = this.#consume(portion.subarray(from));
    this.#keep(portion.subarray(from + used));
    if (this.#part === "end" && this.#rest.length > END_BYTES_MAX) {
      throw new JuteError(`more than ${END_BYTES_MAX} bytes follow the nodes of the snapshot`);
    }
  }

  /**
   * The same for a bare stream, behind which something else follows: returns how many of the bytes belong to the snapshot
   * when it ends among them, else undefined.
   */
  take(bytes: Uint8Array): number | undefined {
    const portion = asBuffer(bytes);
    const from = this.#finishRest(portion);
    const used = this.#part === "end" ? from : from + this.#consume(portion.subarray(from));
    if (this.#part === "end") return used;
    this.#keep(portion.subarray(used));
    return undefined;
  }

  /** Adds to the rest; its memory grows by doubling, since a large znode comes in many small portions. */
  #keep(left: Buffer): void {
    const before = this.#rest.length;
    const length = before + left.length;
    if (length > this.#restMemory.length || before === 0) {
      const memory = Buffer.allocUnsafe(before === 0 ? length : length * 2);
      this.#rest.copy(memory);
      this.#restMemory = memory;
    }
    left.copy(this.#restMemory, before);
    this.#rest = this.#restMemory.subarray(0, length);
  }

  /**
   * Completes what the last portion left over with as little of this one as it takes, so that the rest need not be
   * copied; returns where to go on in it: at its end when all of it was not enough.
   */
  #finishRest(portion: Buffer): number {
    const rest = this.#rest;
    if (rest.length === 0 || this.#part === "end") return 0;
    if (rest.length + portion.length < this.#restNeeded) {
      this.#keep(portion);
      return portion.length;
    }
    for (let take = JOIN_BYTES; ; take *= 8) {
      const joined = Buffer.concat([rest, portion.subarray(0, take)]);
      const used = this.#consume(joined);
      const isDone = used >= rest.length;
      this.#rest = this.#restMemory = isDone ? EMPTY : joined.subarray(used);
      if (isDone) return used - rest.length;
      if (take >= portion.length) return portion.length;
    }
  }

  /** Reads as much of `input` as is complete; returns how many bytes that is. */
  #consume(input: Buffer): number {
    this.#input = input;
    this.#reader.reset(input);
    this.#absorbed = 0;
    while (this.#part !== "end" && this.#readPart());
    const used = this.#reader.position;
    this.#absorb(used);
    return used;
  }

  /** The stream has ended: checks that it is complete, and its last seals. */
  finish(): void {
    if (this.#part !== "end") throw new JuteError(`the snapshot ends inside its ${this.#part}`);
    this.#readEnd();
  }

  #absorb(end: number): void {
    if (end <= this.#absorbed || this.#isBare) return;
    this.#checksum = adlerOf(this.#input.subarray(this.#absorbed, end), this.#checksum);
    this.#absorbed = end;
  }

  /** Reads as much of the current part as is there; true when it is complete and the next part has its turn. */
  #readPart(): boolean {
    switch (this.#part) {
      case "header":
        return this.#readHeader() && this.#goOn("sessions");
      case "sessions":
        return this.#readSessions() && this.#goOn("ACL map");
      case "ACL map":
        return this.#readAcls() && this.#goOn("nodes");
      case "nodes":
        return this.#readNodes() && this.#goOn(this.#isBare ? "end" : "first seal");
      case "first seal":
        return this.#readSeal("first seal") && this.#goOn("end");
      case "end":
        return false;
    }
  }

  #goOn(part: Part): true {
    this.#part = part;
    this.#count = undefined;
    return true;
  }

  #readHeader(): boolean {
    if (this.#reader.remaining < SNAPSHOT_HEADER_BYTES) return false;
    const magic = this.#reader.readInt();
    const version = this.#reader.readInt();
    this.#reader.readLong();
    if (magic !== SNAPSHOT_MAGIC)
      throw new JuteError(`it starts with 0x${(magic >>> 0).toString(16)}, not with ZKSN`);
    if (version > SNAPSHOT_VERSION && version <= NEWER_VERSION_MAX) {
      throw new NewerSnapshot(`it has format version ${version}; this server knows ${SNAPSHOT_VERSION}`);
    }
    if (version !== SNAPSHOT_VERSION) throw new JuteError(`format version ${version} is not supported`);
    return true;
  }

  #readSessions(): boolean {
    if (!this.#readCount()) return false;
    for (; this.#count! > 0; this.#count!--) {
      if (this.#reader.remaining < 12) return false;
      const id = this.#reader.readInt64();
      this.#sink.session(id, this.#reader.readInt());
    }
    return true;
  }

  #readAcls(): boolean {
    if (!this.#readCount()) return false;
    for (; this.#count! > 0; this.#count!--) {
      const start = this.#reader.position;
      if (this.#reader.remaining < 12) return false;
      let aclId: number;
      let acl: readonly ACL[];
      try {
        aclId = this.#reader.readLong();
        acl = ACLS.read(this.#reader) ?? [];
      } catch (error) {
        // It may only be cut off by the end of this portion.
        if (!(error instanceof JuteError) || this.#input.length - start > ACL_BYTES_MAX) throw error;
        this.#reader.position = start;
        return false;
      }
      this.#sink.acl(aclId, acl);
    }
    return true;
  }

  #readCount(): boolean {
    if (this.#count !== undefined) return true;
    if (this.#reader.remaining < 4) return false;
    this.#count = this.#reader.readInt();
    if (this.#count < 0 || this.#count > ENTRIES_MAX)
      throw new JuteError(
        `${this.#count} as the number of entries of the ${this.#part} (0 to ${ENTRIES_MAX})`,
      );
    return true;
  }

  #readNodes(): boolean {
    const reader = this.#reader;
    const sink = this.#sink;
    while (this.#isNodeThere()) {
      const path = reader.readString()!;
      if (path === END_MARK) return true;
      const data = reader.readBuffer();
      const at = reader.position;
      reader.position = at + NODE_END_BYTES;
      sink.node(path, data, longAt(this.#input, at), statAt(this.#input, at + 8));
    }
    return false;
  }

  /** Whether the whole next node (or the mark behind the last one) is in memory; refuses lengths beyond the limit. */
  #isNodeThere(): boolean {
    const { position, remaining } = this.#reader;
    this.#restNeeded = 0;
    if (remaining < 5) return false;
    const input = this.#input;
    const pathBytes = this.#checkedLength(input.readInt32BE(position), 0);
    if (pathBytes === 1 && input[position + 4] === END_MARK.charCodeAt(0)) return true;
    if (remaining < 8 + pathBytes) return false;
    const dataBytes = this.#checkedLength(input.readInt32BE(position + 4 + pathBytes), -1);
    const needed = 8 + pathBytes + Math.max(0, dataBytes) + NODE_END_BYTES;
    if (remaining >= needed) return true;
    this.#restNeeded = needed;
    return false;
  }

  #checkedLength(length: number, min: number): number {
    if (length >= min && length <= this.#fieldBytesMax) return length;
    throw new JuteError(`Unreasonable length = ${length} in the nodes (limit ${this.#fieldBytesMax} bytes)`);
  }

  #readSeal(what: string): boolean {
    if (this.#reader.remaining < SEAL_BYTES) return false;
    this.#absorb(this.#reader.position);
    const expected = this.#checksum;
    const high = this.#reader.readInt();
    const low = this.#reader.readInt() >>> 0;
    const mark = this.#reader.readString();
    if (high === 0 && low === expected && mark === END_MARK) return true;
    throw new JuteError(
      `the ${what} does not match the bytes before it (0x${low.toString(16)}, 0x${expected.toString(16)})`,
    );
  }

  /** Which parts follow the nodes is told by how many bytes do: 0, 33, 21 or 54 (storage-formats 3.3). */
  #readEnd(): void {
    const reader = this.#reader;
    this.#input = this.#rest;
    reader.reset(this.#rest);
    this.#absorbed = 0;
    if (reader.remaining !== 0 && reader.remaining !== LAST_ZXID_BYTES) {
      const zxid = reader.readZxid();
      const version = reader.readInt();
      const treeDigest =
        version >= BINARY_DIGEST_VERSION ? reader.readInt64() : parseOldDigest(reader.readString());
      this.#requireSeal("seal of the digest");
      this.#sink.digest({ zxid, version, treeDigest });
    }
    if (reader.remaining !== 0) {
      this.#lastZxid = reader.readZxid();
      this.#requireSeal("seal of the last zxid");
    }
    if (reader.remaining !== 0)
      throw new JuteError(`${reader.remaining} bytes follow the end of the snapshot`);
  }

  #requireSeal(what: string): void {
    if (!this.#readSeal(what)) throw new JuteError(`the ${what} is cut off`);
  }
}

/**
 * A StatPersisted whose 60 bytes are known to be there: long czxid, mzxid, ctime, mtime, int version, cversion, aversion,
 * long ephemeralOwner, pzxid. Read directly, since a start reads millions of them.
 */
function statAt(bytes: Buffer, at: number): StatPersisted {
  return {
    czxid: zxidAt(bytes, at),
    mzxid: zxidAt(bytes, at + 8),
    ctime: longAt(bytes, at + 16),
    mtime: longAt(bytes, at + 24),
    version: intAt(bytes, at + 32),
    cversion: intAt(bytes, at + 36),
    aversion: intAt(bytes, at + 40),
    ephemeralOwner: int64At(bytes, at + 44),
    pzxid: zxidAt(bytes, at + 52),
  };
}

function intAt(bytes: Buffer, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function longAt(bytes: Buffer, at: number): number {
  return intAt(bytes, at) * 0x1_0000_0000 + (intAt(bytes, at + 4) >>> 0);
}

function int64At(bytes: Buffer, at: number): Int64 {
  const hi = intAt(bytes, at);
  const lo = intAt(bytes, at + 4);
  return hi === 0 && lo === 0 ? Int64.ZERO : new Int64(hi, lo);
}

function zxidAt(bytes: Buffer, at: number): Zxid {
  const zxid = zxidFromHalves(intAt(bytes, at), intAt(bytes, at + 4));
  if (!isExactZxid(zxid))
    throw new JuteError(`a zxid of 0x${bytes.toString("hex", at, at + 8)} in a node's stat`);
  return zxid;
}

/** Digests below version 2 were hex text. */
function parseOldDigest(text: string | null): Int64 {
  if (text === null || !/^[0-9a-fA-F]{1,16}$/.test(text))
    throw new JuteError("a digest of the old form that is not hex");
  return Int64.fromHex(text);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
