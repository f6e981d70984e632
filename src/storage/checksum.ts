import adler32 from "adler-32";

/** Adler-32 of no bytes: where every checksum starts. */
export const ADLER_START = 1;

/**
 * Adler-32 as an unsigned number; `seed` continues over the bytes before. Both formats use it: per record in the log,
 * running over the whole file in a snapshot (speed measured in docs/decisions/0011).
 */
export function adlerOf(bytes: Uint8Array, seed: number = ADLER_START): number {
  return adler32.buf(bytes, seed) >>> 0;
}
