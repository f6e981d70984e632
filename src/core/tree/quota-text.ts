import { Buffer } from "node:buffer";

/**
 * The text in the znodes of a quota (client-protocol 9): `count=<n>,bytes=<n>`, and with further keys an odd `=` before
 * them, `count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=4`, which keeps the parsers of 3.4 happy. -1 = no limit.
 */
export interface QuotaNumbers {
  readonly count: number;
  readonly bytes: number;
  readonly countHardLimit: number;
  readonly byteHardLimit: number;
}

export const NO_QUOTA: QuotaNumbers = { count: -1, bytes: -1, countHardLimit: -1, byteHardLimit: -1 };

const INTEGER = /^[+-]?[0-9]+$/;

/**
 * Reads a quota text; null and empty data limit nothing. Returns undefined for what is not a quota. Keys it does not
 * know are skipped, as Apache keeps but never uses them.
 */
export function parseQuota(data: Uint8Array | null): QuotaNumbers | undefined {
  if (data === null || data.length === 0) return NO_QUOTA;
  const text = Buffer.from(data.buffer, data.byteOffset, data.length).toString("utf8");
  const numbers: Record<string, number> = { ...NO_QUOTA };
  for (const pair of text.split(/[,;]+/)) {
    if (pair === "") continue;
    // What stands behind a second "=" is ignored: the odd one after bytes.
    const [key, value] = pair.split("=") as [string, string | undefined];
    if (value === undefined) return undefined;
    if (value !== "" && !INTEGER.test(value)) return undefined;
    if (Object.hasOwn(NO_QUOTA, key)) numbers[key] = value === "" ? -1 : Number(value);
  }
  return numbers as unknown as QuotaNumbers;
}

/** The text of a stats znode, in ASCII. */
export function formatStats(count: number, bytes: number): Uint8Array {
  return Buffer.from(`count=${count},bytes=${bytes}`, "latin1");
}
