import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Client, connect } from "../../../src/client/index.ts";
import { ClientTestServer } from "../../support/client-server.ts";
import { GrowingText } from "../../support/growing-text.ts";
import { REPOSITORY } from "../support/peers.ts";

/** The shell in a pseudo terminal (`script` of util-linux makes it), typed into key by key. */
const server = new ClientTestServer();
const home = mkdtempSync(join(tmpdir(), "interop-terminal-"));
const TAB = "\t";
const UP = "\u001b[A";
const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
let zk: Client;

beforeAll(async () => {
  await server.start();
  zk = await connect(server.address);
  for (const path of ["/app", "/apple", "/app/one"]) await zk.create(path, { data: "x" });
});

afterAll(async () => {
  await zk?.close();
  await server.dispose();
  rmSync(home, { recursive: true, force: true });
});

class Terminal {
  readonly #child: ChildProcess;
  readonly exitCode: Promise<number | null>;
  /** Everything that has come and was not yet waited for. */
  readonly #screen = new GrowingText(stripVTControlCharacters);

  constructor(variables: Readonly<Record<string, string>> = {}) {
    const program = `exec '${process.execPath}' '${join(REPOSITORY, "dist/bin/zk-cli.cjs")}' -server ${server.address}`;
    const environment = { PATH: process.env.PATH, HOME: home, TERM: "xterm", ...variables };
    this.#child = spawn("script", ["-qefc", program, "/dev/null"], {
      env: environment as NodeJS.ProcessEnv,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout!.setEncoding("utf8").on("data", this.#screen.add);
    this.exitCode = new Promise((resolve) => this.#child.once("close", resolve));
  }

  keys(text: string): void {
    this.#child.stdin!.write(text);
  }

  /** Waits until the text is on the screen, without control characters; returns what came before it. */
  sees(text: string): Promise<string> {
    return this.#screen.sees(text, 20_000);
  }

  get raw(): string {
    return this.#screen.unseen;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

async function connected(variables?: Readonly<Record<string, string>>): Promise<Terminal> {
  const terminal = new Terminal(variables);
  await terminal.sees("JLine support is enabled");
  await terminal.sees("WatchedEvent state:SyncConnected type:None path:null");
  await terminal.sees("(CONNECTED) 0] ");
  return terminal;
}

describe("at a terminal", () => {
  test("prompt, completion, an event above what is typed, history, and the exit code", async () => {
    const terminal = await connected();
    try {
      terminal.keys("getAc");
      await terminal.sees("getAc");
      terminal.keys(TAB);
      await terminal.sees("l");
      terminal.keys(" /ap");
      await terminal.sees("/ap");
      terminal.keys(TAB);
      await terminal.sees("p");
      terminal.keys(TAB);
      await terminal.sees("/apple");
      terminal.keys("le\r");
      await terminal.sees("'world,'anyone");
      await terminal.sees("(CONNECTED) 1] ");
      terminal.keys("get -w /app\r");
      await terminal.sees("(CONNECTED) 2] ");
      terminal.keys("stat /half-ty");
      await terminal.sees("stat /half-ty");
      await zk.set("/app", "y");
      await terminal.sees("type:NodeDataChanged path:/app");
      await terminal.sees("(CONNECTED) 2] stat /half-ty");
      terminal.keys("ped\r");
      await terminal.sees("Node does not exist: /half-typed");
      await terminal.sees("(CONNECTED) 3] ");
      terminal.keys("addauth digest me:secret\r");
      await terminal.sees("(CONNECTED) 4] ");
      terminal.keys(CTRL_D);
      expect(await terminal.exitCode).toBe(0);
    } finally {
      terminal.kill();
    }
    const history = readFileSync(join(home, ".zkcli_history"), "utf8");
    expect(history).toBe("getAcl /apple\nget -w /app\nstat /half-typed\n");
  });

  test("the lines of the last session come back; Ctrl-C ends a watch, and at the prompt the shell", async () => {
    const terminal = await connected();
    try {
      terminal.keys(UP);
      await terminal.sees("stat /half-typed");
      terminal.keys("\r");
      await terminal.sees("Node does not exist: /half-typed");
      await terminal.sees("(CONNECTED) 1] ");
      terminal.keys("watch /app\r");
      await terminal.sees("watch /app");
      let isSeen = false;
      const seen = terminal.sees("created          /app/seq-").then(() => (isSeen = true));
      while (!isSeen) await Promise.race([seen, zk.create("/app/seq-", { mode: "persistent-sequential" })]);
      terminal.keys(CTRL_C);
      await terminal.sees("(CONNECTED) 2] ");
      terminal.keys("get /none\r");
      await terminal.sees("Node does not exist: /none");
      await terminal.sees("(CONNECTED) 3] ");
      terminal.keys(CTRL_C);
      expect(await terminal.exitCode).toBe(1);
    } finally {
      terminal.kill();
    }
  });

  test.each([
    ["colours", {}, true],
    ["none with NO_COLOR", { NO_COLOR: "1" }, false],
  ])("%s", async (_what, variables, isColored) => {
    const terminal = await connected(variables);
    try {
      terminal.keys("get /none\r");
      await terminal.sees("get /none");
      let raw = "";
      while (!raw.includes("Node does not exist")) {
        raw = terminal.raw;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(raw.includes("\u001b[31mNode does not exist: /none")).toBe(isColored);
      terminal.keys("quit\r");
      await terminal.exitCode;
    } finally {
      terminal.kill();
    }
  });
});
