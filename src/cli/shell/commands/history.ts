import { LITERAL_WORDS, type ShellCommand } from "../command.ts";

/** `history`: the last eleven lines with their numbers. */
export const history: ShellCommand = {
  options: LITERAL_WORDS,
  wordsMin: 0,
  async run(_words, context) {
    const lines = context.shell.recentLines();
    for (const { number, text } of lines) context.out(`${number} - ${text ?? "null"}`);
    return lines.map(({ number, text }) => ({ number, text: text ?? null }));
  },
};
