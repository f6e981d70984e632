import { NO_OPTIONS, type ShellCommand } from "../command.ts";

/** `close`: ends the session; the shell goes on without one. */
export const close: ShellCommand = {
  options: NO_OPTIONS,
  wordsMin: 0,
  async run(_words, context) {
    await context.shell.close();
    return { closed: true };
  },
};
