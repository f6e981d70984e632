import { CommandError } from "./command-error.ts";

/** How many numbers `history` goes back. */
const SHOWN = 10;

/** The lines of one session of the shell, numbered from 0 (command-line 2.3). */
export class History {
  readonly #lines: string[] = [];
  #next = 0;

  /** Number of the line that is typed now, or comes next. */
  get number(): number {
    return this.#next;
  }

  /** A line begins: it has the present number. */
  begin(line: string): void {
    this.#lines[this.#next] = line;
  }

  /** The line is done. */
  end(): void {
    this.#next++;
  }

  recent(): { readonly number: number; readonly text: string | undefined }[] {
    const first = Math.max(0, this.#next - SHOWN);
    return Array.from({ length: this.#next - first + 1 }, (_, at) => ({
      number: first + at,
      text: this.#lines[first + at],
    }));
  }

  /**
   * The line with that number (decimal, `0x…` or octal), which from now on also stands under the present number.
   * @throws {@link CommandError} when there is none
   */
  redo(numberText: string): string {
    const number = decode(numberText);
    if (number === undefined)
      throw new CommandError(`redo needs the number of a command, not "${numberText}"`);
    const line = number < 0 || number >= this.#next ? undefined : this.#lines[number];
    if (line === undefined) throw new CommandError("Command index out of range");
    if (/^\s*redo(\s|$)/.test(line)) throw new CommandError("No redoing redos");
    this.#lines[this.#next] = line;
    return line;
  }
}

/** As Java's Integer.decode. */
function decode(text: string): number | undefined {
  const parts = /^([+-]?)(?:(?:0[xX]|#)([0-9a-fA-F]+)|(0[0-7]+)|(\d+))$/.exec(text);
  if (parts === null) return undefined;
  const [, sign, hex, octal, decimal] = parts;
  const value =
    hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal ?? decimal!, octal ? 8 : 10);
  return sign === "-" ? -value : value;
}
