/** Width and end of the steps in microseconds: fine where requests usually are, coarse where only stalls are. */
const STEPS = [
  { width: 1, end: 20_000 },
  { width: 20, end: 400_000 },
  { width: 1000, end: 60_000_000 },
] as const;

/** Counts durations in microseconds in fixed memory; exact to 1 µs below 20 ms, to 20 µs below 400 ms, to 1 ms below a minute. */
export class LatencyHistogram {
  readonly #counts: Float64Array = new Float64Array(bucketCount());
  #total = 0;
  #max = 0;

  record(microseconds: number): void {
    this.#counts[bucketOf(microseconds)]!++;
    this.#total++;
    if (microseconds > this.#max) this.#max = microseconds;
  }

  get count(): number {
    return this.#total;
  }

  get maxUs(): number {
    return this.#max;
  }

  /** Upper edge of the bucket that holds the given fraction (0 … 1) of all durations; NaN when there are none. */
  percentileUs(fraction: number): number {
    const wanted = Math.max(1, Math.ceil(fraction * this.#total));
    let seen = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      seen += this.#counts[i]!;
      if (seen >= wanted) return Math.min(upperEdge(i), this.#max);
    }
    return Number.NaN;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#max = 0;
  }
}

function bucketCount(): number {
  let start = 0;
  let count = 1;
  for (const { width, end } of STEPS) {
    count += (end - start) / width;
    start = end;
  }
  return count;
}

function bucketOf(microseconds: number): number {
  let start = 0;
  let first = 0;
  for (const { width, end } of STEPS) {
    if (microseconds < end) return first + Math.floor((microseconds - start) / width);
    first += (end - start) / width;
    start = end;
  }
  return first;
}

function upperEdge(bucket: number): number {
  let start = 0;
  let first = 0;
  for (const { width, end } of STEPS) {
    const count = (end - start) / width;
    if (bucket < first + count) return start + (bucket - first + 1) * width;
    first += count;
    start = end;
  }
  return Number.POSITIVE_INFINITY;
}
