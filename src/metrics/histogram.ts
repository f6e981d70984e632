/** Values below this have a bucket of their own. */
const EXACT = 256;
const EXACT_BITS = 8;
/** Buckets per doubling above that, so a bucket is at most 1/128 of its values wide. */
const PER_OCTAVE = 128;
const OCTAVE_BITS = 7;
/** Larger values fall into the last bucket; in ms this is 49 days. */
const VALUE_MAX = 0xffff_ffff;
const BUCKETS = EXACT + (32 - EXACT_BITS) * PER_OCTAVE;

/**
 * How often which integer occurred: exact below 256, within 0.8 % above. Apache keeps a random sample of 4096 values
 * instead; this one counts every value, needs no randomness, and its 26 kB are taken with the first value.
 */
export class Histogram {
  #counts: Float64Array | undefined;
  #total = 0;

  /** `value`: at least 0 (less counts as 0); a fraction is cut off. */
  add(value: number): void {
    this.#counts ??= new Float64Array(BUCKETS);
    this.#counts[bucketOf(value)]! += 1;
    this.#total++;
  }

  get total(): number {
    return this.#total;
  }

  reset(): void {
    this.#counts?.fill(0);
    this.#total = 0;
  }

  /**
   * The value at `quantile` (0 … 1), interpolated between neighbouring ranks like a uniform snapshot of the metrics
   * library that Apache uses: rank = quantile * (count + 1). 0 when empty. The quantiles must ascend; one pass serves all.
   */
  quantiles(quantiles: readonly number[]): number[] {
    const results: number[] = [];
    const walker = new RankWalker(this.#counts ?? new Float64Array(0), this.#total);
    for (const quantile of quantiles) {
      const rank = quantile * (this.#total + 1);
      const below = Math.min(Math.max(Math.floor(rank), 1), this.#total);
      const lower = walker.valueAt(below);
      const isInside = rank >= 1 && rank < this.#total;
      const upper = isInside ? walker.valueAt(below + 1) : lower;
      results.push(lower + (isInside ? rank - below : 0) * (upper - lower));
    }
    return results;
  }
}

/** Finds the values of ascending ranks (1 = smallest) in one pass over the buckets. */
class RankWalker {
  readonly #counts: Float64Array;
  readonly #total: number;
  #bucket = -1;
  /** Values in all buckets up to and including the current one. */
  #seen = 0;

  constructor(counts: Float64Array, total: number) {
    this.#counts = counts;
    this.#total = total;
  }

  valueAt(rank: number): number {
    if (this.#total === 0) return 0;
    // Ranks come as r and r+1, then again from a rank that may be r: step back is one bucket at most.
    while (this.#bucket >= 0 && this.#seen - this.#counts[this.#bucket]! >= rank) {
      this.#seen -= this.#counts[this.#bucket]!;
      this.#bucket--;
    }
    while (this.#seen < rank) {
      this.#bucket++;
      this.#seen += this.#counts[this.#bucket]!;
    }
    return middleOf(this.#bucket);
  }
}

function bucketOf(value: number): number {
  if (value < EXACT) return Math.max(Math.floor(value), 0);
  if (value > VALUE_MAX) return BUCKETS - 1;
  const highestBit = 31 - Math.clz32(value);
  const octave = highestBit - EXACT_BITS;
  const within = (value >>> (highestBit - OCTAVE_BITS)) & (PER_OCTAVE - 1);
  return EXACT + octave * PER_OCTAVE + within;
}

function middleOf(bucket: number): number {
  if (bucket < EXACT) return bucket;
  const octave = Math.floor((bucket - EXACT) / PER_OCTAVE);
  const within = (bucket - EXACT) % PER_OCTAVE;
  const width = 2 ** (octave + EXACT_BITS - OCTAVE_BITS);
  return (PER_OCTAVE + within) * width + (width - 1) / 2;
}
