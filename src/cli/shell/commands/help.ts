import { LITERAL_WORDS, type ShellCommand } from "../command.ts";

/** `help [command]`: the usage, on standard output. */
export const help: ShellCommand = {
  options: LITERAL_WORDS,
  wordsMin: 0,
  async run(words, context) {
    const lines = await context.shell.help(words.words[0]);
    for (const line of lines) context.out(line);
    return { usage: lines };
  },
};
