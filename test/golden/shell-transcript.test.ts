import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { painter } from "../../src/cli/shell/painter.ts";
import { runZkCli } from "../../src/cli/shell/run-zk-cli.ts";
import { Shell } from "../../src/cli/shell/shell.ts";
import { tokenize } from "../../src/cli/shell/tokenize.ts";
import { usageLines } from "../../src/cli/shell/usage.ts";
import { connectLazily } from "../../src/client/connect.ts";
import { Changes } from "../support/changes.ts";
import { ClientTestServer } from "../support/client-server.ts";
import { type Comparable, comparable, readTranscript } from "../support/zk-cli-transcript.ts";
import { DIFFERENCES, type ShellDifference } from "./shell-differences.ts";

/** What is typed in the recording, and what it printed on Apache ZooKeeper 3.8.0, against our shell on our server. */
const FILES = (name: string): URL => new URL(`vectors/zk-cli-3.8.0/${name}.txt`, import.meta.url);
const SETTINGS = {
  enforceQuota: "true",
  extendedTypesEnabled: "true",
  "DigestAuthenticationProvider.superDigest": "super:lK75jTNcA+U9vtVEw5vB51mj/w4=",
};
/** Of a command for its server. */
const PATIENCE_MS = 3_000;
/** Of this test for an event that is on its way. */
const EVENT_DEADLINE_MS = 20_000;

/** A shell whose output is recorded. */
class RecordedShell {
  readonly shell: Shell;
  #out: string[] = [];
  #err: string[] = [];
  readonly #changes = new Changes();

  constructor(address: string) {
    this.shell = new Shell({
      server: address,
      timeoutMs: PATIENCE_MS,
      isJson: false,
      console: {
        out: (text) => {
          this.#out.push(...text.split("\n"));
          this.#changes.note();
        },
        err: (text) => void this.#err.push(...text.split("\n")),
      },
      paint: painter(false, {}),
      open: (connectString, log) =>
        connectLazily(connectString, { sessionTimeoutMs: 30_000, afterExpiry: "end", log }),
    });
  }

  /** Runs the line and waits for as many events as are expected; what was printed meanwhile. */
  async run(typed: string, events: number, run = () => this.shell.line(typed)): Promise<Comparable> {
    await run();
    const missing = (): string => `"${typed}": ${this.#eventCount()} of ${events} events have come`;
    await this.#changes.until(() => this.#eventCount() >= events, EVENT_DEADLINE_MS, missing);
    const recorded = { typed, out: this.#out, err: this.#err };
    this.#out = [];
    this.#err = [];
    return comparable(recorded);
  }

  #eventCount(): number {
    return this.#out.filter((line) => line.startsWith("WatchedEvent ")).length;
  }
}

const met = new Set<ShellDifference>();

function differenceOf(name: string, typed: string, nth: number): ShellDifference | undefined {
  const isIt = (row: ShellDifference): boolean => row.nth === undefined || row.nth === nth;
  const found = DIFFERENCES.find((row) => row.at[0] === name && row.at[1] === typed && isIt(row));
  if (found !== undefined) met.add(found);
  return found;
}

/** Addresses of the recording become the server's, or one where nobody listens. */
function addressed(typed: string, address: string): string {
  return typed.replaceAll("localhost:22200", address).replaceAll("localhost:22299", "127.0.0.1:1");
}

async function play(name: string, address: string): Promise<{ ours: unknown[]; recorded: unknown[] }> {
  const { banner, commands, exitCode } = readTranscript(FILES(name));
  const recorder = new RecordedShell(address);
  const ours: unknown[] = [];
  const recorded: unknown[] = [];
  const start = await recorder.run("", 1, async () => recorder.shell.start());
  ours.push(start.events);
  recorded.push(comparable(banner).events);
  for (const [at, command] of commands.entries()) {
    const expected = comparable(command);
    const nth = commands.slice(0, at).filter(({ typed }) => typed === command.typed).length;
    const difference = differenceOf(name, command.typed, nth);
    const want = { ...expected, ...difference?.ours };
    const typed = addressed(difference?.instead ?? command.typed, address);
    ours.push([command.typed, await recorder.run(typed, want.events.length)]);
    recorded.push([command.typed, want]);
    for (const line of difference?.repair ?? []) await recorder.run(line, 0);
  }
  if (exitCode !== undefined) {
    ours.push(["exit code", recorder.shell.exitCode]);
    recorded.push(["exit code", exitCode]);
  }
  await recorder.shell.end();
  return { ours, recorded };
}

/** Events of the connection come when they come, or, from a call that is over quickly, not at all. */
function lasting({ out, err, events }: Comparable): Comparable {
  return { out, err, events: events.filter((line) => !line.includes("type:None")) };
}

async function once(typed: string): Promise<Comparable & { readonly exitCode: number }> {
  const out: string[] = [];
  const err: string[] = [];
  const output = {
    out: (text: string) => void out.push(...text.replace(/\n$/, "").split("\n")),
    err: (text: string) => void err.push(...text.replace(/\n$/, "").split("\n")),
  };
  const exitCode = await runZkCli(
    tokenize(typed),
    {},
    { input: Readable.from([]), output, isTerminal: false },
  );
  return { ...lasting(comparable({ typed, out, err })), exitCode };
}

describe("the recorded transcript of Apache's zkCli 3.8.0", () => {
  const first = new ClientTestServer(SETTINGS);
  const second = new ClientTestServer(SETTINGS);

  beforeAll(async () => {
    await first.start();
    await second.start();
  });

  afterAll(async () => {
    await first.dispose();
    await second.dispose();
  });

  it.each(["T1", "T2", "T3", "T4"])("%s", async (name) => {
    const { ours, recorded } = await play(name, first.address);
    expect(ours).toEqual(recorded);
  });

  it("T6, one command at a time", async () => {
    const ours: unknown[] = [];
    const recorded: unknown[] = [];
    for (const command of readTranscript(FILES("T6")).commands) {
      const difference = differenceOf("T6", command.typed, 0);
      const typed = addressed(difference?.instead ?? command.typed, first.address);
      ours.push([command.typed, await once(typed)]);
      const want = { ...lasting(comparable(command)), ...difference?.ours };
      recorded.push([command.typed, { ...want, exitCode: difference?.exitCode ?? command.exitCode }]);
    }
    expect(ours).toEqual(recorded);
  });

  it("the usage is that of 3.8.0, with the options of 3.9 and our own commands behind", () => {
    const blank = readTranscript(FILES("T1")).commands.find(({ typed }) => typed.trim() === "");
    const apache = blank!.err.filter((line) => line.startsWith("\t"));
    const ours = usageLines().slice(1);
    const changed = ["\tget [-s] [-w] path", "\tset [-s] [-v version] path data"];
    expect(apache.filter((line) => !ours.includes(line))).toEqual(changed);
    const added = ours.filter((line) => !apache.includes(line)).map((line) => line.trim().split(" ")[0]);
    const names = ["exit", "get", "set", "diff", "du", "export", "find", "help", "import", "tree", "watch"];
    expect(added).toEqual(names);
  });

  it("T5, on a fresh server", async () => {
    const { ours, recorded } = await play("T5", second.address);
    expect(ours).toEqual(recorded);
  });

  it("every difference that is listed was met", () => {
    const missing = DIFFERENCES.filter((row) => !met.has(row)).map(({ at }) => at.join(": "));
    expect(missing).toEqual([]);
  });
});
