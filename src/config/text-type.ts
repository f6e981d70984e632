import type { Parsed, ValueType } from "./value-type.ts";

/** Any text as it is written. */
export function text(name = "text"): ValueType<string> {
  return { name, range: "", isSecret: false, parse: (value) => ({ ok: true, value }) };
}

/** Text that never appears in output: passwords, digests. */
export function secret(): ValueType<string> {
  return { ...text(), isSecret: true };
}

/** The same type, where the absent (or empty) value is null. */
export function orNull<T>(type: ValueType<T>): ValueType<T | null> {
  return {
    ...type,
    parse: (value, syntax) => (value === "" ? { ok: true, value: null } : type.parse(value, syntax)),
  };
}

/** An address to listen on. An empty one means the loopback address, as `InetAddress.getByName("")` does. */
export function bindAddress(): ValueType<string | null> {
  return { ...text("host"), parse: (value) => accept(value === "" ? "localhost" : value) };
}

/** Comma separated, blanks around the items dropped, empty items ignored. */
export function list(): ValueType<readonly string[]> {
  return {
    name: "list",
    range: "comma separated",
    isSecret: false,
    parse: (value) => accept(splitList(value)),
  };
}

function splitList(value: string): string[] {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** What is taken instead of a fraction outside its range, where Apache corrects rather than refuses. */
export interface RatioCorrection {
  readonly below: number;
  readonly above: number;
}

/** A decimal fraction between `min` and `max`. */
export function ratio(min: number, max: number, corrected?: RatioCorrection): ValueType<number> {
  return {
    name: "ratio",
    range: `${min}..${max}`,
    isSecret: false,
    parse(value) {
      if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?$/.test(value)) {
        return { ok: false, reason: `For input string: "${value}"` };
      }
      const parsed = Number.parseFloat(value);
      if (parsed >= min && parsed <= max) return accept(parsed);
      if (corrected === undefined) return { ok: false, reason: "is out of range" };
      const taken = parsed < min ? corrected.below : corrected.above;
      return { ok: true, value: taken, correction: `is outside ${min}..${max}, ${taken} is taken` };
    },
  };
}

/**
 * One of a closed set. `spellings` maps what may be written, in lower case, to the value; `reason` is what Apache says
 * about anything else, with the text in place of `$`.
 */
export function choice<T>(
  spellings: Readonly<Record<string, T>>,
  reason = "is none of the allowed values",
): ValueType<T> {
  const range = Object.keys(spellings)
    .map((spelling) => (spelling === "" ? '""' : spelling))
    .join(", ");
  return {
    name: "choice",
    range,
    isSecret: false,
    parse(value) {
      const lower = value.toLowerCase();
      if (Object.hasOwn(spellings, lower)) return accept(spellings[lower] as T);
      return { ok: false, reason: reason.replace("$", () => value) };
    },
  };
}

/** As {@link choice}, for Java class names: case counts, and the last part alone is taken too. */
export function className<T>(classes: Readonly<Record<string, T>>, reason: string): ValueType<T> {
  return {
    name: "class",
    range: Object.keys(classes).join(", "),
    isSecret: false,
    parse(value) {
      for (const [name, mapped] of Object.entries(classes)) {
        if (value === name || value === name.slice(name.lastIndexOf(".") + 1)) return accept(mapped);
      }
      return { ok: false, reason };
    },
  };
}

const HOUR_MS = 3_600_000;

const INTERVAL_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  MS: 1,
  s: 1000,
  S: 1000,
  m: 60_000,
  M: 60_000,
  h: HOUR_MS,
  H: HOUR_MS,
  d: 86_400_000,
  D: 86_400_000,
};

/** No timer can wait longer than this; Apache's own arithmetic overflows at the same point and switches purging off. */
const INTERVAL_MAX_MS = 0x7fff_ffff;

/** `autopurge.purgeInterval`: hours, or a number with one of the suffixes ms s m h d (configuration 1.3). */
export function hoursOrInterval(): ValueType<number> {
  return {
    name: "interval",
    range: "hours, or with a suffix: 90s 30m 12h 2d; 0 = off; at most 24 days",
    isSecret: false,
    parse(value) {
      const match = /^([+-]?\d+)([a-zA-Z]*)$/.exec(value);
      const unit = match?.[2] === "" ? HOUR_MS : INTERVAL_UNITS_MS[match?.[2] ?? "?"];
      if (match === null || unit === undefined) {
        return {
          ok: false,
          reason: value === "" ? "empty string" : `Illegal time interval suffix: ${value}`,
        };
      }
      const intervalMs = Number(match[1]) * unit;
      if (intervalMs > INTERVAL_MAX_MS) {
        return { ok: true, value: INTERVAL_MAX_MS, correction: "is too long, 24.8 days are taken" };
      }
      return accept(Math.max(0, intervalMs) + 0);
    },
  };
}

function accept<T>(value: T): Parsed<T> {
  return { ok: true, value };
}
