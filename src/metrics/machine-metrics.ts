import { COUNTERS, type CounterName } from "./counter-table.ts";
import type { MetricsRegistry } from "./metrics-registry.ts";
import {
  type PercentileSource,
  ReadCounterSet,
  ReadPercentileSummary,
  ReadSummary,
  ReadSummarySet,
  type SummarySource,
} from "./read-metric.ts";
import {
  PERCENTILE_SUMMARIES,
  type PercentileSummaryName,
  SUMMARIES,
  type SummaryName,
} from "./summary-table.ts";

/** The numbers that the server machine keeps itself, under their metric names: the shape of `core/`'s ServerStats. */
export interface MachineStats {
  readonly counters: Readonly<Partial<Record<CounterName, number>>>;
  readonly summaries: Readonly<
    Partial<Record<SummaryName, SummarySource> & Record<PercentileSummaryName, PercentileSource>>
  >;
  readonly writePerNamespace: { entries(): Iterable<readonly [string, SummarySource]> };
  readonly readPerNamespace: { entries(): Iterable<readonly [string, SummarySource]> };
  readonly quotaExceededPerNamespace: ReadonlyMap<string, number>;
}

/** Binds everything in `stats`. Throws if it has a number under a name that is no metric. */
export function bindMachineStats(registry: MetricsRegistry, stats: MachineStats): void {
  bindCounters(registry, stats.counters);
  for (const [name, source] of Object.entries(stats.summaries)) bindSummary(registry, name, source);
  // What is committed is applied and answered in one step.
  if (stats.summaries.updatelatency !== undefined)
    registry.bind("write_commitproc_time_ms", new ReadPercentileSummary(stats.summaries.updatelatency));
  registry.bind("write_per_namespace", new ReadSummarySet(() => stats.writePerNamespace.entries()));
  registry.bind("read_per_namespace", new ReadSummarySet(() => stats.readPerNamespace.entries()));
  registry.bind(
    "quota_exceeded_error_per_namespace",
    new ReadCounterSet(() => stats.quotaExceededPerNamespace),
  );
}

/** Throws if there is a number under a name that is no counter. */
export function bindCounters(
  registry: MetricsRegistry,
  counters: Readonly<Partial<Record<CounterName, number>>>,
): void {
  for (const name of Object.keys(counters) as CounterName[]) {
    if (!Object.hasOwn(COUNTERS, name))
      throw new Error(`core counts ${name}, which is no counter of the metric table`);
    registry.bindCounter(name, () => counters[name] ?? 0);
  }
}

/** Throws if `name` is no summary. */
export function bindSummary(
  registry: MetricsRegistry,
  name: string,
  source: SummarySource | PercentileSource,
): void {
  if (Object.hasOwn(PERCENTILE_SUMMARIES, name) && "percentile" in source) {
    registry.bind(name as PercentileSummaryName, new ReadPercentileSummary(source));
  } else if (Object.hasOwn(SUMMARIES, name)) {
    registry.bind(name as SummaryName, new ReadSummary(source));
  } else {
    throw new Error(`core keeps ${name}, which is no summary of the metric table`);
  }
}
