const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds, or a number with its unit: `"250ms"`, `"30s"`, `"5m"`, `"1.5h"`, `"2d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

/**
 * @returns milliseconds
 * @throws RangeError for anything that is not a {@link Duration}, or is negative
 */
export function durationMs(duration: Duration): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration));
  const ms = match === null ? Number(duration) : Number(match[1]) * UNITS_MS[match[2]!]!;
  if (typeof duration === "string" && match === null) throw refusal(duration);
  if (!Number.isFinite(ms) || ms < 0) throw refusal(duration);
  return ms;
}

function refusal(duration: unknown): RangeError {
  return new RangeError(
    `"${String(duration)}" is no duration: give milliseconds, or a number with ms, s, m, h or d such as "30s"`,
  );
}
