import type { Metric, MetricValue } from "./metric-value.ts";
import { summaryLines } from "./summary-lines.ts";

/**
 * Metrics whose numbers are kept elsewhere, by parts that may not know this directory (`core/`): the registry reads them
 * when it is asked, and passes a reset on.
 */

/** A summary of integers, kept elsewhere. */
export interface SummarySource {
  readonly count: number;
  readonly sum: number;
  /** 0 while `count` is 0; as `max`. */
  readonly min: number;
  readonly max: number;
  reset(): void;
}

/** A summary with percentiles, kept elsewhere. */
export interface PercentileSource extends SummarySource {
  /** The value that a `share` (0 … 1) of all values do not exceed; 0 while `count` is 0. */
  percentile(share: number): number;
}

export class ReadSummary implements Metric {
  readonly #source: SummarySource;

  constructor(source: SummarySource) {
    this.#source = source;
  }

  reset(): void {
    this.#source.reset();
  }

  values(name: string): MetricValue[] {
    return summaryLines(name, this.#source);
  }
}

export class ReadPercentileSummary implements Metric {
  readonly #source: PercentileSource;

  constructor(source: PercentileSource) {
    this.#source = source;
  }

  reset(): void {
    this.#source.reset();
  }

  values(name: string): MetricValue[] {
    return summaryLines(name, this.#source, (shares) =>
      shares.map((share) => this.#source.percentile(share)),
    );
  }
}

/** A set of summaries, kept elsewhere. `entries` is asked each time. */
export class ReadSummarySet implements Metric {
  readonly #entries: () => Iterable<readonly [key: string, source: SummarySource]>;

  constructor(entries: () => Iterable<readonly [key: string, source: SummarySource]>) {
    this.#entries = entries;
  }

  reset(): void {
    for (const [, source] of this.#entries()) source.reset();
  }

  *values(name: string): Iterable<MetricValue> {
    for (const [key, source] of this.#entries()) yield* summaryLines(`${key}_${name}`, source);
  }
}

/** A set of summaries with percentiles, kept elsewhere. `entries` is asked each time. */
export class ReadPercentileSummarySet implements Metric {
  readonly #entries: () => Iterable<readonly [key: number | string, source: PercentileSource]>;

  constructor(entries: () => Iterable<readonly [key: number | string, source: PercentileSource]>) {
    this.#entries = entries;
  }

  reset(): void {
    for (const [, source] of this.#entries()) source.reset();
  }

  *values(name: string): Iterable<MetricValue> {
    for (const [key, source] of this.#entries())
      yield* new ReadPercentileSummary(source).values(`${key}_${name}`);
  }
}

/** A set of counters, kept elsewhere, that only grow; a reset remembers where they stood. */
export class ReadCounterSet implements Metric {
  readonly #entries: () => Iterable<readonly [key: string, value: number]>;
  #bases: ReadonlyMap<string, number> = new Map();

  constructor(entries: () => Iterable<readonly [key: string, value: number]>) {
    this.#entries = entries;
  }

  reset(): void {
    this.#bases = new Map(this.#entries());
  }

  *values(name: string): Iterable<MetricValue> {
    for (const [key, value] of this.#entries()) {
      yield { name: `${key}_${name}`, value: value - (this.#bases.get(key) ?? 0), isDecimal: false };
    }
  }
}
