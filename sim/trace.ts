/** One line of what happened, for people. */
export type Write = (line: string) => void;

/**
 * What happened in a run, as a number that any difference changes, and as lines when somebody wants to read them.
 */
export class Trace {
  readonly #write: Write | undefined;
  readonly #nowMs: () => number;
  #hash = 0x811c9dc5;
  #events = 0;

  constructor(nowMs: () => number, write?: Write) {
    this.#nowMs = nowMs;
    this.#write = write;
  }

  /** Whether lines are read at all. */
  get isRead(): boolean {
    return this.#write !== undefined;
  }

  get events(): number {
    return this.#events;
  }

  /** Of everything noted so far, FNV-1a in hexadecimal. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  /** Numbers that say what happened. */
  note(...numbers: readonly number[]): void {
    this.#events++;
    this.#mix(this.#nowMs() * 1000);
    for (const number of numbers) this.#mix(number);
  }

  /** A line of text; `who` in front, and `detail`, which does not count, behind. */
  say(who: string, text: string, detail = ""): void {
    this.#events++;
    this.#mix(this.#nowMs() * 1000);
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i));
    this.tell(who, text + detail);
  }

  /** A line for whoever reads, of something that has been noted otherwise. */
  tell(who: string, text: string): void {
    this.#write?.(`${(this.#nowMs() / 1000).toFixed(3).padStart(9)}  ${who.padEnd(6)} ${text}`);
  }

  #mix(number: number): void {
    const low = number | 0;
    const high = Math.floor(number / 0x1_0000_0000) | 0;
    let hash = this.#hash;
    hash = Math.imul(hash ^ low, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15) ^ high, 0x01000193);
    this.#hash = hash;
  }
}
