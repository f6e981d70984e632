import { Histogram } from "./histogram.ts";
import type { Metric, MetricValue } from "./metric-value.ts";
import { Summary } from "./summary.ts";
import { summaryLines } from "./summary-lines.ts";

/** A {@link Summary} with the 50th, 95th, 99th and 99.9th percentile (level A). */
export class PercentileSummary implements Metric {
  readonly summary = new Summary();
  readonly #histogram = new Histogram();

  /** `value`: in the unit that the metric's table line names; a fraction is cut off. */
  add(value: number): void {
    this.summary.add(value);
    this.#histogram.add(value);
  }

  reset(): void {
    this.summary.reset();
    this.#histogram.reset();
  }

  values(name: string): MetricValue[] {
    return summaryLines(name, this.summary, (quantiles) => this.#histogram.quantiles(quantiles));
  }
}
