import { clearScreenDown, createInterface, cursorTo, type Interface } from "node:readline";
import type { ClientState } from "../../client/types.ts";
import { processOutput } from "../output.ts";
import { awaitConnection } from "./await-connection.ts";
import { complete } from "./completion.ts";
import { type Console, plainConsole } from "./console.ts";
import { HistoryFile } from "./history-file.ts";
import { COMMAND_NAMES, Shell, type ShellOptions } from "./shell.ts";

/** States as the prompt names them. */
const STATE_NAMES: Readonly<Record<ClientState, string>> = {
  connecting: "CONNECTING",
  connected: "CONNECTED",
  connectedReadOnly: "CONNECTEDREADONLY",
  suspended: "CONNECTING",
  expired: "CLOSED",
  authFailed: "AUTH_FAILED",
  closed: "CLOSED",
};

/** A session at a terminal: prompt, history, tab completion; events step in between. Resolves with the exit code. */
export async function runInteractive(
  options: Omit<ShellOptions, "console">,
  waitsForConnection: boolean,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const terminal = new Terminal(options, variables);
  return terminal.run(waitsForConnection);
}

class Terminal {
  readonly #shell: Shell;
  readonly #options: Omit<ShellOptions, "console">;
  readonly #history: HistoryFile;
  readonly #lines: string[] = [];
  readonly #readline: Interface;
  #isAtPrompt = false;
  #isOver = false;
  #running: AbortController | undefined;
  #wake: () => void = () => undefined;

  constructor(
    options: Omit<ShellOptions, "console">,
    variables: Readonly<Record<string, string | undefined>>,
  ) {
    this.#options = options;
    this.#history = new HistoryFile(variables);
    this.#shell = new Shell({ ...options, console: this.#console() });
    this.#readline = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history: [...this.#history.lines].reverse(),
      historySize: 1000,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        const { connection } = this.#shell;
        const client = connection?.state.startsWith("connected") ? connection.client : undefined;
        void complete(line, COMMAND_NAMES, client).then((result) => done(null, result));
      },
    });
  }

  async run(waitsForConnection: boolean): Promise<number> {
    this.#listen();
    processOutput.out("Welcome to ZooKeeper!\nJLine support is enabled\n");
    this.#shell.start();
    try {
      if (waitsForConnection) await awaitConnection(this.#shell, this.#options.timeoutMs);
      while (!this.#shell.hasQuit) {
        const line = await this.#nextLine();
        if (line === undefined) break;
        this.#history.add(line);
        this.#running = new AbortController();
        await this.#shell.line(line, this.#running.signal);
        this.#running = undefined;
      }
    } finally {
      this.#readline.close();
      await this.#shell.end();
    }
    return this.#shell.exitCode;
  }

  /** Several lines may arrive at once (a paste): they wait for their turn. */
  #listen(): void {
    this.#readline.on("line", (line) => {
      this.#isAtPrompt = false;
      this.#lines.push(line);
      this.#wake();
    });
    this.#readline.on("SIGINT", () => {
      if (this.#running !== undefined) this.#running.abort();
      else this.#readline.close();
    });
    this.#readline.on("close", () => {
      if (this.#isAtPrompt) processOutput.out("\n");
      this.#isAtPrompt = false;
      this.#isOver = true;
      this.#wake();
    });
  }

  async #nextLine(): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#isOver) {
      this.#prompt(false);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#lines.shift();
  }

  #prompt(keepsCursor: boolean): void {
    const { paint } = this.#options;
    const state = this.#shell.connection?.state;
    const name = state === undefined ? "NOT_CONNECTED" : STATE_NAMES[state];
    const colored = name.startsWith("CONNECTED") ? paint.green(name) : paint.yellow(name);
    this.#readline.setPrompt(`[zk: ${this.#shell.server}(${colored}) ${this.#shell.number}] `);
    this.#isAtPrompt = true;
    this.#readline.prompt(keepsCursor);
  }

  /** Lines that arrive while somebody types go above the prompt, which is drawn again with what was typed. */
  #console(): Console {
    const plain = plainConsole(processOutput);
    const aside = (print: (line: string) => void) => (line: string) => {
      if (!this.#isAtPrompt) {
        print(line);
        return;
      }
      const { rows } = this.#readline.getCursorPos();
      if (rows > 0) process.stdout.moveCursor(0, -rows);
      cursorTo(process.stdout, 0);
      clearScreenDown(process.stdout);
      print(line);
      this.#prompt(true);
    };
    return { out: aside(plain.out), err: aside(plain.err) };
  }
}
