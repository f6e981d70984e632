import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { startTestServer } from "../../src/testing/index.ts";
import { Changes } from "../support/changes.ts";

const RUNNER = fileURLToPath(new URL("../../scripts/example.mjs", import.meta.url));
const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});

/** A program started with `npm run example`, and what it has printed. */
class Program {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown[]>;
  readonly #changes = new Changes();
  output = "";
  errors = "";

  constructor(...args: string[]) {
    const child = spawn(process.execPath, [RUNNER, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    // Not at its exit: what it has printed may not have been read by then.
    this.#exit = once(child, "close");
    running.add(child);
    child.once("close", () => {
      running.delete(child);
      this.#changes.note();
    });
    child.stderr.on("data", (chunk) => {
      this.errors += chunk;
    });
    child.stdout.on("data", (chunk) => {
      this.output += chunk;
      this.#changes.note();
    });
  }

  /** Resolves when the last line printed is this one. */
  async prints(line: string): Promise<void> {
    const isPrinted = (): boolean => this.output.endsWith(`${line}\n`);
    await this.#changes.until(() => isPrinted() || this.#child.exitCode !== null);
    if (!isPrinted()) throw new Error(`it ended before it printed "${line}":\n${this.errors}`);
  }

  async exitCode(): Promise<unknown> {
    return (await this.#exit)[0];
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

describe("npm run example", () => {
  it("runs an example on a server of its own", async () => {
    const program = new Program("naming-service");
    expect(await program.exitCode()).toBe(0);
    expect(program.output).toMatch(/^printer registered: true\n[\s\S]*next: 6\n$/);
    expect(program.errors).toBe("");
  });

  it("says which examples there are", async () => {
    const program = new Program("no-such-thing");
    expect(await program.exitCode()).toBe(2);
    expect(program.errors).toMatch(/there is no example "no-such-thing"[\s\S]*^ {2}master-worker$/m);
  });

  it("group membership: a client lists servers that come, end and break down", async () => {
    await using zk = await startTestServer();
    const { connectString } = zk;
    const client = new Program("group-membership-client", "--servers", connectString);
    await client.prints("servers: none");
    const web1 = new Program("group-membership-server", "--servers", connectString, "web1", "10.0.0.1:80");
    await client.prints("servers: web1=10.0.0.1:80");
    const web2 = new Program("group-membership-server", "--servers", connectString, "web2", "10.0.0.2:80");
    await client.prints("servers: web1=10.0.0.1:80 web2=10.0.0.2:80");

    web1.kill("SIGINT");
    await client.prints("servers: web2=10.0.0.2:80");
    expect(await web1.exitCode()).toBe(0);

    // Killed, it says no goodbye: its next run gets the name when the session of the first one is over.
    const observer = await zk.connect();
    const { ephemeralOwner } = (await observer.exists("/servers/web2"))!;
    web2.kill("SIGKILL");
    await web2.exitCode();
    const again = new Program("group-membership-server", "--servers", connectString, "web2", "10.0.0.3:80");
    await zk.expireSession(ephemeralOwner);
    await client.prints("servers: web2=10.0.0.3:80");

    // All sessions expire, the client's, too; then it sees what is there.
    again.kill("SIGKILL");
    await again.exitCode();
    await zk.advanceClock("31s");
    await client.prints("servers: none");

    client.kill("SIGINT");
    expect(await client.exitCode()).toBe(0);
  });
});
