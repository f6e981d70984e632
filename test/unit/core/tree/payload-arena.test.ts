import { describe, expect, it } from "vitest";
import { InvariantViolation } from "../../../../src/base/invariant.ts";
import { PayloadArena } from "../../../../src/core/tree/payload-arena.ts";
import {
  CLASS_COUNT,
  classOfLength,
  SLOT_BYTES_MAX,
  slotBytesOf,
} from "../../../../src/core/tree/size-class.ts";

describe("size classes", () => {
  it("give every length the smallest slot that holds it, wasting an eighth at most", () => {
    let previous = 0;
    for (let length = 1; length <= SLOT_BYTES_MAX; length++) {
      const sizeClass = classOfLength(length);
      const slot = slotBytesOf(sizeClass);
      expect(slot).toBeGreaterThanOrEqual(length);
      if (sizeClass > 0) expect(slotBytesOf(sizeClass - 1)).toBeLessThan(length);
      expect(slot - length).toBeLessThan(Math.max(8, slot / 8));
      expect(sizeClass === previous || sizeClass === previous + 1).toBe(true);
      previous = sizeClass;
    }
    expect(previous).toBe(CLASS_COUNT - 1);
  });

  it("are multiples of 8, which a free slot's link needs", () => {
    for (let i = 0; i < CLASS_COUNT; i++) expect(slotBytesOf(i) % 8).toBe(0);
  });
});

describe("PayloadArena", () => {
  const isFilled = (bytes: Uint8Array, length: number, value: number) =>
    bytes.length === length && bytes.every((byte) => byte === (value & 0xff));
  const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

  it("gives back what was stored, small and large", () => {
    const arena = new PayloadArena();
    const lengths = [1, 7, 8, 9, 100, 128, 129, 1000, 8192, 8193, 1 << 20];
    const refs = lengths.map((length, i) => arena.store(filled(length, i + 1)));
    for (const [i, length] of lengths.entries())
      expect(isFilled(arena.view(refs[i]!, length), length, i + 1)).toBe(true);
  });

  it("uses freed slots again before it asks for memory", () => {
    const arena = new PayloadArena();
    const refs = Array.from({ length: 1000 }, () => arena.store(filled(100, 1)));
    const reserved = arena.bytesReserved;
    for (const ref of refs) arena.free(ref);
    const again = Array.from({ length: 1000 }, () => arena.store(filled(97, 2)));
    expect(arena.bytesReserved).toBe(reserved);
    expect(new Set(again).size).toBe(1000);
  });

  it("returns slabs that become empty, but keeps one for what comes and goes", () => {
    const arena = new PayloadArena();
    const refs = Array.from({ length: 10_000 }, () => arena.store(filled(1000, 1)));
    expect(arena.bytesReserved).toBeGreaterThan(10_000 * 1000);
    for (const ref of refs) arena.free(ref);
    expect(arena.bytesReserved).toBe(256 * 1024);
  });

  it("gives the number of a returned slab to another size", () => {
    const arena = new PayloadArena();
    const refs = Array.from({ length: 600 }, () => arena.store(filled(1000, 1)));
    for (const ref of refs) arena.free(ref);
    const others = Array.from({ length: 600 }, (_, i) => arena.store(filled(2000, i)));
    for (const [i, ref] of others.entries()) expect(isFilled(arena.view(ref, 2000), 2000, i)).toBe(true);
  });

  it("returns large payloads at once", () => {
    const arena = new PayloadArena();
    const ref = arena.store(filled(100_000, 1));
    expect(arena.bytesReserved).toBe(100_000);
    arena.free(ref);
    expect(arena.bytesReserved).toBe(0);
    expect(arena.store(filled(20_000, 1))).toBe(ref);
  });

  it("knows what may be overwritten in place", () => {
    const arena = new PayloadArena();
    expect(arena.fits(97, 104)).toBe(true);
    expect(arena.fits(97, 105)).toBe(false);
    expect(arena.fits(9000, 9000)).toBe(true);
    expect(arena.fits(9000, 9001)).toBe(false);
    expect(arena.fits(8192, 9000)).toBe(false);
  });

  it("notices a large payload freed twice", () => {
    const arena = new PayloadArena();
    const ref = arena.store(filled(10_000, 1));
    arena.free(ref);
    expect(() => arena.free(ref)).toThrow(InvariantViolation);
  });
});
