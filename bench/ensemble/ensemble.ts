import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fourLetterWord } from "../../test/support/apache.ts";
import { prepareMember, type ServerLine, serverLines } from "../../test/support/ensemble/ensemble-files.ts";
import { freePort } from "../../test/support/free-port.ts";
import type { SubjectName } from "../options.ts";
import { ServerProcess, settle } from "../server-process.ts";

const SIZE = 3;
const SERVING_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 50;
const MIB = 1024 * 1024;

export interface EnsembleSetup {
  readonly name: SubjectName;
  readonly directory: string;
  /** `tickTime`, in ms. */
  readonly tickTimeMs: number;
  /** The command line of a server with this configuration file. */
  readonly command: (configFile: string) => string[];
}

interface Member {
  readonly line: ServerLine;
  readonly directory: string;
  readonly configFile: string;
  process: ServerProcess;
}

/** Three servers of one kind on this machine, with a configuration and three data directories as their users would give them. */
export class Ensemble {
  readonly name: SubjectName;
  readonly #command: (configFile: string) => string[];
  readonly #members: readonly Member[];

  private constructor(setup: EnsembleSetup, lines: readonly ServerLine[]) {
    this.name = setup.name;
    this.#command = setup.command;
    this.#members = lines.map((line) => {
      const directory = join(setup.directory, `server-${line.sid}`);
      mkdirSync(directory, { recursive: true });
      const dataDir = prepareMember(directory, line.sid);
      const configFile = join(directory, "zoo.cfg");
      writeFileSync(configFile, zooCfg(dataDir, line.client, setup.tickTimeMs, lines));
      return { line, directory, configFile, process: this.#spawn(configFile, directory) };
    });
  }

  /** Resolves when all three serve. */
  static async start(setup: EnsembleSetup): Promise<Ensemble> {
    const lines: ServerLine[] = [];
    for (let sid = 1; sid <= SIZE; sid++) {
      const ports = { client: await freePort(), quorum: await freePort(), election: await freePort() };
      lines.push({ sid, role: "participant", ...ports });
    }
    const ensemble = new Ensemble(setup, lines);
    try {
      await ensemble.awaitServing();
    } catch (error) {
      await ensemble.stop();
      throw error;
    }
    return ensemble;
  }

  #spawn(configFile: string, directory: string): ServerProcess {
    return new ServerProcess(this.#command(configFile), directory);
  }

  get ports(): number[] {
    return this.#members.map(({ line }) => line.client);
  }

  get pids(): number[] {
    return this.#members.map(({ process }) => process.pid);
  }

  /** Resident memory of all three, in MiB. */
  get residentMib(): number {
    return this.#members.reduce((sum, { process }) => sum + process.memory().rssBytes, 0) / MIB;
  }

  async leader(): Promise<{ port: number; pid: number }> {
    const modes = await this.#modes();
    const { line, process } = this.#members[modes.indexOf("leader")]!;
    return { port: line.client, pid: process.pid };
  }

  async #modes(): Promise<(string | undefined)[]> {
    const answers = this.ports.map((port) => fourLetterWord(port, "srvr", 1000).catch(() => ""));
    return (await Promise.all(answers)).map((answer) => /^Mode: (\S+)/m.exec(answer)?.[1]);
  }

  async awaitServing(): Promise<void> {
    const deadline = performance.now() + SERVING_TIMEOUT_MS;
    for (;;) {
      const modes = await this.#modes();
      if (modes.every((mode) => mode === "leader" || mode === "follower") && modes.includes("leader")) return;
      const ended = this.#members.find(({ process }) => !process.isRunning);
      if (ended !== undefined || performance.now() > deadline) {
        const logs = this.#members.map(({ process }) => process.describe());
        throw new Error(`an ensemble of ${this.name} does not serve\n${logs.join("\n")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Starts the server that was killed again, and resolves when all three serve. */
  async restore(): Promise<void> {
    for (const member of this.#members) {
      if (!member.process.isRunning) member.process = this.#spawn(member.configFile, member.directory);
    }
    await this.awaitServing();
  }

  settle(): Promise<void> {
    return settle(this.#members.map(({ process }) => process));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map(({ process }) => process.stop()));
  }
}

/** What both sides are given. Everything else is their default: fsync is on, snapCount is 100,000. */
function zooCfg(dataDir: string, port: number, tickTimeMs: number, lines: readonly ServerLine[]): string {
  const settings = {
    tickTime: tickTimeMs,
    initLimit: 10,
    syncLimit: 5,
    maxSessionTimeout: 60_000,
    dataDir,
    clientPort: port,
    clientPortAddress: "127.0.0.1",
    maxClientCnxns: 0,
    "admin.enableServer": false,
    ...serverLines(lines),
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}
