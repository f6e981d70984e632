import { LITERAL_WORDS, type ShellCommand } from "../command.ts";

/** `redo cmdno`: an earlier line again. Without a number it does nothing. */
export const redo: ShellCommand = {
  options: LITERAL_WORDS,
  wordsMin: 0,
  async run(words, context) {
    const [number] = words.words;
    if (number !== undefined) await context.shell.redo(number);
    return undefined;
  },
};
