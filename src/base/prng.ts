import type { Rng } from "./ports.ts";

/**
 * A small deterministic random source (sfc32) for the simulator and for tests: one seed gives one sequence,
 * on every machine. Not for secrets.
 */
export function createPrng(seed: number): Rng {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return {
    uint32: next,
    below(bound) {
      return Math.floor((next() / 0x1_0000_0000) * bound);
    },
    bytes(length) {
      const out = new Uint8Array(length);
      for (let i = 0; i < length; i++) out[i] = next() & 0xff;
      return out;
    },
  };
}
