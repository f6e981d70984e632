import { describe, expect, it } from "vitest";
import type { Rng } from "../../../../src/base/ports.ts";
import { createPrng } from "../../../../src/base/prng.ts";
import { SnapshotPolicy } from "../../../../src/storage/snapshot/snapshot-policy.ts";

/** Appends one record after the other until a snapshot is due; returns how many. */
function recordsUntilDue(policy: SnapshotPolicy, fileBytes = 0): number {
  for (let records = 1; ; records++) if (policy.appended(1, fileBytes)) return records;
}

const constant = (value: number): Rng => ({ ...createPrng(1), uint32: () => value });

describe("SnapshotPolicy", () => {
  it("is due after more than half and at most all of snapCount, at another point each time", () => {
    const policy = new SnapshotPolicy({ rng: createPrng(1), snapCount: 1000 });
    const counts = Array.from({ length: 300 }, () => recordsUntilDue(policy));
    expect(Math.min(...counts)).toBeGreaterThan(500);
    expect(Math.min(...counts)).toBeLessThan(520);
    expect(Math.max(...counts)).toBeLessThanOrEqual(1000);
    expect(Math.max(...counts)).toBeGreaterThan(980);
    expect(new Set(counts).size).toBeGreaterThan(150);
  });

  it("has exact ends", () => {
    expect(recordsUntilDue(new SnapshotPolicy({ rng: constant(0), snapCount: 1000 }))).toBe(501);
    expect(recordsUntilDue(new SnapshotPolicy({ rng: constant(0xffff_ffff), snapCount: 1000 }))).toBe(1000);
  });

  it("takes a snapCount below 2 for 2", () => {
    for (const snapCount of [-5, 0, 1, 2]) {
      expect(recordsUntilDue(new SnapshotPolicy({ rng: createPrng(1), snapCount }))).toBe(2);
    }
  });

  it("is due by bytes too, unless that is off", () => {
    const limits = { rng: constant(0), snapCount: 1000, snapBytesMax: 10_000 };
    expect(recordsUntilDue(new SnapshotPolicy(limits), 5000)).toBe(501);
    expect(recordsUntilDue(new SnapshotPolicy(limits), 5001)).toBe(1);
    expect(recordsUntilDue(new SnapshotPolicy({ ...limits, snapBytesMax: 0 }), 1e12)).toBe(501);
  });

  it("counts what the log held already", () => {
    const policy = new SnapshotPolicy({ rng: constant(0), snapCount: 1000 });
    policy.seed(400);
    expect(recordsUntilDue(policy)).toBe(101);
    policy.seed(9_000);
    expect(recordsUntilDue(policy)).toBe(1);
    expect(recordsUntilDue(policy)).toBe(501);
  });
});
