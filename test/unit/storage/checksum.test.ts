import library from "adler-32";
import { describe, expect, it } from "vitest";
import { createPrng } from "../../../src/base/prng.ts";
import { adlerOf, isOneByteOff } from "../../../src/storage/checksum.ts";

describe("adlerOf", () => {
  it.each([
    ["", 1],
    ["a", 0x0062_0062],
    ["Wikipedia", 0x11e6_0398],
  ])("of %j", (text, expected) => {
    expect(adlerOf(Buffer.from(text))).toBe(expected);
  });

  it("is what the library computes, for every length around its block sizes and with any seed", () => {
    const rng = createPrng(7);
    for (const length of [0, 1, 15, 16, 17, 31, 2879, 2880, 2881, 5760, 5761, 100_003]) {
      const bytes = rng.bytes(length);
      expect(adlerOf(bytes)).toBe(library.buf(bytes) >>> 0);
      const seed = adlerOf(rng.bytes(50));
      expect(adlerOf(bytes, seed)).toBe(library.buf(bytes, seed) >>> 0);
    }
  });

  it("does not overflow on the largest sums", () => {
    const bytes = new Uint8Array(1_000_000).fill(0xff);
    const seed = 65520 * 0x1_0000 + 65520;
    expect(adlerOf(bytes, seed)).toBe(library.buf(bytes, seed) >>> 0);
  });

  it("continues over portions", () => {
    const bytes = createPrng(8).bytes(10_000);
    let sum: number | undefined;
    for (let at = 0; at < bytes.length; at += 777) sum = adlerOf(bytes.subarray(at, at + 777), sum);
    expect(sum).toBe(adlerOf(bytes));
  });
});

describe("isOneByteOff", () => {
  const rng = createPrng(9);

  it("finds every single changed byte, in the bytes and in the checksum", () => {
    for (const length of [1, 40, 3000, 70_000]) {
      for (let round = 0; round < 40; round++) {
        const bytes = round % 2 === 0 ? rng.bytes(length) : new Uint8Array(length);
        const checksum = adlerOf(bytes);
        expect(isOneByteOff(bytes, checksum)).toBe(false);
        bytes[rng.below(length)]! ^= 1 + rng.below(255);
        expect(isOneByteOff(bytes, checksum)).toBe(true);
      }
    }
    const bytes = rng.bytes(100);
    for (const shift of [0, 8, 16, 24])
      expect(isOneByteOff(bytes, (adlerOf(bytes) ^ (0x5a << shift)) >>> 0)).toBe(true);
  });

  it("does not find one where many bytes are missing", () => {
    let found = 0;
    for (let round = 0; round < 2000; round++) {
      const bytes = rng.bytes(1500);
      const checksum = adlerOf(bytes);
      bytes.fill(0, 512, 1024);
      if (isOneByteOff(bytes, checksum)) found++;
    }
    expect(found).toBeLessThan(4);
  });
});
