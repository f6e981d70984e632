import type { LogRecord } from "./line-log.ts";

/** Warnings of one shape that are written within a second. */
export const SAME_LINES_MAX = 20;
/** Shapes that are told apart; what others can put into a line must not make this grow. */
const SHAPES_MAX = 64;
const WINDOW_MS = 1000;
/** What is looked at of a message. */
const SHAPE_CHARACTERS_MAX = 200;

/**
 * Between a log and what writes it: whoever connects and talks nonsense gets a line for it, but a thousand in a second must not fill the
 * disk, nor hide everything else. Of warnings that differ in numbers and quoted text only, {@link SAME_LINES_MAX} are written in a
 * second; the others are counted, and one line says how many there were. All other levels pass: nobody outside makes errors at will.
 */
export class FloodLimit {
  readonly #write: (record: LogRecord) => void;
  readonly #counts = new Map<string, { last: LogRecord; lines: number }>();
  #timeout: NodeJS.Timeout | undefined;

  constructor(write: (record: LogRecord) => void) {
    this.#write = write;
  }

  take(record: LogRecord): void {
    if (record.level === "warn" && this.#isTooMuch(record)) return;
    this.#write(record);
  }

  /** Tells what was left out, without waiting for the end of the second. */
  flush(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
    for (const { last, lines } of this.#counts.values()) {
      const more = lines - SAME_LINES_MAX;
      if (more > 0) {
        this.#write({
          ...last,
          message: `${last.message} (the last of ${more} more lines like those before, within a second)`,
        });
      }
    }
    this.#counts.clear();
  }

  #isTooMuch(record: LogRecord): boolean {
    if (this.#timeout === undefined) {
      this.#timeout = setTimeout(() => this.flush(), WINDOW_MS);
      this.#timeout.unref();
    }
    const shape = this.#shapeOf(record.message);
    const count = this.#counts.get(shape);
    if (count === undefined) {
      this.#counts.set(shape, { last: record, lines: 1 });
      return false;
    }
    count.last = record;
    return ++count.lines > SAME_LINES_MAX;
  }

  #shapeOf(message: string): string {
    const shape = message
      .slice(0, SHAPE_CHARACTERS_MAX)
      .replace(/".*/s, '"')
      .replace(/[0-9a-f:.]*\d[0-9a-f:.]*/gi, "#");
    return this.#counts.has(shape) || this.#counts.size < SHAPES_MAX ? shape : "";
  }
}
