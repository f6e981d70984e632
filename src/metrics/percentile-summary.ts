import { Histogram } from "./histogram.ts";
import type { Metric, MetricValue } from "./metric-value.ts";
import { Summary } from "./summary.ts";

const QUANTILES = [0.5, 0.95, 0.99, 0.999] as const;
const LABELS = ["p50", "p95", "p99", "p999"] as const;

/** A {@link Summary} with the 50th, 95th, 99th and 99.9th percentile, as integers (level A). */
export class PercentileSummary implements Metric {
  readonly summary = new Summary();
  readonly #histogram = new Histogram();

  /** `value`: in the unit that the metric's table line names; a fraction is cut off. */
  add(value: number): void {
    this.summary.add(value);
    this.#histogram.add(value);
  }

  /** p50, p95, p99, p999; never outside what was really seen. */
  percentiles(): number[] {
    const { min, max } = this.summary;
    return this.#histogram.quantiles(QUANTILES).map((v) => Math.round(Math.min(Math.max(v, min), max)));
  }

  reset(): void {
    this.summary.reset();
    this.#histogram.reset();
  }

  values(name: string): MetricValue[] {
    const lines = this.summary.values(name);
    this.percentiles().forEach((value, i) => {
      lines.push({ name: `${LABELS[i]}_${name}`, value, isDecimal: false });
    });
    return lines;
  }
}
