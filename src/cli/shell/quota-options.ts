import type { QuotaNumbers } from "../../core/tree/quota-text.ts";
import type { OptionRow } from "./option-parser.ts";

/** The four limits by their letters. */
export const QUOTA_FIELDS: Readonly<Record<string, keyof QuotaNumbers>> = {
  n: "count",
  b: "bytes",
  N: "countHardLimit",
  B: "byteHardLimit",
};

const DESCRIPTIONS: readonly (readonly [string, string])[] = [
  ["n", "num soft quota"],
  ["b", "bytes soft quota"],
  ["N", "num hard quota"],
  ["B", "bytes hard quota"],
];

/** The options of `setquota`, with a value, and of `delquota`, without. */
export function quotaOptions(kind: "values" | "flags"): OptionRow[] {
  return DESCRIPTIONS.map(([name, description]) =>
    kind === "values" ? { name, description, hasValue: true } : { name, description },
  );
}
