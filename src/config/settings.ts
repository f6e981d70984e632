import { ConfigError, type Origin } from "./config-error.ts";
import { PropertiesSyntaxError, parseProperties } from "./properties.ts";

/** One value as the operator wrote it. */
export interface Setting {
  readonly key: string;
  readonly value: string;
  readonly origin: Origin;
  /** The line of the same file that gives this key another value, which does not count; of several the last. */
  readonly overriddenLine?: number;
}

/** The settings of one file by key: trimmed, of duplicates the last (configuration 1.1). */
export type FileSettings = ReadonlyMap<string, Setting>;

/** Reads a properties file. Throws {@link ConfigError} when it is none. */
export function readSettings(file: string, bytes: Uint8Array): FileSettings {
  const settings = new Map<string, Setting>();
  try {
    for (const property of parseProperties(bytes)) {
      const key = trim(property.key);
      const value = trim(property.value);
      const before = settings.get(key);
      settings.set(key, {
        key,
        value,
        origin: { kind: "file", file, line: property.line },
        ...(before?.origin.kind === "file" &&
          before.value !== value && { overriddenLine: before.origin.line }),
      });
    }
  } catch (error) {
    if (!(error instanceof PropertiesSyntaxError)) throw error;
    throw new ConfigError([{ reason: error.message, origin: { kind: "file", file, line: error.line } }]);
  }
  return settings;
}

/** `String.trim` of Java: everything up to the blank goes, and nothing beyond ASCII. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}

/** The words of `JVMFLAGS` and `SERVER_JVMFLAGS`, sorted out. */
export interface JvmFlags {
  /** The system properties; of duplicates the last, as in the JVM. */
  readonly properties: ReadonlyMap<string, string>;
  /** Words that are no `-D`: they mean something to a JVM only. */
  readonly ignored: readonly string[];
}

/** Splits flags the way the scripts' shell does: at blanks, without looking at quotes. */
export function splitFlags(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "");
}

/** Takes the `-Dname=value` words apart from the rest. */
export function parseJvmFlags(words: readonly string[]): JvmFlags {
  const properties = new Map<string, string>();
  const ignored: string[] = [];
  for (const word of words) {
    const match = /^-D([^=]+)(?:=([\s\S]*))?$/.exec(word);
    if (match?.[1] === undefined) ignored.push(word);
    else properties.set(match[1], match[2] ?? "");
  }
  return { properties, ignored };
}
