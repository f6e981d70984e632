import { NO_OPTIONS, type ShellCommand } from "../command.ts";

/** `quit` and `exit`: closes the session and ends the shell. */
export const quit: ShellCommand = {
  options: NO_OPTIONS,
  wordsMin: 0,
  async run(_words, context) {
    await context.shell.quit();
    return undefined;
  },
};
