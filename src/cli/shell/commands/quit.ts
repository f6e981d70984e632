import { LITERAL_WORDS, type ShellCommand } from "../command.ts";

/** `quit` and `exit`: closes the session and ends the shell. */
export const quit: ShellCommand = {
  options: LITERAL_WORDS,
  wordsMin: 0,
  async run(_words, context) {
    await context.shell.quit();
    return undefined;
  },
};
