/** Values below this have a slot each; above it, each power of two is cut into {@link SLOTS_PER_OCTAVE}. */
const EXACT_MAX = 64;
const SLOTS_PER_OCTAVE = 32;
const SLOT_COUNT = EXACT_MAX + SLOTS_PER_OCTAVE * 25;

/** Count, sum, minimum and maximum of numbers ≥ 0. Adding allocates nothing. */
export class Summary {
  count = 0;
  sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  add(value: number): void {
    this.count++;
    this.sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** 0 when nothing was added. */
  get min(): number {
    return this.count === 0 ? 0 : this.#min;
  }

  get max(): number {
    return this.#max;
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  reset(): void {
    this.count = 0;
    this.sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = 0;
  }
}

/** A summary that also knows its percentiles: exact below 64, within 3 % above. */
export class PercentileSummary extends Summary {
  readonly #slots = new Float64Array(SLOT_COUNT);

  override add(value: number): void {
    super.add(value);
    const slot = slotOf(value);
    this.#slots[slot] = this.#slots[slot]! + 1;
  }

  /** The smallest value that at least `share` (0 … 1) of all values do not exceed; 0 when nothing was added. */
  percentile(share: number): number {
    const wanted = Math.ceil(this.count * share);
    if (wanted === 0) return 0;
    let seen = 0;
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      seen += this.#slots[slot]!;
      if (seen >= wanted) return Math.min(largestOf(slot), this.max);
    }
    return this.max;
  }

  override reset(): void {
    super.reset();
    this.#slots.fill(0);
  }
}

function slotOf(value: number): number {
  const whole = value < 0 ? 0 : Math.floor(value);
  if (whole < EXACT_MAX) return whole;
  const octave = Math.floor(Math.log2(whole));
  const inOctave = Math.floor((whole / 2 ** octave - 1) * SLOTS_PER_OCTAVE);
  return Math.min(EXACT_MAX + (octave - 6) * SLOTS_PER_OCTAVE + inOctave, SLOT_COUNT - 1);
}

/** The largest value of a slot. */
function largestOf(slot: number): number {
  if (slot < EXACT_MAX) return slot;
  const octave = Math.floor((slot - EXACT_MAX) / SLOTS_PER_OCTAVE) + 6;
  const inOctave = (slot - EXACT_MAX) % SLOTS_PER_OCTAVE;
  return Math.ceil(2 ** octave * (1 + (inOctave + 1) / SLOTS_PER_OCTAVE)) - 1;
}
