import type { WatchCallback } from "../../client/types.ts";
import type { OptionTable, ParsedWords } from "./option-parser.ts";
import type { Painter } from "./painter.ts";
import type { ShellClient } from "./shell-client.ts";
import type { ShellControl } from "./shell-control.ts";

/** What a command is given when it runs. */
export interface CommandContext<Client = ShellClient> {
  readonly client: Client;
  readonly shell: ShellControl;
  /** Prints a line on standard output; with `--json` nothing, because the returned value is printed instead. */
  out(line: string): void;
  /** The same on standard error, for remarks; errors are thrown. */
  err(line: string): void;
  /** With `--json` prints one value as a line at once, for commands that go on; else nothing. */
  emit(value: unknown): void;
  readonly isJson: boolean;
  /** The command's synopsis, for errors of usage that counting words does not find. */
  readonly synopsis: string;
  readonly paint: Painter;
  /** The watcher for a one-shot watch on a path: prints the event. */
  watcher(kind: "data" | "children", path: string): WatchCallback;
  /** Ctrl-C while the command runs. */
  readonly signal: AbortSignal;
}

/** A command: one file, one line in the table. */
export interface ShellCommand {
  readonly options: OptionTable;
  /** Fewer words than this (the name not counted): usage. */
  readonly wordsMin: number;
  /**
   * Carries the command out. What it returns is what `--json` prints; undefined prints nothing.
   * @throws `CommandError` and the client's errors; the path that Apache's texts name is the first word, unless the
   * command says otherwise by catching.
   */
  run(words: ParsedWords, context: CommandContext): Promise<unknown>;
}

/** For commands without options. */
export const NO_OPTIONS: OptionTable = { rows: [] };

/** For commands of the shell itself, whose words are never options. */
export const LITERAL_WORDS: OptionTable = { rows: [], isLiteral: true };
