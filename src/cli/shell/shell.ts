import { parseConnectString } from "../../client/connect-string.ts";
import type { WatchKind, WatchMode } from "../../client/types.ts";
import type { CommandContext, ShellCommand } from "./command.ts";
import { CommandError, ShellExit } from "./command-error.ts";
import { COMMANDS, type CommandRow, commandNamed } from "./command-table.ts";
import { Connection, type OpenClient } from "./connection.ts";
import type { Console } from "./console.ts";
import { commandError } from "./error-text.ts";
import { eventLines, type ShellEvent } from "./event-text.ts";
import { guardedClient } from "./guarded-client.ts";
import { History } from "./history.ts";
import { parseOptions } from "./option-parser.ts";
import type { Painter } from "./painter.ts";
import { takeJson } from "./program-arguments.ts";
import type { OtherSession, ShellControl } from "./shell-control.ts";
import { tokenize } from "./tokenize.ts";
import { suggestion, synopsis, usageLines } from "./usage.ts";

export interface ShellOptions {
  readonly server: string;
  /** How long a command waits for a connection. */
  readonly timeoutMs: number;
  readonly isJson: boolean;
  readonly console: Console;
  readonly paint: Painter;
  readonly open: OpenClient;
}

/** The shell without its terminal: runs lines and words, keeps the session, the history and the exit code. */
export class Shell implements ShellControl {
  readonly #options: ShellOptions;
  readonly #history = new History();
  #connection: Connection | undefined;
  #server: string;
  #signal: AbortSignal = new AbortController().signal;
  /** Code of the last command. */
  exitCode: number = ShellExit.ok;
  /** After `quit`. */
  hasQuit = false;
  printsEvents = true;

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#server = options.server;
  }

  /** Connect string, state and number of the next command, for the prompt. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  get server(): string {
    return this.#server;
  }

  get number(): number {
    return this.#history.number;
  }

  /** Opens the first session; does not wait for it. @throws MisuseError for a wrong connect string */
  start(): void {
    this.#open(this.#server);
  }

  #open(server: string): void {
    this.#connection = new Connection(server, this.#options.open, (event) => this.#printEvent(event));
    this.#server = server;
  }

  /** Runs a typed line. An empty one is nothing at all. */
  async line(line: string, signal: AbortSignal = this.#signal): Promise<void> {
    if (line === "") return;
    this.#history.begin(line);
    await this.words(tokenize(line), signal);
    this.#history.end();
  }

  /** Runs a command and prints what it says, errors too; its code is the new exit code. */
  async words(words: readonly string[], signal: AbortSignal = this.#signal): Promise<void> {
    this.#signal = signal;
    const { words: plain, isJson: wantsJson } = takeJson(words);
    const isJson = wantsJson || this.#options.isJson;
    const before = this.exitCode;
    try {
      const redone = await this.#run(plain, isJson);
      if (this.hasQuit) this.exitCode = before;
      else if (!redone) this.exitCode = ShellExit.ok;
    } catch (error) {
      const known = commandError(error);
      if (known === undefined) throw error;
      this.exitCode = known.exitCode;
      this.#printError(known, isJson);
      if (known.code === "NONODE" && !isJson) await this.#explainMissing();
    }
  }

  /** True when the exit code is that of a line that was run again. */
  async #run([name = "", ...words]: readonly string[], isJson: boolean): Promise<boolean> {
    const row = commandNamed(name);
    if (row === undefined) throw this.#unknown(name, isJson);
    const command = await row.load();
    if (row.kind === "control") await this.#execute(row, command, words, isJson);
    if (this.hasQuit || row.name === "help") return false;
    if (this.#connection?.isAlive !== true) {
      this.#notConnected(isJson);
      return false;
    }
    if (row.kind !== "control") await this.#execute(row, command, words, isJson);
    return row.name === "redo" && words.length > 0;
  }

  async #execute(
    row: CommandRow,
    command: ShellCommand,
    words: readonly string[],
    isJson: boolean,
  ): Promise<void> {
    const parsed = parseOptions(words, command.options);
    if (parsed.words.length < command.wordsMin) throw new CommandError(synopsis(row, command));
    const value = await command.run(parsed, this.#context(row, isJson));
    if (isJson && value !== undefined) this.#options.console.out(JSON.stringify(value));
  }

  #context(row: CommandRow, isJson: boolean): CommandContext {
    const { console, paint } = this.#options;
    const connection = this.#connection!;
    return {
      client: guardedClient(connection, this.#options.timeoutMs, this.#signal),
      shell: this,
      out: (line) => (isJson ? undefined : console.out(line)),
      err: (line) => (isJson ? undefined : console.err(line)),
      emit: (value) => (isJson ? console.out(JSON.stringify(value)) : undefined),
      isJson,
      synopsis: `${row.name} ${row.usage}`,
      paint,
      watcher: (kind, path) => connection.watcher(kind, path),
      signal: this.#signal,
    };
  }

  #unknown(name: string, isJson: boolean): CommandError {
    if (!isJson) for (const line of usageLines()) this.#options.console.err(line);
    const near = suggestion(name);
    const hint = near === undefined ? "" : `\nDid you mean "${near}"?`;
    return new CommandError(`Command not found: Command not found ${name}${hint}`, ShellExit.unknownCommand);
  }

  #notConnected(isJson: boolean): void {
    this.#options.console.out(
      isJson ? JSON.stringify({ error: { message: "Not connected" } }) : "Not connected",
    );
  }

  #printError({ message, code, exitCode }: CommandError, isJson: boolean): void {
    const { console, paint } = this.#options;
    if (isJson)
      console.err(JSON.stringify({ error: { message, ...(code === undefined ? {} : { code }), exitCode } }));
    else for (const line of message.split("\n")) console.err(line === "" ? line : paint.red(line));
  }

  /** Every path is missing below a chroot that does not exist. */
  async #explainMissing(): Promise<void> {
    const { chroot } = parseConnectString(this.#server);
    const client = this.#connection?.client;
    if (chroot === "" || client === undefined || !this.#connection!.isAlive) return;
    const root = await client.exists("/").catch(() => undefined);
    if (root === null)
      this.#options.console.err(
        `The chroot ${chroot} does not exist: connect without it, and create it first`,
      );
  }

  #printEvent(event: ShellEvent): void {
    const { console, paint, isJson } = this.#options;
    // Whoever reads JSON waits for the results of commands; what becomes of the connection is in their errors.
    if (!this.printsEvents || (isJson && event.type === "None")) return;
    if (isJson) console.out(JSON.stringify({ event }));
    else for (const line of eventLines(event)) console.out(line === "" ? line : paint.cyan(line));
  }

  // What commands ask of the shell

  async redo(numberText: string): Promise<void> {
    await this.words(tokenize(this.#history.redo(numberText)));
  }

  recentLines(): readonly { readonly number: number; readonly text: string | undefined }[] {
    return this.#history.recent();
  }

  async connect(connectString: string | undefined): Promise<void> {
    // What is no connect string leaves the session as it is.
    if (connectString !== undefined) parseConnectString(connectString);
    if (this.#connection?.isAlive === true) await this.close();
    this.#open(connectString ?? this.#server);
  }

  async close(): Promise<void> {
    await this.#connection?.close();
    this.#printEvent({ state: "Closed", type: "None", path: null });
  }

  async quit(): Promise<void> {
    this.hasQuit = true;
    if (this.#connection?.isAlive === true) await this.close();
  }

  /** Ends the session without a word. */
  async end(): Promise<void> {
    await this.#connection?.close();
  }

  async help(name: string | undefined): Promise<readonly string[]> {
    if (name === undefined) return usageLines();
    const row = commandNamed(name);
    if (row === undefined) throw new CommandError(`There is no command "${name}"`, ShellExit.unknownCommand);
    return synopsis({ ...row, listsOptions: true }, await row.load())
      .trimEnd()
      .split("\n");
  }

  addWatch(path: string, mode: WatchMode): Promise<void> {
    return this.#connection!.addWatch(path, mode);
  }

  removeWatches(path: string, kind: WatchKind, isLocalAllowed: boolean): Promise<void> {
    return this.#connection!.removeWatches(path, kind, isLocalAllowed);
  }

  async openOther(connectString: string): Promise<OtherSession> {
    const other = new Connection(connectString, this.#options.open, () => undefined);
    try {
      await other.ready(this.#options.timeoutMs, undefined, this.#signal);
    } catch (error) {
      await other.close();
      throw error;
    }
    return {
      client: guardedClient(other, this.#options.timeoutMs, this.#signal),
      close: () => other.close(),
    };
  }
}

/** Names that tab completion offers. */
export const COMMAND_NAMES: readonly string[] = COMMANDS.map((row) => row.name).sort();
