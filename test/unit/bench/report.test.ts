import { describe, expect, it } from "vitest";
import { parseOptions } from "../../../bench/options.ts";
import { type BenchReport, metricReports, renderTable } from "../../../bench/report.ts";
import { isLoadWorkload, type Metric, WORKLOADS } from "../../../bench/workloads.ts";

const METRICS: readonly Metric[] = [
  { name: "rate", unit: "/s", better: "higher" },
  { name: "p99", unit: "ms", better: "lower" },
];

function reportOf(apache: number[][] | undefined, menagerie: number[][], shares = {}): BenchReport {
  const metrics = metricReports(METRICS, { ...(apache && { apache }), menagerie });
  const workload = { name: "w", title: "a workload", metrics, ...shares };
  return { at: "2026-01-01T00:00:00.000Z", machine: { processors: 2 }, options: {}, workloads: [workload] };
}

describe("bench report", () => {
  it("gives the median of the ratios of each round, not the ratio of medians", () => {
    const rounds = {
      apache: [
        [100, 4],
        [50, 8],
        [100, 4],
      ],
      menagerie: [
        [100, 2],
        [150, 2],
        [110, 4],
      ],
    };
    const [rate, p99] = metricReports(METRICS, rounds);
    expect(rate).toMatchObject({ ratios: [1, 3, 1.1], ratio: 1.1, apache: [100, 50, 100] });
    expect(p99).toMatchObject({ ratios: [2, 4, 1], ratio: 2 });
  });

  it("prints medians with their extremes", () => {
    const table = renderTable(
      reportOf(
        [
          [1000, 4],
          [2000, 8],
          [3000, 4],
        ],
        [
          [4000, 2],
          [4000, 2],
          [4500, 2],
        ],
      ),
    );
    expect(table).toBe(
      [
        "processors: 2",
        "",
        "                Apache ZooKeeper              Menagerie        times better",
        "",
        "a workload",
        "  rate /s  2,000 (1,000 … 3,000)  4,000 (4,000 … 4,500)  2.00 (1.50 … 4.00)",
        "  p99 ms      4.00 (4.00 … 8.00)     2.00 (2.00 … 2.00)  2.00 (2.00 … 4.00)",
        "",
      ].join("\n"),
    );
  });

  it("prints one side alone without ratios", () => {
    const table = renderTable(reportOf(undefined, [[123.4, 0.5]]));
    expect(table).toMatch(/ {2}rate \/s +- +123 +-$/m);
  });

  it("says when a figure is not to be trusted", () => {
    expect(renderTable(reportOf(undefined, [[1, 1]], { loadCpuShare: 0.97, otherCpuShare: 0.3 }))).toContain(
      "[load generator at its limit; noisy: other programs used 30 % of the machine]",
    );
    expect(
      renderTable(reportOf(undefined, [[1, 1]], { loadCpuShare: 0.9, otherCpuShare: 0.01 })),
    ).not.toContain("[");
  });
});

describe("bench options", () => {
  it("runs everything on both servers by default", () => {
    const options = parseOptions([]);
    expect(options.workloads).toEqual(WORKLOADS.map(({ name }) => name));
    expect(options).toMatchObject({
      subjects: ["apache", "menagerie"],
      rounds: 5,
      seconds: 5,
      znodes: 1_000_000,
    });
  });

  it("takes names and groups, in the order of the table", () => {
    expect(parseOptions(["start", "get", "set-8x32"]).workloads).toEqual([
      "get-50x1",
      "get-8x32",
      "set-8x32",
      "start",
    ]);
    expect(parseOptions(["latency", "--subject", "apache"])).toMatchObject({
      workloads: ["latency-get", "latency-set"],
      subjects: ["apache"],
    });
  });

  it("makes --quick short, except for what was asked for", () => {
    expect(parseOptions(["--quick"])).toMatchObject({ seconds: 1, warmup: 1, rounds: 1, znodes: 100_000 });
    expect(parseOptions(["--quick", "--rounds", "3", "--seconds", "0.5"])).toMatchObject({
      rounds: 3,
      seconds: 0.5,
    });
  });
});

describe("workloads", () => {
  it("have names of their own and a figure for every metric", () => {
    expect(new Set(WORKLOADS.map(({ name }) => name)).size).toBe(WORKLOADS.length);
    const latency = { p50Us: 1000, p99Us: 2000, p999Us: 3000, maxUs: 4000 };
    const result = { count: 100, seconds: 2, latency, serverCpu: 0.5, loadCpu: 0.1, otherCpu: 0 };
    for (const workload of WORKLOADS.filter(isLoadWorkload)) {
      const figures = workload.figures(result);
      expect(figures).toHaveLength(workload.metrics.length);
      expect(figures.every((figure) => figure > 0)).toBe(true);
      if (workload.metrics[0]!.name === "rate") expect(figures).toEqual([50, 2, 5000]);
    }
  });
});
