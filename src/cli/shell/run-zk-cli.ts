import { connectLazily } from "../../client/connect.ts";
import { ZooKeeperError } from "../../client/errors.ts";
import { processOutput } from "../output.ts";
import { awaitConnection } from "./await-connection.ts";
import { clientSettings } from "./client-settings.ts";
import { CommandError, ShellExit } from "./command-error.ts";
import type { OpenClient } from "./connection.ts";
import { plainConsole } from "./console.ts";
import { painter } from "./painter.ts";
import { type ProgramArguments, readArguments } from "./program-arguments.ts";
import { Shell, type ShellOptions } from "./shell.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The shell, called with these words: one command, or a session. Resolves with the exit code. */
export async function runZkCli(words: readonly string[], variables: Variables): Promise<number> {
  const args = readArguments(words);
  try {
    if (args.isHelp) return await showHelp();
    return await runShell(args, variables);
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof ZooKeeperError)) throw error;
    processOutput.err(`${error.message}\n`);
    return error instanceof CommandError ? error.exitCode : ShellExit.failed;
  }
}

async function showHelp(): Promise<number> {
  const { helpText } = await import("./help-text.ts");
  processOutput.out(helpText());
  return ShellExit.ok;
}

async function runShell(args: ProgramArguments, variables: Variables): Promise<number> {
  if (!args.isJson) processOutput.out(`Connecting to ${args.server}\n`);
  const { options, timeoutMs } = await clientSettings(args, variables);
  const open: OpenClient = (connectString, log) => connectLazily(connectString, { ...options, log });
  const isTerminal = process.stdout.isTTY === true;
  const base = {
    server: args.server,
    timeoutMs,
    isJson: args.isJson,
    paint: painter(isTerminal, variables),
    open,
  };
  if (args.command.length > 0) return runOnce(args, base);
  if (args.problem !== undefined) processOutput.err(`${args.problem}\n`);
  if (isTerminal && process.stdin.isTTY === true) {
    const { runInteractive } = await import("./interactive.ts");
    return runInteractive(base, args.waitsForConnection, variables);
  }
  const { runPiped } = await import("./piped.ts");
  return runPiped(base, args.waitsForConnection);
}

/** One command, the words as the caller's shell has split them. Ctrl-C ends it, and the session with it. */
async function runOnce(args: ProgramArguments, options: Omit<ShellOptions, "console">): Promise<number> {
  const shell = new Shell({ ...options, console: plainConsole(processOutput) });
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  shell.start();
  try {
    if (args.waitsForConnection) await awaitConnection(shell, options.timeoutMs);
    await shell.words(args.command, interrupt.signal);
  } finally {
    await shell.end();
  }
  return shell.exitCode;
}
