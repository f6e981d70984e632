import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ProcessMemory, processCpuSeconds, processMemory } from "./proc.ts";

const STOP_TIMEOUT_MS = 60_000;
/** A server that uses less than this in 100 ms has nothing to do: one clock tick. */
const QUIET_CPU_SECONDS = 0.011;

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A server's process; what it prints is in `server.log` of its directory. */
export class ServerProcess {
  readonly #command: readonly string[];
  readonly #child: ChildProcess;
  readonly #logFile: string;

  constructor(command: readonly string[], directory: string) {
    this.#command = command;
    this.#logFile = join(directory, "server.log");
    const log = openSync(this.#logFile, "a");
    this.#child = spawn(command[0]!, command.slice(1), {
      cwd: directory,
      env: { ...process.env, ZOO_LOG_DIR: directory },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    running.add(this.#child);
    this.#child.once("exit", () => running.delete(this.#child));
    this.#child.once("error", () => running.delete(this.#child));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Its command line and the end of what it printed. */
  describe(): string {
    const tail = existsSync(this.#logFile) ? readFileSync(this.#logFile, "utf8").slice(-3000) : "";
    return `${this.#command.join(" ")}\n${tail}`;
  }

  memory(): ProcessMemory {
    return processMemory(this.pid);
  }

  /** SIGTERM, then SIGKILL after a minute. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}

/** Waits until each server has had next to nothing to do for half a second: snapshots, compilers, collectors. */
export async function settle(servers: readonly ServerProcess[], timeoutMs = 60_000): Promise<void> {
  const cpuOf = (): number[] => servers.map(({ pid }) => processCpuSeconds(pid));
  const deadline = performance.now() + timeoutMs;
  let quietFor = 0;
  let before = cpuOf();
  while (quietFor < 5 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = cpuOf();
    const isQuiet = now.every((cpu, i) => cpu - before[i]! <= QUIET_CPU_SECONDS);
    quietFor = isQuiet ? quietFor + 1 : 0;
    before = now;
  }
}
