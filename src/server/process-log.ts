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
  #lost = 0;

  constructor(options: ProcessLogOptions) {
    this.#options = options;
    this.log = new RecordLog(options.level, (record) => this.#limit.take(record));
  }

  /** Loads pino and writes what has gathered. */
  async open(): Promise<void> {
    const { default: pino } = await import("pino");
    const { level, format } = this.#options;
    const stream = { write: (json: string): void => this.#put(format === "json" ? json : textOf(json)) };
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
    if (this.#pino !== undefined) this.#pino[level]({ time: wallMs, ...fields }, message);
    else this.#put(this.#lineOf(record));
  }

  #lineOf(record: LogRecord): string {
    if (this.#options.format === "text") return formatLine(record);
    const { level, wallMs, fields, message } = record;
    return `${JSON.stringify({ level: SEVERITY[level], time: wallMs, ...fields, message })}\n`;
  }

  /**
   * A line that cannot be written is lost, and the next that can be written is preceded by their number: a full disk under the log must not
   * end a server whose data is well.
   */
  #put(line: string): void {
    const { write } = this.#options;
    try {
      if (this.#lost > 0) {
        const message = `${this.#lost} lines of this log are lost: they could not be written`;
        // The last that was written may have broken off.
        write(`\n${this.#lineOf({ level: "warn", wallMs: Date.now(), fields: {}, message })}`);
        this.#lost = 0;
      }
      write(line);
    } catch {
      this.#lost++;
    }
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
