import type { Log, LogLevel } from "../base/ports.ts";
import { FloodLimit } from "./flood-limit.ts";
import { formatLine, LEVELS, type LogRecord, RecordLog, SEVERITY } from "./line-log.ts";

export interface ProcessLogOptions {
  /** Nothing below it is written. */
  readonly level: LogLevel;
  /** `text`: lines for people; `json`: pino's, one object per line. */
  readonly format: "text" | "json";
  /** Takes finished lines: standard output. */
  readonly write: (line: string) => void;
}

/**
 * The log of a server process. It takes lines from the first moment and loads pino, which writes them, when the server is
 * up: a start does not wait for it.
 */
export class ProcessLog {
  readonly log: Log;
  readonly #options: ProcessLogOptions;
  readonly #limit = new FloodLimit((record) => this.#take(record));
  #early: LogRecord[] | undefined = [];
  #pino: Log | undefined;

  constructor(options: ProcessLogOptions) {
    this.#options = options;
    this.log = new RecordLog(options.level, (record) => this.#limit.take(record));
  }

  /** Loads pino and writes what has gathered. */
  async open(): Promise<void> {
    const { default: pino } = await import("pino");
    const { level, format, write } = this.#options;
    const stream = {
      write(json: string): void {
        write(format === "json" ? json : textOf(json));
      },
    };
    // The time is the one of the call, which for early lines is not the one of writing.
    this.#pino = pino({ level, base: null, timestamp: false, messageKey: "message" }, stream);
    this.#writeEarly();
  }

  /** Writes out what waits for pino, without it: the process is about to end. */
  flush(): void {
    this.#limit.flush();
    this.#writeEarly();
  }

  #take(record: LogRecord): void {
    if (this.#pino === undefined && this.#early !== undefined) this.#early.push(record);
    else this.#write(record);
  }

  #writeEarly(): void {
    const records = this.#early ?? [];
    this.#early = undefined;
    for (const record of records) this.#write(record);
  }

  #write(record: LogRecord): void {
    const { level, wallMs, fields, message } = record;
    const { write, format } = this.#options;
    if (this.#pino !== undefined) this.#pino[level]({ time: wallMs, ...fields }, message);
    else if (format === "text") write(formatLine(record));
    else write(`${JSON.stringify({ level: SEVERITY[level], time: wallMs, ...fields, message })}\n`);
  }
}

/** One of pino's lines, for people. */
function textOf(json: string): string {
  const { level, time, message, ...fields } = JSON.parse(json) as {
    level: number;
    time: number;
    message: string;
  };
  const name = LEVELS.find((candidate) => SEVERITY[candidate] === level) ?? "info";
  return formatLine({ level: name, wallMs: time, fields, message });
}
