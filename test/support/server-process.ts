import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { Checkout } from "./checkout.ts";

const MAIN_CLASS = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

let checkout: Promise<Checkout> | undefined;

/** The sources as they are now, bundled for child processes; once per test file. */
export async function serverProgram(): Promise<string> {
  checkout ??= Checkout.create();
  return (await checkout).path("dist/bin/zk-server.js");
}

/** For afterAll. */
export async function removeServerProgram(): Promise<void> {
  (await checkout)?.remove();
  checkout = undefined;
}

export interface ServerProcessOptions {
  /** Words of JVMFLAGS. */
  readonly flags?: readonly string[];
  /** Shell commands to run in the process before it becomes the server (`ulimit …`). */
  readonly prelude?: string;
}

/** A server in a process of its own, as `zkServer.sh start-foreground` runs it. */
export class ServerProcess {
  readonly child: ChildProcess;
  output = "";
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;

  private constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on("data", (chunk) => {
      this.output += chunk;
    });
    child.stderr?.on("data", (chunk) => {
      this.output += chunk;
    });
    this.exited = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  }

  /** Starts one; resolves as soon as the process exists. `args` are those of Apache's main class. */
  static async spawn(args: readonly string[], options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const words = [process.execPath, await serverProgram(), ...(options.flags ?? []), MAIN_CLASS, ...args];
    const shell = `${options.prelude ?? ":"}; exec "$@"`;
    const child = spawn("bash", ["-c", shell, "server", ...words], { stdio: ["ignore", "pipe", "pipe"] });
    await once(child, "spawn");
    return new ServerProcess(child);
  }

  /** Starts one and resolves when it answers on `port`. */
  static async start(
    port: number,
    dataDir: string,
    options: ServerProcessOptions = {},
  ): Promise<ServerProcess> {
    const server = await ServerProcess.spawn([String(port), dataDir, "2000"], options);
    await server.untilListening(port);
    return server;
  }

  async untilListening(port: number): Promise<void> {
    let hasEnded = false;
    void this.exited.then(() => {
      hasEnded = true;
    });
    while (!(await accepts(port))) {
      if (hasEnded) throw new Error(`the server has ended:\n${this.output}`);
    }
  }

  async kill(signal: NodeJS.Signals): Promise<number | string> {
    this.child.kill(signal);
    return this.exited;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    const done = (isAccepted: boolean): void => {
      socket.destroy();
      // A turn between two attempts is all the waiting there is: the attempt itself is a round trip to the kernel.
      setImmediate(() => resolve(isAccepted));
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}
