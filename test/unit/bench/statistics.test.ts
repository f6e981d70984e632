import { describe, expect, it } from "vitest";
import { LatencyHistogram } from "../../../bench/load/latency-histogram.ts";
import { median, pairRatios, ratio, spread } from "../../../bench/statistics.ts";

describe("statistics", () => {
  it("takes the middle, or the mean of the middle two, whatever the order", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
    expect(spread([5, 1, 3])).toEqual({ min: 1, median: 3, max: 5 });
  });

  it("makes above 1 mean better, for rates and for durations", () => {
    expect(ratio(200, 100, "higher")).toBe(2);
    expect(ratio(50, 100, "lower")).toBe(2);
    expect(ratio(200, 100, "lower")).toBe(0.5);
  });

  it("compares round by round and leaves out a round that one side lacks", () => {
    expect(pairRatios([10, 30], [10, 10, 10], "higher")).toEqual([1, 3]);
  });
});

describe("LatencyHistogram", () => {
  it("is exact to a microsecond below 20 ms", () => {
    const histogram = new LatencyHistogram();
    for (let i = 1; i <= 1000; i++) histogram.record(i);
    expect(histogram.count).toBe(1000);
    expect(histogram.percentileUs(0.5)).toBe(501);
    expect(histogram.percentileUs(0.99)).toBe(991);
    expect(histogram.percentileUs(0.999)).toBe(1000);
    expect(histogram.percentileUs(1)).toBe(1000);
    expect(histogram.maxUs).toBe(1000);
  });

  it("keeps stalls in coarse steps, and the longest exactly", () => {
    const histogram = new LatencyHistogram();
    for (let i = 0; i < 998; i++) histogram.record(100);
    histogram.record(250_007);
    histogram.record(90_000_000);
    expect(histogram.percentileUs(0.5)).toBe(101);
    expect(histogram.percentileUs(0.999)).toBe(250_020);
    expect(histogram.percentileUs(1)).toBe(90_000_000);
    expect(histogram.maxUs).toBe(90_000_000);
  });

  it("has no percentiles when it is empty, also after a reset", () => {
    const histogram = new LatencyHistogram();
    expect(histogram.percentileUs(0.5)).toBeNaN();
    histogram.record(5);
    histogram.reset();
    expect([histogram.count, histogram.maxUs, histogram.percentileUs(0.5)]).toEqual([0, 0, Number.NaN]);
  });
});
