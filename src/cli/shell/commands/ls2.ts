import type { ShellCommand } from "../command.ts";
import { list } from "./ls.ts";

/** `ls2 path [watch]`: the spelling of 3.4 for `ls -s`. */
export const ls2: ShellCommand = {
  options: { rows: [{ name: "w", description: "watch" }] },
  wordsMin: 1,
  run(words, context) {
    context.err("'ls2' has been deprecated. Please use 'ls [-s] path' instead.");
    return list(words, context, words.has("w") || words.words.length > 1, true);
  },
};
