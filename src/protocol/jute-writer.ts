import { Buffer } from "node:buffer";
import type { Int64 } from "./int64.ts";
import { type Zxid, zxidHigh } from "./zxid.ts";

const EMPTY = Buffer.alloc(0);

/** Appends jute values to a buffer that grows as needed. `bytes()` is a view; `take()` hands the memory over. */
export class JuteWriter {
  #bytes: Buffer;
  #at = 0;

  constructor(bytesInitial = 256) {
    this.#bytes = Buffer.allocUnsafe(bytesInitial);
  }

  get length(): number {
    return this.#at;
  }

  get capacity(): number {
    return this.#bytes.length;
  }

  /** A view of what was written; valid until the next write or reset. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  /** The written bytes, whose memory this writer gives up: it starts empty, with `bytesInitial` of new memory. */
  take(bytesInitial = 256): Buffer {
    const out = this.#bytes.subarray(0, this.#at);
    this.#bytes = bytesInitial === 0 ? EMPTY : Buffer.allocUnsafe(bytesInitial);
    this.#at = 0;
    return out;
  }

  /** Forgets what was written from `length` on (default: everything) and keeps the memory. */
  reset(length = 0): void {
    this.#at = length;
  }

  #reserve(count: number): number {
    const at = this.#at;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#at = needed;
    return at;
  }

  writeBoolean(value: boolean): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value ? 1 : 0;
  }

  writeByte(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  writeInt(value: number): void {
    this.setInt(this.#reserve(4), value);
  }

  /** Overwrites the int at `at`: frame lengths and counts that are known only afterwards. */
  setInt(at: number, value: number): void {
    const b = this.#bytes;
    b[at] = value >>> 24;
    b[at + 1] = value >>> 16;
    b[at + 2] = value >>> 8;
    b[at + 3] = value;
  }

  /** A double that holds an integer within ±2^63 (times, sizes). */
  writeLong(value: number): void {
    const at = this.#reserve(8);
    this.setInt(at, Math.floor(value / 0x1_0000_0000));
    this.setInt(at + 4, value >>> 0);
  }

  writeHalves(hi: number, lo: number): void {
    const at = this.#reserve(8);
    this.setInt(at, hi);
    this.setInt(at + 4, lo);
  }

  writeInt64(value: Int64): void {
    this.writeHalves(value.hi, value.lo);
  }

  writeZxid(zxid: Zxid): void {
    this.writeHalves(zxidHigh(zxid), zxid >>> 0);
  }

  writeBuffer(value: Uint8Array | null): void {
    if (value === null) {
      this.writeInt(-1);
      return;
    }
    this.writeInt(value.length);
    this.writeRaw(value);
  }

  /** Bytes without a length. */
  writeRaw(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
  }

  /**
   * int byte length + UTF-8; null is -1. A lone or paired surrogate is written as three bytes per UTF-16 unit, the
   * way Java's jute does it (client-protocol 1.2).
   */
  writeString(value: string | null): void {
    if (value === null) {
      this.writeInt(-1);
      return;
    }
    const length = value.length;
    const lengthAt = this.#reserve(4);
    let at = this.#reserve(length * 3);
    const start = at;
    const b = this.#bytes;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit < 0x80) {
        b[at++] = unit;
      } else if (unit < 0x800) {
        b[at++] = 0xc0 | (unit >>> 6);
        b[at++] = 0x80 | (unit & 0x3f);
      } else {
        b[at++] = 0xe0 | (unit >>> 12);
        b[at++] = 0x80 | ((unit >>> 6) & 0x3f);
        b[at++] = 0x80 | (unit & 0x3f);
      }
    }
    this.setInt(lengthAt, at - start);
    this.#at = at;
  }
}
