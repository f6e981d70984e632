import { Counter, ReadCounter } from "./counter.ts";
import { COUNTER_SETS, COUNTERS, type CounterName, type CounterSetName } from "./counter-table.ts";
import { GAUGE_SETS, GAUGES, type GaugeName, type GaugeSetName, SERVER_GAUGES } from "./gauge-table.ts";
import { KeyedMetric } from "./keyed-metric.ts";
import type { MetricRow } from "./metric-row.ts";
import type { Metric, MetricValue } from "./metric-value.ts";
import { PercentileSummary } from "./percentile-summary.ts";
import { Summary } from "./summary.ts";
import {
  PERCENTILE_SUMMARIES,
  PERCENTILE_SUMMARY_SETS,
  type PercentileSummaryName,
  type PercentileSummarySetName,
  SUMMARIES,
  SUMMARY_SETS,
  type SummaryName,
  type SummarySetName,
} from "./summary-table.ts";

/** Reads a gauge's number; null while there is none, and then nothing is printed. */
export type GaugeSource = () => number | null;
export type GaugeSetSource = () => Iterable<readonly [key: string, value: number]>;

/**
 * All metrics of one server. Every metric of the tables exists from the start, with zeros; the composition root takes
 * the objects out once and hands them to the parts that feed them, so that feeding is a field increment and core needs
 * to know no more than `{ add(value: number): void }`.
 */
export class MetricsRegistry {
  readonly #gauges = new Map<GaugeName, GaugeSource>();
  readonly #gaugeSets = new Map<GaugeSetName, GaugeSetSource>();
  readonly #counters = metricsOf<CounterName, Counter | ReadCounter>(COUNTERS, () => new Counter());
  readonly #counterSets = metricsOf<CounterSetName, KeyedMetric<Counter>>(
    COUNTER_SETS,
    () => new KeyedMetric(() => new Counter()),
  );
  readonly #summaries = metricsOf<SummaryName, Summary>(SUMMARIES, () => new Summary());
  readonly #percentileSummaries = metricsOf<PercentileSummaryName, PercentileSummary>(
    PERCENTILE_SUMMARIES,
    () => new PercentileSummary(),
  );
  readonly #summarySets = metricsOf<SummarySetName, KeyedMetric<Summary>>(
    SUMMARY_SETS,
    () => new KeyedMetric(() => new Summary()),
  );
  readonly #percentileSummarySets = metricsOf<PercentileSummarySetName, KeyedMetric<PercentileSummary>>(
    PERCENTILE_SUMMARY_SETS,
    () => new KeyedMetric(() => new PercentileSummary()),
  );
  /** Names that somebody took in order to feed them. */
  readonly #connected = new Set<string>();

  /** Makes gauges readable; the returned function takes them away again (a role has ended). */
  registerGauges(sources: Readonly<Partial<Record<GaugeName, GaugeSource>>>): () => void {
    const entries = Object.entries(sources) as [GaugeName, GaugeSource][];
    for (const [name, source] of entries) this.#gauges.set(name, source);
    return () => {
      for (const [name, source] of entries) if (this.#gauges.get(name) === source) this.#gauges.delete(name);
    };
  }

  registerGaugeSets(sources: Readonly<Record<GaugeSetName, GaugeSetSource>>): void {
    for (const [name, source] of Object.entries(sources)) this.#gaugeSets.set(name as GaugeSetName, source);
  }

  /** A counter for its feeder to increment. */
  counter(name: CounterName): Counter {
    this.#connected.add(name);
    const counter = this.#counters.get(name);
    if (counter instanceof Counter) return counter;
    throw new Error(`metric ${name} is bound to a reader; it cannot be incremented as well`);
  }

  /** For numbers that are counted elsewhere (`core/`): `read` must never shrink. */
  bindCounter(name: CounterName, read: () => number): void {
    this.#connected.add(name);
    this.#counters.set(name, new ReadCounter(read));
  }

  counterSet(name: CounterSetName): KeyedMetric<Counter> {
    return this.#take(this.#counterSets, name);
  }

  summary(name: SummaryName): Summary {
    return this.#take(this.#summaries, name);
  }

  percentileSummary(name: PercentileSummaryName): PercentileSummary {
    return this.#take(this.#percentileSummaries, name);
  }

  summarySet(name: SummarySetName): KeyedMetric<Summary> {
    return this.#take(this.#summarySets, name);
  }

  percentileSummarySet(name: PercentileSummarySetName): KeyedMetric<PercentileSummary> {
    return this.#take(this.#percentileSummarySets, name);
  }

  /** Every line of `mntr` below `server_state`, in the order of Apache's groups. */
  *values(): Iterable<MetricValue> {
    for (const [name, row] of Object.entries(GAUGES)) {
      const value = this.#gauges.get(name as GaugeName)?.() ?? null;
      if (value !== null) yield { name, value, isDecimal: "isDecimal" in row };
    }
    for (const [name, source] of this.#gaugeSets) {
      for (const [key, value] of source()) yield { name: `${key}_${name}`, value, isDecimal: false };
    }
    for (const group of this.#groups()) for (const [name, metric] of group) yield* metric.values(name);
  }

  /** `srst`: everything but gauges starts again at zero. */
  reset(): void {
    for (const group of this.#groups()) for (const metric of group.values()) metric.reset();
  }

  /**
   * Names that nobody feeds although their feeder exists (`ensemble` and `admin` are not asked for): must be empty once
   * a server has been put together.
   */
  unconnected(): string[] {
    const tables = [
      COUNTERS,
      COUNTER_SETS,
      SUMMARIES,
      PERCENTILE_SUMMARIES,
      SUMMARY_SETS,
      PERCENTILE_SUMMARY_SETS,
    ];
    const fed = (rows: Readonly<Record<string, MetricRow>>) =>
      Object.keys(rows).filter((name) => !["ensemble", "admin"].includes(rows[name]!.fedBy));
    return [
      ...Object.keys(SERVER_GAUGES).filter((name) => !this.#gauges.has(name as GaugeName)),
      ...Object.keys(GAUGE_SETS).filter((name) => !this.#gaugeSets.has(name as GaugeSetName)),
      ...tables.flatMap(fed).filter((name) => !this.#connected.has(name)),
    ];
  }

  #groups(): ReadonlyMap<string, Metric>[] {
    return [
      this.#counters,
      this.#counterSets,
      this.#summaries,
      this.#percentileSummaries,
      this.#summarySets,
      this.#percentileSummarySets,
    ];
  }

  #take<N extends string, M>(metrics: ReadonlyMap<N, M>, name: N): M {
    this.#connected.add(name);
    return metrics.get(name)!;
  }
}

function metricsOf<N extends string, M>(rows: Readonly<Record<N, MetricRow>>, create: () => M): Map<N, M> {
  return new Map((Object.keys(rows) as N[]).map((name) => [name, create()]));
}
