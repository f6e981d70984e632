/**
 * A double as Java prints it: always with a fraction (`0.0`, `2.25`), from 10^7 on and below 10^-3 with an exponent
 * (`1.0E7`, `5.0E-4`). Tools parse both, and JSON allows both.
 */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e7)) return withFraction(String(value));
  const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
  return `${withFraction(mantissa)}E${Number(exponent)}`;
}

/** Rounded half up to four digits after the point, as Apache rounds mean latencies. */
export function roundToFourDigits(value: number): number {
  return Number(value.toFixed(4));
}

function withFraction(digits: string): string {
  return digits.includes(".") ? digits : `${digits}.0`;
}
