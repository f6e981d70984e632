import type { CounterName } from "./counter-table.ts";
import type { QuorumGaugeName } from "./gauge-table.ts";
import { bindCounters, bindSummary } from "./machine-metrics.ts";
import type { GaugeSource, MetricsRegistry } from "./metrics-registry.ts";
import { type PercentileSource, ReadPercentileSummarySet, type SummarySource } from "./read-metric.ts";
import type { PercentileSummaryName, SummaryName } from "./summary-table.ts";

/** The numbers that a member of an ensemble keeps itself: the shape of `core/`'s PeerStats. */
export interface PeerNumbers {
  readonly counters: Readonly<Partial<Record<CounterName, number>>>;
  readonly summaries: Readonly<
    Partial<Record<SummaryName, SummarySource> & Record<PercentileSummaryName, PercentileSource>>
  >;
  ackLatencies(): Iterable<readonly [sid: number, latency: PercentileSource]>;
}

/** Binds everything in `numbers`, and the gauges, which are null where the member's role has none. */
export function bindPeerStats(
  registry: MetricsRegistry,
  numbers: PeerNumbers,
  gauges: Readonly<Record<QuorumGaugeName, GaugeSource>>,
): void {
  bindCounters(registry, numbers.counters);
  for (const [name, source] of Object.entries(numbers.summaries)) bindSummary(registry, name, source);
  registry.bind("ack_latency", new ReadPercentileSummarySet(() => numbers.ackLatencies()));
  registry.registerGauges(gauges);
}
