/** `Long.parseLong` / `Integer.parseInt` of Java for ASCII digits; undefined when `text` is no decimal number. */
export function parseDecimal(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  return Number(text) + 0; // + 0: "-0" is zero
}
