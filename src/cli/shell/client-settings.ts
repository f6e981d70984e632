import { readFileSync } from "node:fs";
import type { ConnectOptions } from "../../client/options.ts";
import { CommandError, ShellExit } from "./command-error.ts";
import type { ProgramArguments } from "./program-arguments.ts";

/** How the shell's clients connect, from the words of the call and the environment. Properties are read when there are any. */
export async function clientSettings(
  args: ProgramArguments,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly options: ConnectOptions; readonly timeoutMs: number }> {
  const timeoutMs = readTimeout(args.timeoutText);
  const options: ConnectOptions = {
    sessionTimeoutMs: timeoutMs,
    readOnly: args.allowsReadOnly ? "allowed" : "refused",
    afterExpiry: "end",
    // A person at the prompt waits: attempts follow each other quickly.
    backoff: { initialMs: 50, maxMs: 2000 },
  };
  const flags = [variables.CLIENT_JVMFLAGS, variables.JVMFLAGS].filter((text) => text?.includes("-D"));
  if (args.clientConfiguration === undefined && flags.length === 0) return { options, timeoutMs };
  const { clientProperties } = await import("./client-properties.ts");
  const file =
    args.clientConfiguration === undefined ? undefined : readConfiguration(args.clientConfiguration);
  return { options: { ...options, ...clientProperties(file, flags.join(" ")) }, timeoutMs };
}

function readTimeout(text: string): number {
  const timeoutMs = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (timeoutMs < 1 || timeoutMs > 0x7fff_ffff)
    throw new CommandError(`-timeout must be a number of milliseconds, 1 ... 2147483647, not "${text}"`);
  return timeoutMs;
}

function readConfiguration(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`;
    throw new CommandError(`Error while processing ${file}: ${reason}`, ShellExit.badConfiguration);
  }
}
