import { LITERAL_WORDS, type ShellCommand } from "../command.ts";

/** `connect [host:port]`: a new session, on the same servers when none are given. It does not wait for the connection. */
export const connect: ShellCommand = {
  options: LITERAL_WORDS,
  wordsMin: 0,
  async run(words, context) {
    await context.shell.connect(words.words[0]);
    return undefined;
  },
};
