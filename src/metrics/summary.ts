import type { Metric, MetricValue } from "./metric-value.ts";
import { summaryLines } from "./summary-lines.ts";

/** Mean, minimum, maximum, count and sum of integers (level B); all zero before the first one. */
export class Summary implements Metric {
  count = 0;
  sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  /** `value`: in the unit that the metric's table line names; a fraction is cut off, as Apache counts whole ones. */
  add(value: number): void {
    const whole = Math.floor(value);
    this.count++;
    this.sum += whole;
    if (whole < this.#min) this.#min = whole;
    if (whole > this.#max) this.#max = whole;
  }

  get min(): number {
    return this.count === 0 ? 0 : this.#min;
  }

  get max(): number {
    return this.count === 0 ? 0 : this.#max;
  }

  reset(): void {
    this.count = 0;
    this.sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }

  values(name: string): MetricValue[] {
    return summaryLines(name, this);
  }
}
