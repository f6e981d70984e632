import { describe, expect, it } from "vitest";
import { createPrng } from "../../../src/base/prng.ts";
import { Histogram } from "../../../src/metrics/histogram.ts";

const QUANTILES = [0.5, 0.95, 0.99, 0.999];

/** The same quantiles from a sorted list: how Apache's metrics library computes them. */
function exactQuantiles(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return QUANTILES.map((quantile) => {
    const rank = quantile * (sorted.length + 1);
    const index = Math.floor(rank);
    if (index < 1) return sorted[0] ?? 0;
    if (index >= sorted.length) return sorted.at(-1)!;
    return sorted[index - 1]! + (rank - index) * (sorted[index]! - sorted[index - 1]!);
  });
}

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

describe("histogram", () => {
  it("is zero while empty", () => {
    expect(new Histogram().quantiles(QUANTILES)).toEqual([0, 0, 0, 0]);
  });

  it("interpolates between ranks like Apache (10 and 11 give a median of 10.5)", () => {
    expect(histogramOf([11, 10]).quantiles([0.5])).toEqual([10.5]);
  });

  it("is exact for values below 256", () => {
    const rng = createPrng(1);
    for (const size of [1, 2, 3, 19, 20, 1000, 5000]) {
      const values = Array.from({ length: size }, () => rng.below(256));
      const got = histogramOf(values).quantiles(QUANTILES);
      exactQuantiles(values).forEach((value, i) => {
        expect(got[i], `size ${size}, quantile ${QUANTILES[i]}`).toBeCloseTo(value, 6);
      });
    }
  });

  it("is within 0.8 % for larger values, up to 49 days of milliseconds", () => {
    const rng = createPrng(2);
    for (const bound of [300, 5000, 1_000_000, 2 ** 31, 2 ** 32]) {
      const values = Array.from({ length: 2000 }, () => rng.below(bound));
      const got = histogramOf(values).quantiles(QUANTILES);
      exactQuantiles(values).forEach((value, i) => {
        expect(Math.abs(got[i]! - value), `bound ${bound}`).toBeLessThanOrEqual(value * 0.008 + 1e-9);
      });
    }
  });

  it("keeps what does not fit at its ends", () => {
    expect(histogramOf([-5]).quantiles([0.5])).toEqual([0]);
    expect(histogramOf([2 ** 50]).quantiles([0.5])[0]).toBeGreaterThan(2 ** 31);
    expect(histogramOf([3.9]).quantiles([0.5])).toEqual([3]);
  });

  it("forgets when it is reset", () => {
    const histogram = histogramOf([100, 200]);
    histogram.reset();
    expect(histogram.total).toBe(0);
    histogram.add(7);
    expect(histogram.quantiles([0.5])).toEqual([7]);
  });
});
