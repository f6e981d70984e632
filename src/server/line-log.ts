import type { Log, LogLevel } from "../base/ports.ts";

/** One thing to be logged, not yet text. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly wallMs: number;
  readonly fields: object;
  readonly message: string;
}

/** pino's numbers. */
export const SEVERITY: Readonly<Record<LogLevel, number>> = {
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
};

export const LEVELS = Object.keys(SEVERITY) as readonly LogLevel[];

/** A log that makes records of at least `level` and hands them on. */
export class RecordLog implements Log {
  readonly #severityMin: number;
  readonly #write: (record: LogRecord) => void;

  constructor(level: LogLevel, write: (record: LogRecord) => void) {
    this.#severityMin = SEVERITY[level];
    this.#write = write;
  }

  debug(fields: object, message: string): void {
    this.#record("debug", fields, message);
  }
  info(fields: object, message: string): void {
    this.#record("info", fields, message);
  }
  warn(fields: object, message: string): void {
    this.#record("warn", fields, message);
  }
  error(fields: object, message: string): void {
    this.#record("error", fields, message);
  }
  fatal(fields: object, message: string): void {
    this.#record("fatal", fields, message);
  }

  #record(level: LogLevel, fields: object, message: string): void {
    if (SEVERITY[level] < this.#severityMin) return;
    this.#write({ level, wallMs: Date.now(), fields, message });
  }
}

/**
 * A record as a line for people: time in the server's zone, level, message, and the fields as `key=value`, in quotes where
 * that is needed to tell where a value ends. Never more than one line, whatever a client put into it.
 */
export function formatLine(record: LogRecord): string {
  const pairs = Object.entries(record.fields)
    .filter(([key, value]) => value !== undefined && key !== "audit")
    .map(([key, value]) => ` ${key}=${formatValue(value)}`);
  const message = oneLine(record.message);
  return `${localTime(record.wallMs)} ${record.level.toUpperCase().padEnd(5)} ${message}${pairs.join("")}\n`;
}

function formatValue(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return /[\s"=]/.test(text) || text === "" ? JSON.stringify(text) : oneLine(text);
}

/** Control characters but the tab, which parts the fields of the audit log. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is what this is for
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** `2026-11-21 10:20:30,123`, as Apache's log has it. */
function localTime(wallMs: number): string {
  const date = new Date(wallMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time},${String(date.getMilliseconds()).padStart(3, "0")}`;
}
