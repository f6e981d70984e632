import { parseDecimal } from "../base/decimal.ts";

/**
 * How the text of one value becomes a typed value. Java's own number and truth syntax is kept (configuration 1.3);
 * what is wrong is told with the allowed range, because Apache's silence about it costs operators hours.
 */
export interface ValueType<T> {
  /** For the documentation: `int`, `bool`, `path`, … */
  readonly name: string;
  /** The unit or the allowed values, for documentation and messages; empty when anything goes. */
  readonly range: string;
  /** True when the value must not appear in any output. */
  readonly isSecret: boolean;
  parse(text: string, syntax: ValueSyntax): Parsed<T>;
}

/**
 * `named`: the keys Apache parses itself, strictly. `property`: the keys that travel as system properties, where Java
 * takes hexadecimal and octal integers too and every text but `true` means false.
 */
export type ValueSyntax = "named" | "property";

/** In a reason, `$KEY` stands for the key. A `correction` is told to the operator as a warning: the value is taken, but not as written. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly correction?: string }
  | { readonly ok: false; readonly reason: string };

export interface IntegerLimits {
  /** Refused below; default -2^31. */
  readonly min?: number;
  /** Refused above; default 2^31-1. */
  readonly max?: number;
  /** Taken instead of anything smaller, with a warning: where Apache corrects rather than refuses. */
  readonly raiseTo?: number;
  /** Taken instead of anything smaller, silently: where every smaller value means the same. */
  readonly floor?: number;
  /** What the stored value is multiplied by, to get from the file's unit to ours. */
  readonly scale?: number;
  /** Bits of the Java type the text must fit into. */
  readonly bits?: 32 | 64;
}

const INT_MIN = -0x8000_0000;
const INT_MAX = 0x7fff_ffff;

/** A Java `int` (or `long`) in `unit`. */
export function integer(unit: string, limits: IntegerLimits = {}): ValueType<number> {
  const { raiseTo, floor, scale = 1, bits = 32 } = limits;
  const min = limits.min ?? (bits === 32 ? INT_MIN : Number.MIN_SAFE_INTEGER);
  const max = limits.max ?? (bits === 32 ? INT_MAX : Number.MAX_SAFE_INTEGER);
  const range = `${describeRange(limits)}${unit === "" ? "" : ` ${unit}`}`;
  return {
    name: bits === 32 ? "int" : "long",
    range,
    isSecret: false,
    parse(text, syntax) {
      const parsed = syntax === "named" ? parseDecimal(text) : decodeInteger(text);
      if (parsed === undefined) return { ok: false, reason: `For input string: "${text}"` };
      if (parsed < min || parsed > max) return { ok: false, reason: "is out of range" };
      if (raiseTo !== undefined && parsed < raiseTo) {
        return { ok: true, value: raiseTo * scale, correction: `is too small, ${raiseTo} is taken` };
      }
      return { ok: true, value: Math.max(parsed, floor ?? parsed) * scale };
    },
  };
}

function describeRange({ min, max, raiseTo, floor }: IntegerLimits): string {
  const low = min ?? raiseTo ?? floor;
  if (low === undefined && max === undefined) return "";
  if (max === undefined) return `${low} or more`;
  return `${low ?? INT_MIN}..${max}`;
}

/** `Integer.decode`: decimal, `0x` or `#` hexadecimal, or octal with a leading 0. */
function decodeInteger(text: string): number | undefined {
  const match = /^([+-]?)(0[xX]|#|0(?=\d))?([0-9a-fA-F]+)$/.exec(text);
  if (match === null) return undefined;
  const [, sign, prefix, digits = ""] = match;
  const radix = prefix === undefined ? 10 : prefix === "0" ? 8 : 16;
  if (radix === 10 && !/^\d+$/.test(digits)) return undefined;
  if (radix === 8 && !/^[0-7]+$/.test(digits)) return undefined;
  return normalZero(Number.parseInt(digits, radix) * (sign === "-" ? -1 : 1));
}

function normalZero(value: number): number {
  return value === 0 ? 0 : value;
}

/** 0..65535; 0 lets the system choose. */
export function port(): ValueType<number> {
  return integer("", { min: 0, max: 65_535 });
}

/** A port that may be absent: an absent one is null, and `-1` says the same. */
export function optionalPort(): ValueType<number | null> {
  const inner = integer("", { min: -1, max: 65_535 });
  return {
    ...inner,
    parse(text, syntax) {
      const parsed = inner.parse(text, syntax);
      return parsed.ok && parsed.value === -1 ? { ok: true, value: null } : parsed;
    },
  };
}

/** `true` or `false`, any case. As a system property every other text means false; that is taken, with a warning. */
export function bool(): ValueType<boolean> {
  return {
    name: "bool",
    range: "true or false",
    isSecret: false,
    parse(text, syntax) {
      const lower = text.toLowerCase();
      if (lower === "true" || lower === "false") return { ok: true, value: lower === "true" };
      if (syntax === "property")
        return { ok: true, value: false, correction: "is not true, so it means false" };
      return { ok: false, reason: `Invalid option ${text} for $KEY. Choose 'true' or 'false.'` };
    },
  };
}

/** On unless the text is exactly `no`. */
export function onUnlessNo(): ValueType<boolean> {
  return yesNo((text) => text !== "no", "only no switches it off");
}

/** Off unless the text is exactly `yes`. */
export function offUnlessYes(): ValueType<boolean> {
  return yesNo((text) => text === "yes", "only yes switches it on");
}

function yesNo(decide: (text: string) => boolean, rule: string): ValueType<boolean> {
  return {
    name: "yes/no",
    range: "yes or no",
    isSecret: false,
    parse(text) {
      const value = decide(text);
      if (text === "yes" || text === "no") return { ok: true, value };
      return { ok: true, value, correction: `means ${value ? "yes" : "no"}: ${rule}` };
    },
  };
}
