import { connectLazily } from "../../client/connect.ts";
import { ZooKeeperError } from "../../client/errors.ts";
import { type Output, processOutput } from "../output.ts";
import { awaitConnection } from "./await-connection.ts";
import { clientSettings } from "./client-settings.ts";
import { CommandError, ShellExit } from "./command-error.ts";
import type { OpenClient } from "./connection.ts";
import { plainConsole } from "./console.ts";
import { painter } from "./painter.ts";
import { type ProgramArguments, readArguments } from "./program-arguments.ts";
import { Shell, type ShellOptions } from "./shell.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** Where a call of the shell reads and writes. */
export interface ShellStreams {
  /** Read by a session only. */
  readonly input: NodeJS.ReadableStream;
  readonly output: Output;
  /** Whether somebody sits at both ends. */
  readonly isTerminal: boolean;
}

/** The process's own. One command reads nothing: getting hold of stdin would cost it 3 ms. */
function processStreams(): ShellStreams {
  return {
    get input() {
      return process.stdin;
    },
    output: processOutput,
    get isTerminal() {
      return process.stdout.isTTY === true && process.stdin.isTTY === true;
    },
  };
}

/** The shell, called with these words: one command, or a session. Resolves with the exit code. */
export async function runZkCli(
  words: readonly string[],
  variables: Variables,
  streams: ShellStreams = processStreams(),
): Promise<number> {
  const args = readArguments(words);
  try {
    if (args.isHelp) return await showHelp(streams.output);
    return await runShell(args, variables, streams);
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof ZooKeeperError)) throw error;
    streams.output.err(`${error.message}\n`);
    return error instanceof CommandError ? error.exitCode : ShellExit.failed;
  }
}

async function showHelp(output: Output): Promise<number> {
  const { helpText } = await import("./help-text.ts");
  output.out(helpText());
  return ShellExit.ok;
}

async function runShell(
  args: ProgramArguments,
  variables: Variables,
  streams: ShellStreams,
): Promise<number> {
  const { output } = streams;
  if (!args.isJson) output.out(`Connecting to ${args.server}\n`);
  const { options, timeoutMs } = await clientSettings(args, variables);
  const open: OpenClient = (connectString, log) => connectLazily(connectString, { ...options, log });
  const base = {
    server: args.server,
    timeoutMs,
    isJson: args.isJson,
    paint: painter(process.stdout.isTTY === true, variables),
    open,
  };
  if (args.command.length > 0) return runOnce(args, base, output);
  if (args.problem !== undefined) output.err(`${args.problem}\n`);
  if (streams.isTerminal) {
    const { runInteractive } = await import("./interactive.ts");
    return runInteractive(base, args.waitsForConnection, variables);
  }
  const { runPiped } = await import("./piped.ts");
  return runPiped(base, args.waitsForConnection, streams.input, output);
}

/** One command, the words as the caller's shell has split them. Ctrl-C ends it, and the session with it. */
async function runOnce(
  args: ProgramArguments,
  options: Omit<ShellOptions, "console">,
  output: Output,
): Promise<number> {
  const shell = new Shell({ ...options, console: plainConsole(output) });
  const interrupt = new AbortController();
  const abort = (): void => interrupt.abort();
  process.once("SIGINT", abort);
  shell.start();
  try {
    if (args.waitsForConnection) await awaitConnection(shell, options.timeoutMs);
    await shell.words(args.command, interrupt.signal);
  } finally {
    process.removeListener("SIGINT", abort);
    await shell.end();
  }
  return shell.exitCode;
}
