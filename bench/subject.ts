import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { SubjectName } from "./options.ts";
import { type ProcessMemory, processCpuSeconds, processMemory } from "./proc.ts";
import { awaitHandshake } from "./ready-probe.ts";

export const APACHE_JAR = "/usr/share/java/zookeeper.jar";
const STOP_TIMEOUT_MS = 60_000;

export interface SubjectSetup {
  readonly name: SubjectName;
  /** Holds zoo.cfg, server.log and, unless {@link dataDir} says otherwise, the data. */
  readonly directory: string;
  readonly dataDir?: string;
  readonly repository: string;
  readonly cpuProfile?: string | undefined;
}

/** One command line per server: as its users would start it, without wrapper scripts. */
function commandOf(setup: SubjectSetup, configFile: string): string[] {
  if (setup.name === "apache") {
    // The class path of Debian's zkEnv.sh. It has no slf4j binding, so Apache logs nothing here.
    const classPath = `/etc/zookeeper/conf:${APACHE_JAR}`;
    return ["java", "-cp", classPath, "org.apache.zookeeper.server.quorum.QuorumPeerMain", configFile];
  }
  const profile = setup.cpuProfile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${setup.cpuProfile}`];
  const program = join(setup.repository, "dist/bin/zk-server.js");
  return [process.execPath, ...profile, program, "start-foreground", configFile];
}

/** A TCP port on loopback that nobody listens on at this moment. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A server that runs, ours or Apache's, with the same zoo.cfg. */
export class Subject {
  readonly name: SubjectName;
  readonly port: number;
  /** From spawning the process until the first session was open, in milliseconds. */
  readonly startMs: number;
  readonly #child: ChildProcess;
  readonly #logFile: string;

  private constructor(
    name: SubjectName,
    port: number,
    startMs: number,
    child: ChildProcess,
    logFile: string,
  ) {
    this.name = name;
    this.port = port;
    this.startMs = startMs;
    this.#child = child;
    this.#logFile = logFile;
  }

  static async start(setup: SubjectSetup): Promise<Subject> {
    const dataDir = setup.dataDir ?? join(setup.directory, "data");
    mkdirSync(dataDir, { recursive: true });
    const port = await freePort();
    const configFile = join(setup.directory, "zoo.cfg");
    writeFileSync(configFile, zooCfg(dataDir, port));
    const logFile = join(setup.directory, "server.log");
    const log = openSync(logFile, "a");
    const command = commandOf(setup, configFile);
    const spawnedAt = performance.now();
    const child = spawn(command[0]!, command.slice(1), {
      cwd: setup.directory,
      env: { ...process.env, ZOO_LOG_DIR: setup.directory },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    running.add(child);
    child.once("exit", () => running.delete(child));
    child.once("error", () => running.delete(child));
    try {
      const readyAt = await awaitHandshake(port, () => child.exitCode === null && child.signalCode === null);
      return new Subject(setup.name, port, readyAt - spawnedAt, child, logFile);
    } catch (error) {
      child.kill("SIGKILL");
      const tail = existsSync(logFile) ? readFileSync(logFile, "utf8").slice(-3000) : "";
      throw new Error(
        `${setup.name} did not start: ${(error as Error).message}\n${command.join(" ")}\n${tail}`,
      );
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get logFile(): string {
    return this.#logFile;
  }

  memory(): ProcessMemory {
    return processMemory(this.pid);
  }

  /** Waits until the server has had next to nothing to do for half a second: snapshots, compilers, collectors. */
  async settle(timeoutMs = 60_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    let quietFor = 0;
    let cpu = processCpuSeconds(this.pid);
    while (quietFor < 5 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const now = processCpuSeconds(this.pid);
      quietFor = now - cpu <= 0.011 ? quietFor + 1 : 0;
      cpu = now;
    }
  }

  /** SIGTERM, then SIGKILL after a minute. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }
}

/** What both servers are given. Everything else is their default: fsync is on, snapCount is 100,000. */
function zooCfg(dataDir: string, port: number): string {
  const settings = {
    tickTime: 2000,
    dataDir,
    clientPort: port,
    clientPortAddress: "127.0.0.1",
    maxClientCnxns: 0,
    "admin.enableServer": false,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}
