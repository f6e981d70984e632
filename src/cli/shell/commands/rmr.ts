import type { ShellCommand } from "../command.ts";
import { deleteAll, removeSubtree } from "./delete-all.ts";

/** `rmr path`: the spelling of 3.4 for `deleteall`. */
export const rmr: ShellCommand = {
  options: deleteAll.options,
  wordsMin: 1,
  run(words, context) {
    context.err("The command 'rmr' has been deprecated. Please use 'deleteall' instead.");
    return removeSubtree(words, context);
  },
};
