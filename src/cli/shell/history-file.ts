import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { commandNamed } from "./command-table.ts";
import { tokenize } from "./tokenize.ts";

/** Lines that are kept from one session to the next. */
const LINES_MAX = 1000;

/**
 * The lines typed in earlier sessions, in `~/.zkcli_history` or the file that ZKCLI_HISTORY names; an empty ZKCLI_HISTORY
 * keeps none. Credentials (`addauth`) are never written. A file that cannot be written is no reason to complain.
 */
export class HistoryFile {
  readonly #file: string | undefined;
  readonly #lines: string[];

  constructor(variables: Readonly<Record<string, string | undefined>>) {
    const file = variables.ZKCLI_HISTORY ?? join(homedir(), ".zkcli_history");
    this.#file = file === "" ? undefined : file;
    this.#lines = this.#read();
  }

  /** Newest last. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  #read(): string[] {
    if (this.#file === undefined) return [];
    try {
      const lines = readFileSync(this.#file, "utf8").split("\n").filter(Boolean);
      if (lines.length > LINES_MAX * 2)
        writeFileSync(this.#file, `${lines.slice(-LINES_MAX).join("\n")}\n`, { mode: 0o600 });
      return lines.slice(-LINES_MAX);
    } catch {
      return [];
    }
  }

  add(line: string): void {
    const isSecret = commandNamed(tokenize(line)[0] ?? "")?.isSecret === true;
    if (this.#file === undefined || line.trim() === "" || isSecret) return;
    try {
      appendFileSync(this.#file, `${line}\n`, { mode: 0o600 });
    } catch {
      // A home directory that is read-only, or none at all.
    }
  }
}
