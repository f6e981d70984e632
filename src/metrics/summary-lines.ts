import type { MetricValue } from "./metric-value.ts";

const QUANTILES = [0.5, 0.95, 0.99, 0.999] as const;
const QUANTILE_NAMES = ["p50", "p95", "p99", "p999"] as const;

/** The numbers that a summary's lines are made of. */
export interface SummaryNumbers {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The lines of a summary (operations.md 3.1): mean rounded half up to four digits, minimum, maximum, count, sum, and the
 * four percentiles as integers if `quantilesOf` tells them. Percentiles never leave the range of what was seen.
 */
export function summaryLines(
  name: string,
  { count, sum, min, max }: SummaryNumbers,
  quantilesOf?: (quantiles: readonly number[]) => readonly number[],
): MetricValue[] {
  const mean = count === 0 ? 0 : Number((sum / count).toFixed(4));
  const lines = [
    { name: `avg_${name}`, value: mean, isDecimal: true },
    ...Object.entries({ min, max, cnt: count, sum }).map(([kind, value]) => line(kind, name, value)),
  ];
  quantilesOf?.(QUANTILES).forEach((value, i) => {
    lines.push(line(QUANTILE_NAMES[i]!, name, Math.round(Math.min(Math.max(value, min), max))));
  });
  return lines;
}

function line(kind: string, name: string, value: number): MetricValue {
  return { name: `${kind}_${name}`, value: Math.floor(value), isDecimal: false };
}
