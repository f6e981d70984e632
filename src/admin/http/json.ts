import { javaDouble } from "../java-number.ts";

/** A number that Apache holds in a double: printed with a fraction even when it has none. */
export class Decimal {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** An array whose elements are made while it is written. */
export class JsonList {
  readonly items: Iterable<JsonValue>;
  constructor(items: Iterable<JsonValue>) {
    this.items = items;
  }
}

/** An object whose fields are made while it is written. */
export class JsonMap {
  readonly entries: Iterable<readonly [key: string, value: JsonValue]>;
  constructor(entries: Iterable<readonly [key: string, value: JsonValue]>) {
    this.entries = entries;
  }
}

/** What an admin command answers with. 64-bit integers are bigint: session ids exceed 2^53 and must stay exact. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Decimal
  | JsonList
  | JsonMap
  | readonly JsonValue[]
  | JsonFields;

export interface JsonFields {
  readonly [key: string]: JsonValue;
}

/**
 * The text of `value` piece by piece, laid out like Apache's (operations.md 2.1): two blanks per level, `"key" : value`,
 * arrays on one line, `[ ]` and `{ }` when empty, no newline at the end.
 */
export function* jsonPieces(value: JsonValue, indent = ""): Iterable<string> {
  if (value instanceof JsonList) yield* listPieces(value.items, indent);
  else if (Array.isArray(value)) yield* listPieces(value as readonly JsonValue[], indent);
  else if (value instanceof JsonMap) yield* mapPieces(value.entries, indent);
  else if (value instanceof Decimal) yield javaDouble(value.value);
  else if (typeof value === "object" && value !== null) yield* mapPieces(Object.entries(value), indent);
  else yield typeof value === "string" ? JSON.stringify(value) : String(value);
}

function* listPieces(items: Iterable<JsonValue>, indent: string): Iterable<string> {
  let separator = "[ ";
  for (const item of items) {
    yield separator;
    yield* jsonPieces(item, indent);
    separator = ", ";
  }
  yield separator === "[ " ? "[ ]" : " ]";
}

function* mapPieces(entries: Iterable<readonly [string, JsonValue]>, indent: string): Iterable<string> {
  const inner = `${indent}  `;
  let separator = "{";
  for (const [key, value] of entries) {
    yield `${separator}\n${inner}${JSON.stringify(key)} : `;
    yield* jsonPieces(value, inner);
    separator = ",";
  }
  yield separator === "{" ? "{ }" : `\n${indent}}`;
}
