import { Buffer } from "node:buffer";
import { Int64 } from "./int64.ts";
import { isExactZxid, type Zxid, zxidFromHalves } from "./zxid.ts";

/** Bytes that are not the record they should be. The frame or file that holds them must be refused whole. */
export class JuteError extends Error {
  override readonly name = "JuteError";
}

/**
 * Default limit for one string or buffer, in bytes: `jute.maxbuffer` (0xfffff) plus
 * `zookeeper.jute.maxbuffer.extrasize` (the same again).
 */
export const FIELD_BYTES_MAX = 0xfffff + 0xfffff;

/**
 * Reads jute values from bytes; every read is checked against the end, every length against a limit and against
 * the bytes that are really there, so arbitrary input costs no more than its own size. Throws {@link JuteError}.
 */
export class JuteReader {
  #bytes: Buffer;
  #at: number;
  #end: number;
  readonly #fieldBytesMax: number;

  constructor(bytes: Uint8Array, fieldBytesMax: number = FIELD_BYTES_MAX) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = 0;
    this.#end = bytes.length;
    this.#fieldBytesMax = fieldBytesMax;
  }

  /** Starts over on other bytes: one reader serves a whole connection. */
  reset(bytes: Uint8Array): void {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = 0;
    this.#end = bytes.length;
  }

  /** Limit of one string or buffer, in bytes. */
  get fieldBytesMax(): number {
    return this.#fieldBytesMax;
  }

  get position(): number {
    return this.#at;
  }

  set position(at: number) {
    if (at < 0 || at > this.#end) throw new JuteError(`position ${at} is outside 0..${this.#end}`);
    this.#at = at;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  #take(count: number, what: string): number {
    const at = this.#at;
    if (count > this.#end - at) {
      throw new JuteError(`${what} at offset ${at} needs ${count} bytes, ${this.#end - at} are left`);
    }
    this.#at = at + count;
    return at;
  }

  /** 1 byte; any non-zero byte is true, as in Java. */
  readBoolean(): boolean {
    return this.#bytes[this.#take(1, "boolean")] !== 0;
  }

  readByte(): number {
    return this.#bytes[this.#take(1, "byte")]!;
  }

  /** 4 bytes, big endian, signed. */
  readInt(): number {
    const at = this.#take(4, "int");
    const b = this.#bytes;
    return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!;
  }

  /** 8 bytes as a double: for times and sizes, exact within ±2^53. */
  readLong(): number {
    this.#take(0, "long");
    const hi = this.readInt();
    return hi * 0x1_0000_0000 + (this.readInt() >>> 0);
  }

  /** 8 bytes, all of them kept. */
  readInt64(): Int64 {
    const hi = this.readInt();
    const lo = this.readInt();
    return hi === 0 && lo === 0 ? Int64.ZERO : new Int64(hi, lo);
  }

  /** 8 bytes as a zxid; refused when its epoch is beyond what a double holds. */
  readZxid(): Zxid {
    const hi = this.readInt();
    const lo = this.readInt();
    const zxid = zxidFromHalves(hi, lo);
    const isLongMin = hi === -0x8000_0000 && lo === 0; // what an observer votes with (quorum-protocol 2.1)
    if (!isExactZxid(zxid) && !isLongMin) {
      throw new JuteError(
        `zxid 0x${(hi >>> 0).toString(16)}… at offset ${this.#at - 8} has an epoch above 0x1fffff`,
      );
    }
    return zxid;
  }

  /** int length + bytes; -1 is null. The result is a view: copy it to keep it beyond the frame. */
  readBuffer(): Uint8Array | null {
    const length = this.#readLength("buffer");
    if (length < 0) return null;
    const at = this.#take(length, "buffer");
    return this.#bytes.subarray(at, at + length);
  }

  /** int length + UTF-8; -1 is null; malformed bytes become U+FFFD as in Java. */
  readString(): string | null {
    const length = this.#readLength("string");
    if (length < 0) return null;
    const at = this.#take(length, "string");
    const end = at + length;
    const b = this.#bytes;
    // The engine's own decoder costs a call out of JavaScript; latin1 is its cheapest path and right for ASCII.
    for (let i = at; i < end; i++) {
      if (b[i]! >= 0x80) return b.toString("utf8", at, end);
    }
    return b.toString("latin1", at, end);
  }

  /**
   * int count of a vector; -1 is null, other negative counts read as empty (as in Java). Each element takes at least
   * `elementBytesMin` bytes, so a count that cannot fit into what is left is refused before anything is allocated.
   */
  readCount(elementBytesMin = 1): number {
    const count = this.readInt();
    if (count < 0) return count === -1 ? -1 : 0;
    if (count * elementBytesMin > this.remaining) {
      throw new JuteError(`vector of ${count} elements cannot fit into ${this.remaining} bytes`);
    }
    return count;
  }

  #readLength(what: string): number {
    const length = this.readInt();
    if (length < -1 || length > this.#fieldBytesMax) {
      throw new JuteError(
        `Unreasonable length = ${length} of a ${what} (limit ${this.#fieldBytesMax} bytes)`,
      );
    }
    return length;
  }
}
