import { expect, it } from "vitest";
import { PeerStats } from "../../../src/core/zab/peer-stats.ts";
import { COUNTERS } from "../../../src/metrics/counter-table.ts";
import { QUORUM_GAUGES, type QuorumGaugeName } from "../../../src/metrics/gauge-table.ts";
import type { MetricRow } from "../../../src/metrics/metric-row.ts";
import { type GaugeSource, MetricsRegistry } from "../../../src/metrics/metrics-registry.ts";
import { bindPeerStats } from "../../../src/metrics/peer-metrics.ts";
import {
  PERCENTILE_SUMMARIES,
  PERCENTILE_SUMMARY_SETS,
  SUMMARIES,
  SUMMARY_SETS,
} from "../../../src/metrics/summary-table.ts";

const GAUGES = Object.fromEntries(
  Object.keys(QUORUM_GAUGES).map((name, at) => [name, () => at]),
) as unknown as Record<QuorumGaugeName, GaugeSource>;

function bound(stats: PeerStats): MetricsRegistry {
  const registry = new MetricsRegistry();
  bindPeerStats(registry, stats, GAUGES);
  return registry;
}

function linesOf(registry: MetricsRegistry): Record<string, number> {
  return Object.fromEntries([...registry.values()].map(({ name, value }) => [name, value]));
}

it("a member feeds every number that the tables expect of it", () => {
  const tables: Record<string, MetricRow> = {
    ...COUNTERS,
    ...SUMMARIES,
    ...PERCENTILE_SUMMARIES,
    ...SUMMARY_SETS,
    ...PERCENTILE_SUMMARY_SETS,
  };
  const expected = Object.entries(tables).flatMap(([name, row]) => (row.fedBy === "ensemble" ? [name] : []));
  const { counters, summaries } = new PeerStats();
  const fed = [...Object.keys(counters), ...Object.keys(summaries), "ack_latency"];
  expect(fed.sort()).toEqual(expected.sort());
  expect(linesOf(bound(new PeerStats()))).toMatchObject({ quorum_size: 0, synced_observers: 1 });
});

it("what a member counts is printed, and a reset is passed on", () => {
  const stats = new PeerStats();
  const registry = bound(stats);
  stats.proposed(40);
  stats.proposed(30);
  stats.acked(2, 7);
  stats.summaries.election_time.add(210);
  stats.summaries.quorum_ack_latency.add(5);
  expect(linesOf(registry)).toMatchObject({
    proposal_count: 2,
    max_2_ack_latency: 7,
    p99_2_ack_latency: 7,
    avg_election_time: 210,
    p50_quorum_ack_latency: 5,
  });
  expect([stats.lastProposalBytes, stats.minProposalBytes, stats.maxProposalBytes]).toEqual([30, 30, 40]);
  registry.reset();
  expect(linesOf(registry)).toMatchObject({ proposal_count: 0, cnt_2_ack_latency: 0, cnt_election_time: 0 });
  stats.resetProposalSizes();
  expect([stats.lastProposalBytes, stats.minProposalBytes, stats.maxProposalBytes]).toEqual([-1, -1, -1]);
});

it("the sets of a member have a limit", () => {
  const stats = new PeerStats();
  for (let sid = 0; sid < 5000; sid++) stats.acked(sid, 1);
  expect([...stats.ackLatencies()]).toHaveLength(1000);
});
