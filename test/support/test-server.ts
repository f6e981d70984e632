import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log, LogLevel } from "../../src/base/ports.ts";
import { configFromEntries } from "../../src/config/load.ts";
import type { RunningServer } from "../../src/server/running-server.ts";
import { type ServerPorts, startServer } from "../../src/server/start-server.ts";

export interface LogLine {
  readonly level: LogLevel;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A log that keeps its lines. */
export class RecordedLog implements Log {
  readonly lines: LogLine[] = [];
  readonly #onLine: () => void;

  debug = this.#recorder("debug");
  info = this.#recorder("info");
  warn = this.#recorder("warn");
  error = this.#recorder("error");
  fatal = this.#recorder("fatal");

  constructor(onLine: () => void = () => undefined) {
    this.#onLine = onLine;
  }

  messages(level: LogLevel): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }

  #recorder(level: LogLevel) {
    return (fields: object, message: string): void => {
      this.lines.push({ level, fields: { ...fields }, message });
      this.#onLine();
    };
  }
}

/** A fresh temporary directory; the caller removes it. */
export function temporaryDirectory(purpose: string): string {
  return mkdtempSync(join(tmpdir(), `menagerie-${purpose}-`));
}

export interface TestServer {
  readonly server: RunningServer;
  readonly port: number;
  readonly dataDir: string;
  readonly log: RecordedLog;
  /** Stops it and starts another on the same data; this one is not usable any more. */
  restart(entries?: Readonly<Record<string, string>>): Promise<TestServer>;
}

const DEFAULTS = {
  clientPort: "0",
  clientPortAddress: "127.0.0.1",
  tickTime: "2000",
  // A warning of a slow disk tells of the machine that the tests run on.
  "fsync.warningthresholdms": "1000000",
  "4lw.commands.whitelist": "*",
};

const running = new Set<RunningServer>();
const directories = new Set<string>();

/** A server in this process on a port of the system's choice; {@link stopTestServers} ends and removes everything. */
export async function startTestServer(
  entries: Readonly<Record<string, string>> = {},
  ports: ServerPorts = {},
): Promise<TestServer> {
  const dataDir = entries.dataDir ?? temporaryDirectory("server");
  if (entries.dataDir === undefined) directories.add(dataDir);
  const log = new RecordedLog();
  const server = await startServer(configFromEntries({ ...DEFAULTS, ...entries, dataDir }), {
    log,
    ...ports,
  });
  running.add(server);
  return {
    server,
    port: server.clientPort!,
    dataDir,
    log,
    async restart(changed = {}) {
      await server.close();
      return startTestServer({ ...entries, ...changed, dataDir }, ports);
    },
  };
}

/** For afterEach. */
export async function stopTestServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.close()));
  running.clear();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  directories.clear();
}
