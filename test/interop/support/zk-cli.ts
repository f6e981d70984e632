import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { Changes } from "../../support/changes.ts";
import { peers } from "./peers.ts";

/** One line typed into zkCli, and how many watch events are expected because of it. */
export type CliStep = string | readonly [line: string, events: number];

export interface CliAnswer {
  readonly line: string;
  /** Everything printed, without the watcher blocks and what is of this run only. */
  readonly printed: readonly string[];
  /** `WatchedEvent …` lines, sorted: they come from another thread. */
  readonly events: readonly string[];
}

const PATIENCE_MS = 30_000;
const JAVA_OPTIONS = [
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
];
const MAIN = "org.apache.zookeeper.ZooKeeperMain";

/** Times, ports and versions become words. Zxids stay: two fresh servers spend the same ones. */
export function maskCli(line: string): string {
  return line
    .replace(/^([cm]time) = .*/, "$1 = T")
    .replace(/127\.0\.0\.1:\d+/g, "SERVER")
    .replace(/0x10[0-9a-f]{13}/g, "SESSION")
    .replace(/^Connecting to .*/, "Connecting to SERVER");
}

/** Apache's own zkCli, without the line editor. */
function apacheCommand(): readonly string[] {
  return ["java", ...JAVA_OPTIONS, "-cp", peers().zkCliClassPath, MAIN];
}

/** A zkCli, by default Apache's own (3.8, without the line editor), driven line by line. */
export class ZkCli {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #changes = new Changes();
  #isClosed = false;
  readonly exited: Promise<number | null>;

  private constructor(child: ChildProcess, output: Interface) {
    this.#child = child;
    output.on("line", (line) => {
      this.#lines.push(line);
      this.#changes.note();
    });
    this.exited = new Promise((resolve) => {
      child.once("close", (code) => {
        resolve(code);
        this.#changes.note();
      });
    });
  }

  /** Starts it and waits for the connection. Its stderr goes where its stdout goes, so the order is kept. */
  static async start(
    address: string,
    options: readonly string[] = [],
    command: readonly string[] = apacheCommand(),
  ): Promise<ZkCli> {
    const words = [...command, "-server", address, ...options];
    const child = spawn("sh", ["-c", 'exec "$@" 2>&1', "sh", ...words], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const cli = new ZkCli(child, createInterface({ input: child.stdout }));
    await cli.#until((lines) => lines.some((line) => /state:(SyncConnected|ConnectedReadOnly)/.test(line)));
    cli.#lines.length = 0;
    return cli;
  }

  async #until(isEnough: (lines: readonly string[]) => boolean): Promise<void> {
    const failure = (): string => `zkCli did not get that far:\n${this.#lines.join("\n")}`;
    const hasEnded = (): boolean => this.#child.exitCode !== null;
    await this.#changes.until(() => isEnough(this.#lines) || hasEnded(), PATIENCE_MS, failure);
    if (!isEnough(this.#lines)) throw new Error(failure());
  }

  /** Types a line and waits until it has been carried out and its events have come. */
  async type(step: CliStep): Promise<CliAnswer> {
    const [line, events] = typeof step === "string" ? [step, 0] : step;
    // Commands run one after the other: what `printwatches` prints ends what the line before it printed.
    const markers = line.trim() === "printwatches" ? 2 : 1;
    this.#child.stdin!.write(`${line}\nprintwatches\n`);
    const isMarker = (text: string): boolean => /^printwatches is (on|off)$/.test(text);
    const isEvent = (text: string): boolean => text.startsWith("WatchedEvent ");
    // Without a connection even `printwatches` is followed by a complaint.
    if (/^(close|connect)\b/.test(line)) this.#isClosed = line === "close";
    await this.#until((lines) => {
      const tail = lines.slice(lines.findLastIndex(isMarker) + 1);
      const isComplete = !this.#isClosed || tail.includes("Not connected");
      return isComplete && lines.filter(isMarker).length >= markers && lines.filter(isEvent).length >= events;
    });
    const lines = this.#lines.splice(0).map(maskCli);
    lines.splice(lines.findLastIndex(isMarker), 1);
    const isNoise = (text: string): boolean =>
      text === "WATCHER::" || isEvent(text) || (events > 0 && text === "");
    const printed = lines.filter((text) => !isNoise(text));
    return {
      line,
      // whoami shows a hash set.
      printed: line === "whoami" ? printed.sort() : printed,
      events: lines.filter(isEvent).sort(),
    };
  }

  /** Types `quit` and returns the exit code. */
  async quit(): Promise<number | null> {
    this.#child.stdin!.write("quit\n");
    return this.exited;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

export interface OneShot {
  readonly printed: readonly string[];
  readonly exitCode: number;
}

/** `zkCli.sh -server ADDRESS words…` of the Debian package, with what it prints on both streams. */
export function zkCliScript(address: string, words: readonly string[]): Promise<OneShot> {
  const script = "/usr/share/zookeeper/bin/zkCli.sh";
  return new Promise((resolve, reject) => {
    const args = ["-c", 'exec "$@" 2>&1', "sh", script, "-server", address, ...words];
    const env = { ...process.env, CLIENT_JVMFLAGS: "-XX:TieredStopAtLevel=1" };
    execFile("sh", args, { env, timeout: PATIENCE_MS }, (error, stdout) => {
      if (error !== null && typeof error.code !== "number") return reject(error);
      const lines = stdout.split("\n").map(maskCli);
      const isNoise = /^(SLF4J|log4j|WATCHER::|WatchedEvent .*type:None|$)/;
      resolve({ printed: lines.filter((line) => !isNoise.test(line)), exitCode: Number(error?.code ?? 0) });
    });
  });
}
