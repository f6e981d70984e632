/**
 * CRC-32 (IEEE 802.3), as Java's CRC32. The functions work on the inner state: start with -1, end with `~state >>> 0`.
 * Eight tables, so that eight bytes cost eight lookups that do not wait for each other; nothing here allocates.
 */
const TABLES = Array.from({ length: 8 }, () => new Int32Array(256));
for (let byte = 0; byte < 256; byte++) {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  TABLES[0]![byte] = c;
}
for (let byte = 0; byte < 256; byte++) {
  for (let n = 1; n < 8; n++) {
    const c = TABLES[n - 1]![byte]!;
    TABLES[n]![byte] = (c >>> 8) ^ TABLES[0]![c & 0xff]!;
  }
}
/** Tn: what a byte adds that stands n bytes before the end of the step. */
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

/** Over `bytes[start … end)`. */
export function crc32OfBytes(state: number, bytes: Uint8Array, start: number, end: number): number {
  let c = state;
  let i = start;
  for (const stepsEnd = end - 7; i < stepsEnd; i += 8) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    const before = T7[c & 0xff]! ^ T6[(c >>> 8) & 0xff]! ^ T5[(c >>> 16) & 0xff]! ^ T4[c >>> 24]!;
    c = before ^ T3[bytes[i + 4]!]! ^ T2[bytes[i + 5]!]! ^ T1[bytes[i + 6]!]! ^ T0[bytes[i + 7]!]!;
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
