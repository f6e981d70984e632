/** Whether a bigger figure is the better one. */
export type Better = "higher" | "lower";

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Middle value; the mean of the middle two for an even count. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
}

/** How many times better `ours` is than `theirs`: above 1 always means that we are better. */
export function ratio(ours: number, theirs: number, better: Better): number {
  return better === "higher" ? ours / theirs : theirs / ours;
}

/**
 * Ratios round by round: what was measured one after the other is compared with each other, so that a slow minute of the machine
 * falls on both sides.
 */
export function pairRatios(ours: readonly number[], theirs: readonly number[], better: Better): number[] {
  const count = Math.min(ours.length, theirs.length);
  return Array.from({ length: count }, (_, i) => ratio(ours[i]!, theirs[i]!, better));
}
