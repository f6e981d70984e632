/**
 * CRC-32 (IEEE 802.3), as Java's CRC32. The functions work on the inner state: start with -1, end with `~state >>> 0`.
 * Four tables, so that a 32-bit word costs four lookups; nothing here allocates.
 */
const T0 = new Int32Array(256);
const T1 = new Int32Array(256);
const T2 = new Int32Array(256);
const T3 = new Int32Array(256);

for (let i = 0; i < 256; i++) {
  let c = i;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  T0[i] = c;
}
for (let i = 0; i < 256; i++) {
  T1[i] = (T0[i]! >>> 8) ^ T0[T0[i]! & 0xff]!;
  T2[i] = (T1[i]! >>> 8) ^ T0[T1[i]! & 0xff]!;
  T3[i] = (T2[i]! >>> 8) ^ T0[T2[i]! & 0xff]!;
}

/** Over `bytes[start … end)`. */
export function crc32OfBytes(state: number, bytes: Uint8Array, start: number, end: number): number {
  let c = state;
  let i = start;
  for (const wordsEnd = end - 3; i < wordsEnd; i += 4) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c = T3[c & 0xff]! ^ T2[(c >>> 8) & 0xff]! ^ T1[(c >>> 16) & 0xff]! ^ T0[c >>> 24]!;
  }
  for (; i < end; i++) c = (c >>> 8) ^ T0[(c ^ bytes[i]!) & 0xff]!;
  return c;
}

/** Over the four bytes of an int, big endian. */
export function crc32OfInt(state: number, value: number): number {
  const c = state ^ ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24));
  return T3[c & 0xff]! ^ T2[(c >>> 8) & 0xff]! ^ T1[(c >>> 16) & 0xff]! ^ T0[c >>> 24]!;
}

/** Over the eight bytes of an integer held in a double (zxids, times), big endian, two's complement. */
export function crc32OfLong(state: number, value: number): number {
  return crc32OfInt(crc32OfInt(state, Math.floor(value / 0x1_0000_0000) | 0), value >>> 0);
}

/**
 * Over the UTF-8 bytes of `text[start … end)`. Each UTF-16 unit stands for itself: paths hold no surrogates
 * (client-protocol 4.2).
 */
export function crc32OfText(state: number, text: string, start: number, end: number): number {
  let c = state;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      c = (c >>> 8) ^ T0[(c ^ unit) & 0xff]!;
    } else if (unit < 0x800) {
      c = (c >>> 8) ^ T0[(c ^ (0xc0 | (unit >>> 6))) & 0xff]!;
      c = (c >>> 8) ^ T0[(c ^ (0x80 | (unit & 0x3f))) & 0xff]!;
    } else {
      c = (c >>> 8) ^ T0[(c ^ (0xe0 | (unit >>> 12))) & 0xff]!;
      c = (c >>> 8) ^ T0[(c ^ (0x80 | ((unit >>> 6) & 0x3f))) & 0xff]!;
      c = (c >>> 8) ^ T0[(c ^ (0x80 | (unit & 0x3f))) & 0xff]!;
    }
  }
  return c;
}
