import { createInterface } from "node:readline";
import type { Output } from "../output.ts";
import { awaitConnection } from "./await-connection.ts";
import { plainConsole } from "./console.ts";
import { Shell, type ShellOptions } from "./shell.ts";

/** Lines from a pipe or a file, one after the other, without a prompt and without an echo. */
export async function runPiped(
  options: Omit<ShellOptions, "console">,
  waitsForConnection: boolean,
  input: NodeJS.ReadableStream,
  output: Output,
): Promise<number> {
  const shell = new Shell({ ...options, console: plainConsole(output) });
  if (!options.isJson) output.out("Welcome to ZooKeeper!\nJLine support is disabled\n");
  shell.start();
  try {
    if (waitsForConnection) await awaitConnection(shell, options.timeoutMs);
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      await shell.line(line);
      if (shell.hasQuit) break;
    }
  } finally {
    await shell.end();
  }
  return shell.exitCode;
}
