/** Something with an expiry time that is kept to the bucket. */
export interface Expiring {
  /** End of the bucket that it is in, ms on the monotonic clock; 0 when in none. Written by {@link ExpiryBuckets} only. */
  expiresAtMs: number;
}

/**
 * Expiry to the tick (client-protocol 7.1): an element touched at `now` goes into the bucket that ends at the first multiple
 * of the interval after `now + timeout`, and a whole bucket expires at once. A touch that stays in its bucket costs a
 * division and a comparison. Buckets that became empty are kept until their time, as Apache lists them.
 */
export class ExpiryBuckets<T extends Expiring> {
  readonly intervalMs: number;
  readonly #buckets = new Map<number, Set<T>>();
  #nextMs = Number.POSITIVE_INFINITY;
  #elementCount = 0;

  constructor(intervalMs: number) {
    this.intervalMs = intervalMs;
  }

  get elementCount(): number {
    return this.#elementCount;
  }

  get bucketCount(): number {
    return this.#buckets.size;
  }

  /** End of the next bucket, or Infinity: when {@link takeExpired} has something to do. */
  get nextDeadline(): number {
    return this.#buckets.size === 0 ? Number.POSITIVE_INFINITY : this.#nextMs;
  }

  /** Adds the element, or gives it a new timeout. */
  touch(element: T, timeoutMs: number, nowMs: number): void {
    const bucketMs = this.#roundUp(nowMs + timeoutMs);
    if (bucketMs === element.expiresAtMs) return;
    if (element.expiresAtMs === 0) this.#elementCount++;
    else this.#buckets.get(element.expiresAtMs)?.delete(element);
    if (this.#buckets.size === 0) this.#nextMs = this.#roundUp(nowMs);
    let bucket = this.#buckets.get(bucketMs);
    if (bucket === undefined) {
      bucket = new Set();
      this.#buckets.set(bucketMs, bucket);
    }
    bucket.add(element);
    element.expiresAtMs = bucketMs;
  }

  /** Whatever would expire before `untilMs` expires then. Looks at every bucket: not for the hot path. */
  postpone(untilMs: number, nowMs: number): void {
    const early = [...this.#buckets].flatMap(([bucketMs, elements]) =>
      bucketMs < untilMs ? [...elements] : [],
    );
    for (const element of early) this.touch(element, untilMs - nowMs, nowMs);
  }

  remove(element: T): void {
    if (element.expiresAtMs === 0) return;
    this.#buckets.get(element.expiresAtMs)?.delete(element);
    element.expiresAtMs = 0;
    this.#elementCount--;
  }

  /** Takes out all elements whose bucket has ended, earliest bucket first. */
  takeExpired(nowMs: number): readonly T[] {
    if (nowMs < this.nextDeadline) return NONE;
    const expired: T[] = [];
    while (this.#buckets.size > 0 && this.#nextMs <= nowMs) {
      const bucket = this.#buckets.get(this.#nextMs);
      if (bucket !== undefined) {
        this.#buckets.delete(this.#nextMs);
        for (const element of bucket) {
          element.expiresAtMs = 0;
          expired.push(element);
        }
      }
      this.#nextMs += this.intervalMs;
    }
    this.#elementCount -= expired.length;
    return expired;
  }

  /** The buckets, earliest first, empty ones included; the sets are live. */
  list(): { readonly expiresAtMs: number; readonly elements: ReadonlySet<T> }[] {
    const times = [...this.#buckets.keys()].sort((a, b) => a - b);
    return times.map((expiresAtMs) => ({ expiresAtMs, elements: this.#buckets.get(expiresAtMs)! }));
  }

  /** Always strictly later than `timeMs`. */
  #roundUp(timeMs: number): number {
    return (Math.floor(timeMs / this.intervalMs) + 1) * this.intervalMs;
  }
}

const NONE: readonly never[] = Object.freeze([]);
