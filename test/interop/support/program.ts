import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Subject } from "../../support/apache.ts";

export interface ProgramResult {
  /** What it printed on stdout, line by line, without the requests to the caller. */
  readonly lines: readonly string[];
  readonly exitCode: number | null;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** The native npm client reports every attempt to reconnect; how many there are depends on the moment. */
const NOISE = /^yield:zookeeper_process returned an error: -4 /;

/**
 * Apache forgets a connection that arrives while it starts, and some clients wait for an answer for ever; so the
 * client sleeps meanwhile. Ours must serve whoever it accepts, so there the client may knock at any time.
 */
async function restart(subject: Subject, client: ChildProcess, isCrash: boolean): Promise<void> {
  const isForgetful = subject.kind !== "menagerie";
  if (isForgetful) client.kill("SIGSTOP");
  await (isCrash ? subject.kill() : subject.stop());
  await subject.start();
  if (isForgetful) client.kill("SIGCONT");
}

/**
 * Runs a client program against a subject until it ends. A line `@restart` of the program crashes the server (SIGKILL)
 * and starts it again on the same port and data, `@stop-start` does it in good order; an empty line on stdin answers.
 */
export async function runProgram(
  command: readonly string[],
  subject: Subject,
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const child = spawn(command[0]!, command.slice(1), { env: { ...process.env, ...options.env } });
  const onExit = (): boolean => child.kill("SIGKILL");
  process.once("exit", onExit);
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 90_000);
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "@restart" || line === "@stop-start") {
      await restart(subject, child, line === "@restart");
      child.stdin.write("\n");
    } else if (!NOISE.test(line)) {
      lines.push(line);
    }
  }
  const exitCode = await exited;
  clearTimeout(timer);
  process.off("exit", onExit);
  return { lines, exitCode, stderr };
}
