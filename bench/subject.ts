import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../test/support/free-port.ts";
import type { SubjectName } from "./options.ts";
import type { ProcessMemory } from "./proc.ts";
import { awaitHandshake } from "./ready-probe.ts";
import { ServerProcess, settle } from "./server-process.ts";

export const APACHE_JAR = "/usr/share/java/zookeeper.jar";
/** The class path of Debian's zkEnv.sh. It has no slf4j binding, so Apache logs nothing here. */
export const APACHE_CLASS_PATH = `/etc/zookeeper/conf:${APACHE_JAR}`;
export const APACHE_MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

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
    return ["java", "-cp", APACHE_CLASS_PATH, APACHE_MAIN, configFile];
  }
  const profile = setup.cpuProfile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${setup.cpuProfile}`];
  const program = join(setup.repository, "dist/bin/zk-server.js");
  return [process.execPath, ...profile, program, "start-foreground", configFile];
}

/** A server that runs, ours or Apache's, with the same zoo.cfg. */
export class Subject {
  readonly name: SubjectName;
  readonly port: number;
  /** From spawning the process until the first session was open, in milliseconds. */
  readonly startMs: number;
  readonly #process: ServerProcess;

  private constructor(name: SubjectName, port: number, startMs: number, process: ServerProcess) {
    this.name = name;
    this.port = port;
    this.startMs = startMs;
    this.#process = process;
  }

  static async start(setup: SubjectSetup): Promise<Subject> {
    const dataDir = setup.dataDir ?? join(setup.directory, "data");
    mkdirSync(dataDir, { recursive: true });
    const port = await freePort();
    const configFile = join(setup.directory, "zoo.cfg");
    writeFileSync(configFile, zooCfg(dataDir, port));
    const spawnedAt = performance.now();
    const server = new ServerProcess(commandOf(setup, configFile), setup.directory);
    try {
      const readyAt = await awaitHandshake(port, () => server.isRunning);
      return new Subject(setup.name, port, readyAt - spawnedAt, server);
    } catch (error) {
      await server.kill();
      throw new Error(`${setup.name} did not start: ${(error as Error).message}\n${server.describe()}`);
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  memory(): ProcessMemory {
    return this.#process.memory();
  }

  settle(): Promise<void> {
    return settle([this.#process]);
  }

  stop(): Promise<void> {
    return this.#process.stop();
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
