import { expect, it } from "vitest";
import { ServerStats } from "../../../src/core/pipeline/server-stats.ts";
import { COUNTERS } from "../../../src/metrics/counter-table.ts";
import { bindMachineStats } from "../../../src/metrics/machine-metrics.ts";
import { MetricsRegistry } from "../../../src/metrics/metrics-registry.ts";
import { PERCENTILE_SUMMARIES, SUMMARIES, SUMMARY_SETS } from "../../../src/metrics/summary-table.ts";

function linesOf(registry: MetricsRegistry): Record<string, number> {
  return Object.fromEntries([...registry.values()].map(({ name, value }) => [name, value]));
}

it("the machine keeps every number that the tables expect of it", () => {
  const registry = new MetricsRegistry();
  bindMachineStats(registry, new ServerStats());
  const open = registry.unconnected();
  const tables = { ...COUNTERS, ...SUMMARIES, ...PERCENTILE_SUMMARIES, ...SUMMARY_SETS };
  const machine = Object.entries(tables).filter(([, row]) => row.fedBy === "machine");
  expect(machine.map(([name]) => name).filter((name) => open.includes(name))).toEqual([]);
});

it("what the machine counts is printed, and a reset is passed on", () => {
  const registry = new MetricsRegistry();
  const stats = new ServerStats();
  bindMachineStats(registry, stats);
  stats.counters.op_count_ping = 3;
  for (const ms of [10, 11]) stats.summaries.updatelatency.add(ms);
  stats.summaries.node_created_watch_count.add(2);
  stats.writePerNamespace.add("/app/x", 3);
  stats.readPerNamespace.add("/zookeeper", 0);
  stats.quotaExceededPerNamespace.set("app", 4);
  const lines = linesOf(registry);
  expect(lines).toMatchObject({
    op_count_ping: 3,
    avg_updatelatency: 10.5,
    cnt_updatelatency: 2,
    p50_updatelatency: 10,
    p999_updatelatency: 11,
    max_node_created_watch_count: 2,
    // As Apache 3.8.0 counts them: path and data, and for a read 68 bytes of stat.
    sum_app_write_per_namespace: 9,
    sum_zookeeper_read_per_namespace: 78,
    app_quota_exceeded_error_per_namespace: 4,
  });
  registry.reset();
  stats.quotaExceededPerNamespace.set("app", 5);
  const after = linesOf(registry);
  for (const [name, value] of Object.entries(lines)) {
    if (value !== 0)
      expect(after[name], name).toBe(name === "app_quota_exceeded_error_per_namespace" ? 1 : 0);
  }
});

it("a name that is no metric is refused", () => {
  const stats = new ServerStats();
  Object.assign(stats.counters, { op_count_pong: 1 });
  expect(() => bindMachineStats(new MetricsRegistry(), stats)).toThrow(/op_count_pong/);
});
