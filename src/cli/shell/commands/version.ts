import { VERSION_TEXT } from "../../../base/version.ts";
import { NO_OPTIONS, type ShellCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";

/** `version`: of this shell. */
export const version: ShellCommand = {
  options: NO_OPTIONS,
  wordsMin: 0,
  async run(words, context) {
    if (words.words.length > 0) throw new CommandError("version ");
    context.out(`ZooKeeper CLI version: ${VERSION_TEXT}`);
    return { version: VERSION_TEXT };
  },
};
