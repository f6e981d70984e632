/** Exit codes of the shell (command-line 2.6). */
export const ShellExit = { ok: 0, failed: 1, badConfiguration: 2, unknownCommand: 127 } as const;

/** A command could not be carried out: its message goes to standard error, its code becomes the exit code. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;
  /** ZooKeeper's name of what went wrong (`NONODE`, …) where there is one; for `--json`. */
  readonly code: string | undefined;

  constructor(message: string, exitCode: number = ShellExit.failed, code?: string) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
  }
}
