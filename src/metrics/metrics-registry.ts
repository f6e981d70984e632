import { Counter, ReadCounter } from "./counter.ts";
import { COUNTER_SETS, COUNTERS, type CounterName } from "./counter-table.ts";
import { GAUGE_SETS, GAUGES, type GaugeName, type GaugeSetName, SERVER_GAUGES } from "./gauge-table.ts";
import type { MetricRow } from "./metric-row.ts";
import type { Metric, MetricValue } from "./metric-value.ts";
import { PercentileSummary } from "./percentile-summary.ts";
import { ReadCounterSet, ReadPercentileSummarySet, ReadSummarySet } from "./read-metric.ts";
import { Summary } from "./summary.ts";
import {
  PERCENTILE_SUMMARIES,
  PERCENTILE_SUMMARY_SETS,
  type PercentileSummaryName,
  SUMMARIES,
  SUMMARY_SETS,
  type SummaryName,
} from "./summary-table.ts";

/** Every metric but the gauges. */
const METRIC_ROWS = {
  ...COUNTERS,
  ...COUNTER_SETS,
  ...SUMMARIES,
  ...PERCENTILE_SUMMARIES,
  ...SUMMARY_SETS,
  ...PERCENTILE_SUMMARY_SETS,
} as const;

/** A set has no keys before it is bound. */
const NO_ENTRIES = () => [];

export type MetricName = keyof typeof METRIC_ROWS;

/** Reads a gauge's number; null while there is none, and then nothing is printed. */
export type GaugeSource = () => number | null;
export type GaugeSetSource = () => Iterable<readonly [key: string, value: number]>;

/**
 * All metrics of one server. Every metric of the tables exists from the start, with zeros; the composition root takes
 * the objects out once and hands them to the parts that feed them, so that feeding is a field increment; what is kept
 * elsewhere (by `core/`) is bound and read when it is asked for.
 */
export class MetricsRegistry {
  readonly #gauges = new Map<GaugeName, GaugeSource>();
  readonly #gaugeSets = new Map<GaugeSetName, GaugeSetSource>();
  /** In the order in which Apache prints its groups. */
  readonly #metrics = new Map<MetricName, Metric>([
    ...rowsOf(COUNTERS, () => new Counter()),
    ...rowsOf(COUNTER_SETS, () => new ReadCounterSet(NO_ENTRIES)),
    ...rowsOf(SUMMARIES, () => new Summary()),
    ...rowsOf(PERCENTILE_SUMMARIES, () => new PercentileSummary()),
    ...rowsOf(SUMMARY_SETS, () => new ReadSummarySet(NO_ENTRIES)),
    ...rowsOf(PERCENTILE_SUMMARY_SETS, () => new ReadPercentileSummarySet(NO_ENTRIES)),
  ]);
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

  /** For its feeder to increment. */
  counter(name: CounterName): Counter {
    return this.#take(name, Counter);
  }

  summary(name: SummaryName): Summary {
    return this.#take(name, Summary);
  }

  percentileSummary(name: PercentileSummaryName): PercentileSummary {
    return this.#take(name, PercentileSummary);
  }

  /** For a number that is counted elsewhere and only grows. Binding again replaces: the last one counts. */
  bindCounter(name: CounterName, read: () => number): void {
    this.bind(name, new ReadCounter(read));
  }

  /** For a metric that is kept elsewhere: one of `read-metric.ts`. */
  bind(name: MetricName, metric: Metric): void {
    this.#connected.add(name);
    this.#metrics.set(name, metric);
  }

  /** Every line of `mntr` below `server_state`, in the order of Apache's groups. */
  *values(): Iterable<MetricValue> {
    for (const [name, row] of Object.entries(GAUGES)) {
      const value = this.#gauges.get(name as GaugeName)?.() ?? null;
      if (value === null) continue;
      const isDecimal = "isDecimal" in row;
      yield { name, value: isDecimal ? value : Math.floor(value), isDecimal };
    }
    for (const [name, source] of this.#gaugeSets) {
      for (const [key, value] of source()) yield { name: `${key}_${name}`, value, isDecimal: false };
    }
    for (const [name, metric] of this.#metrics) yield* metric.values(name);
  }

  /** `srst`: everything but gauges starts again at zero. */
  reset(): void {
    for (const metric of this.#metrics.values()) metric.reset();
  }

  /**
   * Names that nobody feeds although their feeder exists (`ensemble` and `admin` are not asked for): must be empty once
   * a server has been put together.
   */
  unconnected(): string[] {
    return [
      ...Object.keys(SERVER_GAUGES).filter((name) => !this.#gauges.has(name as GaugeName)),
      ...Object.keys(GAUGE_SETS).filter((name) => !this.#gaugeSets.has(name as GaugeSetName)),
      ...Object.entries<MetricRow>(METRIC_ROWS)
        .filter(([name, { fedBy }]) => !["ensemble", "admin"].includes(fedBy) && !this.#connected.has(name))
        .map(([name]) => name),
    ];
  }

  #take<M extends Metric>(name: MetricName, kind: new (...args: never[]) => M): M {
    const metric = this.#metrics.get(name);
    if (!(metric instanceof kind))
      throw new Error(`metric ${name} is kept elsewhere; it cannot be fed here as well`);
    this.#connected.add(name);
    return metric;
  }
}

function rowsOf<N extends MetricName>(
  rows: Readonly<Record<N, MetricRow>>,
  create: () => Metric,
): (readonly [N, Metric])[] {
  return (Object.keys(rows) as N[]).map((name) => [name, create()] as const);
}
