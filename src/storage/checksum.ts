/** Adler-32 of no bytes: where every checksum starts. */
export const ADLER_START = 1;

const MODULUS = 65521;
/** So many bytes can be added up before a sum could leave the range of a 32-bit integer. */
const BLOCK_BYTES = 2880;

/**
 * Adler-32 (RFC 1950) as an unsigned number; `seed` continues over the bytes before. Both formats use it: per record in
 * the log, running over the whole file in a snapshot. Written out sixteen bytes at a time, which is about twice as fast
 * as the library that we would otherwise use; at a start from a large snapshot it is the largest single cost
 * (docs/decisions/0011).
 */
export function adlerOf(bytes: Uint8Array, seed: number = ADLER_START): number {
  let a = seed & 0xffff;
  let b = seed >>> 16;
  const end = bytes.length;
  for (let i = 0; i < end; ) {
    const blockEnd = Math.min(end, i + BLOCK_BYTES);
    for (const last = blockEnd - 15; i < last; i += 16) {
      const b0 = bytes[i]!;
      const b1 = bytes[i + 1]!;
      const b2 = bytes[i + 2]!;
      const b3 = bytes[i + 3]!;
      const b4 = bytes[i + 4]!;
      const b5 = bytes[i + 5]!;
      const b6 = bytes[i + 6]!;
      const b7 = bytes[i + 7]!;
      const b8 = bytes[i + 8]!;
      const b9 = bytes[i + 9]!;
      const b10 = bytes[i + 10]!;
      const b11 = bytes[i + 11]!;
      const b12 = bytes[i + 12]!;
      const b13 = bytes[i + 13]!;
      const b14 = bytes[i + 14]!;
      const b15 = bytes[i + 15]!;
      b += 16 * a + 16 * b0 + 15 * b1 + 14 * b2 + 13 * b3 + 12 * b4 + 11 * b5 + 10 * b6 + 9 * b7;
      b += 8 * b8 + 7 * b9 + 6 * b10 + 5 * b11 + 4 * b12 + 3 * b13 + 2 * b14 + b15;
      a += b0 + b1 + b2 + b3 + b4 + b5 + b6 + b7 + b8 + b9 + b10 + b11 + b12 + b13 + b14 + b15;
    }
    for (; i < blockEnd; i++) {
      a += bytes[i]!;
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return b * 0x1_0000 + a;
}

/**
 * Whether one changed byte, among the bytes or in the checksum itself, explains why `bytes` do not have the checksum
 * `expected`. A byte at distance k from the end that changed by d changes the low half by d and the high half by k * d.
 */
export function isOneByteOff(bytes: Uint8Array, expected: number): boolean {
  const actual = adlerOf(bytes);
  const changed = (actual ^ expected) >>> 0;
  if (changed === 0) return false;
  for (const mask of [0xff, 0xff00, 0xff_0000, 0xff00_0000]) {
    if ((changed & ~mask) === 0) return true;
  }
  const low = ((expected & 0xffff) - (actual & 0xffff) + MODULUS) % MODULUS;
  const high = ((expected >>> 16) - (actual >>> 16) + MODULUS) % MODULUS;
  const difference = low <= 0xff ? low : low - MODULUS;
  if (difference === 0 || difference < -0xff) return false;
  for (let distance = 1; distance <= bytes.length; distance++) {
    if ((low * distance) % MODULUS !== high) continue;
    const original = bytes[bytes.length - distance]! + difference;
    if (original >= 0 && original <= 0xff) return true;
  }
  return false;
}
