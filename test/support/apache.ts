import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "./free-port.ts";

/** Which server a suite talks to: ours, or a real Apache ZooKeeper of that line. */
export type SubjectKind = "menagerie" | "apache-3.8" | "apache-3.9";

export interface SubjectOptions {
  /** Keys of zoo.cfg beside dataDir and clientPort; they win over the defaults below. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** Java system properties (`jute.maxbuffer`, `zookeeper.*`): -D for Apache, SERVER_JVMFLAGS for ours. */
  readonly systemProperties?: Readonly<Record<string, string>>;
  /** Default: a fresh temporary directory, removed by {@link Subject.dispose}. */
  readonly dataDir?: string;
  /**
   * Where zoo.cfg and the log are; default: a fresh temporary directory, removed by {@link Subject.dispose}. A zoo.cfg that
   * is there already is kept: the server that ran before may have written it (reconfig).
   */
  readonly directory?: string;
  /** Our server program (for kind "menagerie"); default: the one that is built, or what INTEROP_SERVER names. */
  readonly program?: string;
  /** Default: one that is free right now. */
  readonly port?: number;
  /** How long the server may take until it answers `srvr`, in milliseconds. */
  readonly readyTimeoutMs?: number;
}

const REPOSITORY = resolve(import.meta.dirname, "../..");

/** Our server program; INTEROP_SERVER names another build of it. */
const OUR_SERVER = process.env.INTEROP_SERVER ?? join(REPOSITORY, "dist/bin/zk-server.js");
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;

const CONFIG_DEFAULTS = { tickTime: 2000, "admin.enableServer": false, "4lw.commands.whitelist": "*" };

/** Where scripts/interop.mjs put the peers; absent before its first run. */
function peersFile(): { apache38ClassPath?: string; apache39ClassPath?: string } {
  const file = join(REPOSITORY, ".cache/interop/peers.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}

function classPath(kind: "apache-3.8" | "apache-3.9"): string {
  const debian = "/usr/share/java/zookeeper.jar";
  if (kind === "apache-3.8" && existsSync(debian)) return `${debian}:/usr/share/java/slf4j-simple.jar`;
  const installed = kind === "apache-3.9" ? peersFile().apache39ClassPath : undefined;
  if (installed === undefined) {
    throw new Error(`${kind} is not installed; run: npm run test:interop -- --install-only`);
  }
  return installed;
}

function javaCommand(kind: "apache-3.8" | "apache-3.9", configFile: string, flags: string[]): string[] {
  const options = [
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.net.preferIPv4Stack=true",
  ];
  const main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
  return ["java", ...options, ...flags, "-cp", classPath(kind), main, configFile];
}

export { freePort };

/** A test run that is killed takes its servers along, where the system can do that. */
const WITH_ITS_PARENT = existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL"] : [];

/** Servers that still run; a test run that is cut short must not leave them behind. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Sends a four-letter word and returns the whole answer; rejects when nobody listens or the server says nothing for
 * `patienceMs` (Apache forgets a connection that arrives while it is starting).
 */
export function fourLetterWord(
  port: number,
  word: string | Uint8Array,
  patienceMs = 10_000,
): Promise<string> {
  return new Promise((resolveAnswer, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.setTimeout(patienceMs, () => socket.destroy(new Error(`no answer from port ${port}`)));
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(word));
    socket.on("data", (chunk: string) => {
      answer += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => resolveAnswer(answer));
  });
}

/** A running server process, ours or Apache's, alone on its port and data directory. */
export class Subject {
  readonly kind: SubjectKind;
  readonly port: number;
  readonly dataDir: string;
  readonly configFile: string;
  readonly logFile: string;
  readonly #options: SubjectOptions;
  readonly #directory: string;
  readonly #isOwnDirectory: boolean;
  #process: ChildProcess | undefined;

  constructor(kind: SubjectKind, options: SubjectOptions, port: number) {
    this.kind = kind;
    this.#options = options;
    this.port = port;
    this.#isOwnDirectory = options.directory === undefined;
    this.#directory = options.directory ?? mkdtempSync(join(tmpdir(), `interop-${kind}-`));
    this.dataDir = options.dataDir ?? join(this.#directory, "data");
    this.configFile = join(this.#directory, "zoo.cfg");
    this.logFile = join(this.#directory, "server.log");
    mkdirSync(this.dataDir, { recursive: true });
    if (existsSync(this.configFile)) return;
    const config = { ...CONFIG_DEFAULTS, ...options.config, dataDir: this.dataDir, clientPort: port };
    const lines = Object.entries(config).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(this.configFile, lines.join(""));
  }

  /** `host:port` for clients. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error(`${this.kind} is not running`);
    return pid;
  }

  /** What the server wrote to its log so far. */
  log(): string {
    return readFileSync(this.logFile, "utf8");
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** Starts the process and resolves when it answers `srvr` as a serving server. */
  async start(): Promise<void> {
    this.launch();
    await this.#awaitReady();
  }

  /** Starts the process and waits for nothing: a member of an ensemble serves when a quorum runs. */
  launch(): void {
    if (this.#process !== undefined) throw new Error(`${this.kind} runs already`);
    const flags = Object.entries(this.#options.systemProperties ?? {}).map(([k, v]) => `-D${k}=${v}`);
    const ours = [process.execPath, this.#options.program ?? OUR_SERVER, "start-foreground", this.configFile];
    const command = this.kind === "menagerie" ? ours : javaCommand(this.kind, this.configFile, flags);
    const log = openSync(this.logFile, "a");
    const words = [...WITH_ITS_PARENT, ...command];
    const child = spawn(words[0]!, words.slice(1), {
      cwd: this.#directory,
      env: { ...process.env, ZOO_LOG_DIR: this.#directory, SERVER_JVMFLAGS: flags.join(" "), JVMFLAGS: "" },
      stdio: ["ignore", log, log],
    });
    this.#process = child;
    running.add(child);
    child.once("exit", () => {
      running.delete(child);
      if (this.#process === child) this.#process = undefined;
    });
  }

  async #awaitReady(): Promise<void> {
    const deadline = Date.now() + (this.#options.readyTimeoutMs ?? READY_TIMEOUT_MS);
    while (this.#process !== undefined) {
      const answer = await fourLetterWord(this.port, "srvr", 500).catch(() => "");
      if (answer.includes("Mode: ")) return;
      if (Date.now() > deadline) {
        await this.kill();
        throw new Error(`${this.kind} was not ready in time\n${this.log().slice(-4000)}`);
      }
      await new Promise((next) => setTimeout(next, 25));
    }
    throw new Error(`${this.kind} ended while starting\n${this.log().slice(-4000)}`);
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const exited = once(child, "exit");
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
    this.#process = undefined;
  }

  /** Orderly end: SIGTERM, and SIGKILL after 15 s. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** As a crash: SIGKILL. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** The process stands still, as in a long pause of its machine; its connections stay. */
  pause(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  resume(): void {
    process.kill(this.pid, "SIGCONT");
  }

  /** Kills what still runs and removes the temporary files (not a dataDir or directory that was given). */
  async dispose(): Promise<void> {
    await this.kill();
    if (!this.#isOwnDirectory) return;
    if (process.env.INTEROP_KEEP === undefined) rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Starts a server and waits until it serves. Call {@link Subject.dispose} at the end. */
export async function startSubject(kind: SubjectKind, options: SubjectOptions = {}): Promise<Subject> {
  const subject = new Subject(kind, options, options.port ?? (await freePort()));
  try {
    await subject.start();
  } catch (error) {
    await subject.dispose();
    throw error;
  }
  return subject;
}
