import type { Metric, MetricValue } from "./metric-value.ts";

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

  /** Rounded half up to four digits, as Apache does. */
  get mean(): number {
    return this.count === 0 ? 0 : Number((this.sum / this.count).toFixed(4));
  }

  reset(): void {
    this.count = 0;
    this.sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }

  values(name: string): MetricValue[] {
    return [
      { name: `avg_${name}`, value: this.mean, isDecimal: true },
      { name: `min_${name}`, value: this.min, isDecimal: false },
      { name: `max_${name}`, value: this.max, isDecimal: false },
      { name: `cnt_${name}`, value: this.count, isDecimal: false },
      { name: `sum_${name}`, value: this.sum, isDecimal: false },
    ];
  }
}
