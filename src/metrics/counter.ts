import type { Metric, MetricValue } from "./metric-value.ts";

/** A counter that its feeder increments in place: `counter.value++` is all it costs. */
export class Counter implements Metric {
  value = 0;

  add(amount: number): void {
    this.value += amount;
  }

  reset(): void {
    this.value = 0;
  }

  values(name: string): Iterable<MetricValue> {
    return [{ name, value: this.value, isDecimal: false }];
  }
}

/** A counter that somebody else counts and that only grows; `reset` remembers where it stood. */
export class ReadCounter implements Metric {
  readonly #read: () => number;
  #base = 0;

  constructor(read: () => number) {
    this.#read = read;
  }

  get value(): number {
    return this.#read() - this.#base;
  }

  reset(): void {
    this.#base = this.#read();
  }

  values(name: string): Iterable<MetricValue> {
    return [{ name, value: this.value, isDecimal: false }];
  }
}
