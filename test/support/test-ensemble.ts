import { existsSync, type FSWatcher, mkdirSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../src/config/config.ts";
import { configFromEntries, loadConfig } from "../../src/config/load.ts";
import type { RunningServer } from "../../src/server/running-server.ts";
import { type ServerPorts, startServer } from "../../src/server/start-server.ts";
import { Changes } from "./changes.ts";
import { freePort } from "./free-port.ts";
import { RecordedLog, temporaryDirectory } from "./test-server.ts";

interface Member {
  readonly dataDir: string;
  readonly clientPort: number;
  readonly line: string;
  server: RunningServer | undefined;
  log: RecordedLog;
}

const DEFAULTS = {
  tickTime: "500",
  initLimit: "20",
  syncLimit: "10",
  // A warning of a slow disk tells of the machine that the tests run on.
  "fsync.warningthresholdms": "1000000",
  "admin.enableServer": "false",
  "4lw.commands.whitelist": "*",
  preAllocSize: "64",
};

/** Members of an ensemble in this process, over real sockets and directories. Ids are 1 to `size`. */
export class TestEnsemble {
  readonly #entries: Readonly<Record<string, string>>;
  readonly #root = temporaryDirectory("ensemble");
  readonly #members = new Map<number, Member>();
  readonly #changes = new Changes();
  readonly #watchers: FSWatcher[] = [];

  private constructor(entries: Readonly<Record<string, string>>) {
    this.#entries = entries;
  }

  /** Chooses ports and directories; nobody is started. */
  static async create(size: number, entries: Readonly<Record<string, string>> = {}): Promise<TestEnsemble> {
    const ensemble = new TestEnsemble(entries);
    for (let id = 1; id <= size; id++) {
      const dataDir = join(ensemble.#root, String(id));
      mkdirSync(dataDir);
      writeFileSync(join(dataDir, "myid"), `${id}\n`);
      const clientPort = await freePort();
      const line = `127.0.0.1:${await freePort()}:${await freePort()}:participant;127.0.0.1:${clientPort}`;
      ensemble.#members.set(id, { dataDir, clientPort, line, server: undefined, log: new RecordedLog() });
      ensemble.#watchers.push(watch(dataDir, ensemble.#changes.note));
    }
    return ensemble;
  }

  get ids(): number[] {
    return [...this.#members.keys()];
  }

  async start(...ids: number[]): Promise<void> {
    await Promise.all((ids.length === 0 ? this.ids : ids).map((id) => this.startWith(id)));
  }

  async stop(id: number): Promise<void> {
    const member = this.member(id);
    await member.server?.close();
    member.server = undefined;
  }

  /** A stopped one loses its disk, but for `myid`. */
  wipe(id: number): void {
    rmSync(join(this.member(id).dataDir, "version-2"), { recursive: true });
  }

  /** Stops all and removes their directories. */
  async end(): Promise<void> {
    await Promise.all(this.ids.map((id) => this.stop(id)));
    for (const watcher of this.#watchers) watcher.close();
    rmSync(this.#root, { recursive: true, force: true });
  }

  member(id: number): Member {
    const member = this.#members.get(id);
    if (member === undefined) throw new Error(`there is no server ${id}`);
    return member;
  }

  server(id: number): RunningServer {
    const { server } = this.member(id);
    if (server === undefined) throw new Error(`server ${id} does not run`);
    return server;
  }

  /** What each running server is, by id: a role while it serves, else `looking`. */
  roles(): Record<number, string> {
    const roles: Record<number, string> = {};
    for (const [id, { server }] of this.#members) {
      if (server !== undefined) roles[id] = server.view.isServing() ? server.view.serverState() : "looking";
    }
    return roles;
  }

  /** Looks whenever a server has logged a line or changed a file; a failure shows what is there instead. */
  async until(what: string, condition: () => boolean, deadlineMs = 20_000): Promise<void> {
    const failure = (): string => `not within ${deadlineMs} ms: ${what}; ${this.describe()}`;
    await this.#changes.until(condition, deadlineMs, failure);
  }

  /** Until every running server serves, one of them as leader; resolves with its id. */
  async untilServing(): Promise<number> {
    await this.until("all serve", () => {
      const roles = Object.values(this.roles());
      return !roles.includes("looking") && roles.filter((role) => role === "leader").length === 1;
    });
    return Number(Object.entries(this.roles()).find(([, role]) => role === "leader")![0]);
  }

  describe(): string {
    const logs = [...this.#members].map(([id, { log }]) => {
      const lines = log.lines
        .slice(-12)
        .map(({ level, message, fields }) => `    ${level} ${message} ${JSON.stringify(fields)}`);
      return `  server ${id}:\n${lines.join("\n")}`;
    });
    return `${JSON.stringify(this.roles())}\n${logs.join("\n")}`;
  }

  /** Starts one, perhaps with other parts of the operating system or other keys. */
  async startWith(
    id: number,
    ports: ServerPorts = {},
    entries: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const member = this.member(id);
    const config = this.#configOf(member, entries);
    member.log = new RecordedLog(this.#changes.note);
    member.server = await startServer(config, { log: member.log, ...ports });
  }

  /** With reconfig the configuration is in files, which the server changes: they are written once. */
  #configOf({ dataDir }: Member, more: Readonly<Record<string, string>>): Config {
    const lines = Object.fromEntries([...this.#members].map(([sid, { line }]) => [`server.${sid}`, line]));
    const entries = { ...DEFAULTS, ...lines, ...this.#entries, ...more, dataDir };
    if (this.#entries.reconfigEnabled !== "true") return configFromEntries(entries);
    const file = join(dataDir, "zoo.cfg");
    if (!existsSync(file)) {
      const text = Object.entries(entries).map(([key, value]) => `${key}=${value}\n`);
      writeFileSync(file, text.join(""));
    }
    return loadConfig(file);
  }
}
