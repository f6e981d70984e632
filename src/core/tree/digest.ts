import { Int64 } from "../../protocol/int64.ts";
import type { StatPersisted } from "../../protocol/records/data.ts";
import { crc32OfBytes, crc32OfInt, crc32OfLong, crc32OfText } from "./crc32.ts";
import { isBelowZookeeper } from "./path.ts";

/** The version that txns and snapshots carry beside a digest; digests of other versions are not compared. */
export const DIGEST_VERSION = 2;

/**
 * The digest of one znode, an unsigned 32-bit integer (quorum-protocol 7): CRC-32 over its path in UTF-8 ("" for the
 * root), its data unless null, and 60 bytes of stat. The ACL is not part of it. Znodes below `/zookeeper/` count 0.
 */
export function nodeDigest(path: string, data: Uint8Array | null, stat: StatPersisted): number {
  if (isBelowZookeeper(path)) return 0;
  let crc = path === "/" ? -1 : crc32OfText(-1, path, 0, path.length);
  if (data !== null) crc = crc32OfBytes(crc, data, 0, data.length);
  crc = crc32OfLong(crc, stat.czxid);
  crc = crc32OfLong(crc, stat.mzxid);
  crc = crc32OfLong(crc, stat.pzxid);
  crc = crc32OfLong(crc, stat.ctime);
  crc = crc32OfLong(crc, stat.mtime);
  crc = crc32OfInt(crc, stat.version);
  crc = crc32OfInt(crc, stat.cversion);
  crc = crc32OfInt(crc, stat.aversion);
  crc = crc32OfInt(crc, stat.ephemeralOwner.hi);
  crc = crc32OfInt(crc, stat.ephemeralOwner.lo);
  return ~crc >>> 0;
}

const TWO_32 = 0x1_0000_0000;

/** The tree digest: the sum of all node digests modulo 2^64, kept as two unsigned halves. */
export class DigestSum {
  #hi = 0;
  #lo = 0;

  /** Adds a node digest (0 … 2^32-1). */
  add(digest: number): void {
    this.#lo += digest;
    if (this.#lo >= TWO_32) {
      this.#lo -= TWO_32;
      this.#hi = (this.#hi + 1) >>> 0;
    }
  }

  /** Takes a node digest away again. */
  subtract(digest: number): void {
    this.#lo -= digest;
    if (this.#lo < 0) {
      this.#lo += TWO_32;
      this.#hi = (this.#hi - 1) >>> 0;
    }
  }

  set(value: Int64): void {
    this.#hi = value.hi >>> 0;
    this.#lo = value.lo >>> 0;
  }

  equals(value: Int64): boolean {
    return this.#hi === value.hi >>> 0 && this.#lo === value.lo >>> 0;
  }

  toInt64(): Int64 {
    return new Int64(this.#hi, this.#lo);
  }
}
