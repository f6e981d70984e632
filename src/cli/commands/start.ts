import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { openOutFile } from "../out-file.ts";
import { isZooKeeper, pidFileOf, readPid, removePidFile, writePid } from "../pid-file.ts";
import { READY_DESCRIPTOR, READY_DESCRIPTOR_VARIABLE } from "../readiness.ts";
import type { ScriptEnvironment } from "../script-environment.ts";
import { programWords, serverWords } from "../server-command.ts";
import type { ServerVerb } from "../server-verb.ts";

/** A server that lives but is not ready by then has much to recover; Apache's script looks after one second. */
const PATIENCE_MS = 10_000;

/** Lines of the server's output that are shown when it did not come up. */
const SHOWN_LINES = 8;

/**
 * `zkServer.sh start`: a server in the background. Returns as soon as it serves or has died; Apache's script waits one
 * second either way.
 */
export const start: ServerVerb = async ({ environment, output }) => {
  output.out("Starting zookeeper ... ");
  const pidFile = pidFileOf(environment);
  const running = readPid(pidFile);
  if (running !== undefined && isZooKeeper(running)) {
    output.out(`already running as process ${running}.\n`);
    return 1;
  }
  let outDescriptor: number;
  try {
    outDescriptor = openOutFile(environment);
  } catch (error) {
    output.out("FAILED TO START\n");
    output.err(`${(error as Error).message}. Set ZOO_LOG_DIR to a directory that can be written.\n`);
    return 1;
  }
  const server = launch(environment, outDescriptor);
  try {
    await launched(server);
    writePid(pidFile, server.pid ?? 0);
  } catch (error) {
    await end(server);
    output.out("FAILED TO WRITE PID\n");
    output.err(`${(error as Error).message}\n`);
    return 1;
  }
  if (await cameUp(server)) {
    output.out("STARTED\n");
    return 0;
  }
  removePidFile(pidFile);
  output.out("FAILED TO START\n");
  output.err(`${lastLines(environment.outFile)}see ${environment.outFile}\n`);
  return 1;
};

function launch(environment: ScriptEnvironment, outDescriptor: number): ChildProcess {
  const [program = process.execPath, ...words] = [...programWords(environment), ...serverWords(environment)];
  const server = spawn(program, words, {
    // A session of its own: the server outlives the terminal.
    detached: true,
    stdio: ["ignore", outDescriptor, outDescriptor, "pipe"],
    env: { ...process.env, [READY_DESCRIPTOR_VARIABLE]: String(READY_DESCRIPTOR) },
  });
  closeSync(outDescriptor);
  return server;
}

function launched(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("spawn", resolve);
    server.once("error", reject);
  });
}

/** Resolves when it has ended, if it ever was: whoever is told that there is no server may start another one at once. */
async function end(server: ChildProcess): Promise<void> {
  if (!server.kill()) return;
  await new Promise((resolve) => server.once("exit", resolve));
}

/** True when the server says it is ready, or lives on beyond our patience; false when it ends before. */
function cameUp(server: ChildProcess): Promise<boolean> {
  const readiness = server.stdio[READY_DESCRIPTOR] as Readable;
  return new Promise((resolve) => {
    const decide = (isUp: boolean): void => {
      clearTimeout(timeout);
      readiness.destroy();
      server.unref();
      resolve(isUp);
    };
    const timeout = setTimeout(() => decide(true), PATIENCE_MS);
    readiness.once("data", () => decide(true));
    server.once("exit", () => decide(false));
  });
}

function lastLines(path: string): string {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(-SHOWN_LINES);
  return lines.map((line) => `  ${line}\n`).join("");
}
