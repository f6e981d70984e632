import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configFromEntries } from "../../src/config/load.ts";
import type { RunningServer } from "../../src/server/running-server.ts";
import { startServer } from "../../src/server/start-server.ts";

/** One of our servers in this process, on a port of the system's choice, which a restart keeps. */
export class ClientTestServer {
  readonly #directory = mkdtempSync(join(tmpdir(), "client-test-"));
  readonly #entries: Readonly<Record<string, string>>;
  readonly #flags: readonly string[];
  #port = 0;
  #server: RunningServer | undefined;

  constructor(entries: Readonly<Record<string, string>> = {}, flags: readonly string[] = []) {
    this.#entries = entries;
    this.#flags = flags;
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<this> {
    const config = configFromEntries(
      {
        tickTime: "500",
        "admin.enableServer": "false",
        "4lw.commands.whitelist": "*",
        ...this.#entries,
        dataDir: this.#directory,
        clientPort: String(this.#port),
        clientPortAddress: "127.0.0.1",
      },
      this.#flags,
    );
    this.#server = await startServer(config);
    this.#port = this.#server.clientPort!;
    return this;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
