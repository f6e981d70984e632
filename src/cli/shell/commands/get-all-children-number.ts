import { NO_OPTIONS, type ShellCommand } from "../command.ts";
import { checkPath } from "../path-check.ts";

/** `getAllChildrenNumber path`: how many znodes there are below one. */
export const getAllChildrenNumber: ShellCommand = {
  options: NO_OPTIONS,
  wordsMin: 1,
  async run(words, context) {
    const path = checkPath(words.words[0]!);
    const count = await context.client.countDescendants(path);
    context.out(String(count));
    return { path, count };
  },
};
