import { CommandError } from "./command-error.ts";

/** An option of a command: one dash, any number of letters. */
export interface OptionRow {
  readonly name: string;
  /** What Apache calls it: shown in help and in errors about groups. */
  readonly description: string;
  readonly hasValue?: true;
}

/** The options of a command. */
export interface OptionTable {
  readonly rows: readonly OptionRow[];
  /** At most one of all rows may be given; "required": exactly one. */
  readonly group?: "optional" | "required";
  /** No word is an option: what begins with a dash is a word like any other. */
  readonly isLiteral?: true;
}

/** A command's words, sorted out. */
export interface ParsedWords {
  /** What is not an option, without the command's name. */
  readonly words: readonly string[];
  has(name: string): boolean;
  /** The value of an option; undefined when it was not given. */
  value(name: string): string | undefined;
}

/**
 * Sorts words into options and the rest, as the parser does that Apache's shell uses (command-line 2.2): options may stand
 * anywhere, flags may be joined (`-sw`), a value may follow at once (`-v1`), after `=` (`-v=1`) or as the next word, and
 * then may be a negative number; `--` ends the options. The first of equal options counts.
 *
 * @throws {@link CommandError} in Apache's words, class name included
 */
export function parseOptions(words: readonly string[], table: OptionTable): ParsedWords {
  if (table.isLiteral === true) return { words, has: () => false, value: () => undefined };
  return new Parsing(table).parse(words);
}

class Parsing {
  readonly #table: OptionTable;
  readonly #given = new Map<string, string | undefined>();
  readonly #rest: string[] = [];
  /** An option that still wants its value. */
  #open: OptionRow | undefined;
  #selected: OptionRow | undefined;

  constructor(table: OptionTable) {
    this.#table = table;
  }

  parse(words: readonly string[]): ParsedWords {
    let isOver = false;
    for (const word of words) {
      if (isOver) this.#rest.push(word);
      else if (word === "--") isOver = true;
      else if (this.#open !== undefined && this.#isValue(word)) this.#giveValue(unquote(word));
      else if (word.startsWith("--")) throw unrecognized(word);
      else if (word.startsWith("-") && word.length > 1) this.#option(word);
      else this.#rest.push(word);
    }
    this.#requireValue();
    this.#requireGroup();
    const given = this.#given;
    return { words: this.#rest, has: (name) => given.has(name), value: (name) => given.get(name) };
  }

  #row(name: string): OptionRow | undefined {
    return this.#table.rows.find((row) => row.name === name);
  }

  /** Whether a word can be a value: negative numbers can, options cannot. */
  #isValue(word: string): boolean {
    if (!word.startsWith("-") || word.length === 1) return true;
    if (/^-(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?$/.test(word)) return true;
    const name = word.slice(1).split("=", 1)[0] ?? "";
    return this.#row(name) === undefined && this.#row(name.slice(0, 1)) === undefined;
  }

  #option(word: string): void {
    const text = word.slice(1);
    const exact = this.#row(text);
    if (exact !== undefined) {
      this.#take(exact);
      return;
    }
    const equals = text.indexOf("=");
    if (equals >= 0) this.#withEquals(word, text.slice(0, equals), text.slice(equals + 1));
    else this.#joined(word);
  }

  #withEquals(word: string, name: string, value: string): void {
    const row = name.length === 1 ? this.#row(name) : undefined;
    if (row?.hasValue !== true) throw unrecognized(word);
    this.#take(row);
    this.#giveValue(value);
  }

  /** `-sw`, `-v1`, `-sv1`. */
  #joined(word: string): void {
    for (let at = 1; at < word.length; at++) {
      const row = this.#row(word[at]!);
      if (row === undefined) throw unrecognized(word);
      this.#take(row);
      if (row.hasValue !== true || at + 1 === word.length) continue;
      this.#giveValue(unquote(word.slice(at + 1)));
      return;
    }
  }

  #take(row: OptionRow): void {
    this.#requireValue();
    if (this.#table.group !== undefined) {
      const selected = this.#selected?.name ?? row.name;
      if (selected !== row.name) {
        const what = `The option '${row.name}' was specified but an option from this group has already been selected: '${selected}'`;
        throw parseError("AlreadySelectedException", what);
      }
      this.#selected = row;
    }
    if (!this.#given.has(row.name)) this.#given.set(row.name, undefined);
    this.#open = row.hasValue === true ? row : undefined;
  }

  #giveValue(value: string): void {
    const { name } = this.#open!;
    if (this.#given.get(name) === undefined) this.#given.set(name, value);
    this.#open = undefined;
  }

  #requireValue(): void {
    if (this.#open === undefined) return;
    throw parseError("MissingArgumentException", `Missing argument for option: ${this.#open.name}`);
  }

  #requireGroup(): void {
    if (this.#table.group !== "required" || this.#selected !== undefined) return;
    const members = this.#table.rows.map(({ name, description }) => `-${name} ${description}`).join(", ");
    throw parseError("MissingOptionException", `Missing required option: [${members}]`);
  }
}

function unquote(word: string): string {
  return /^"[^"]*"$/.test(word) ? word.slice(1, -1) : word;
}

function unrecognized(word: string): CommandError {
  return parseError("UnrecognizedOptionException", `Unrecognized option: ${word}`);
}

function parseError(name: string, text: string): CommandError {
  return new CommandError(`org.apache.commons.cli.${name}: ${text}`);
}
