import { NO_OPTIONS, type ShellCommand } from "../command.ts";
import { checkPath } from "../path-check.ts";

/** `getEphemerals [path]`: the ephemeral znodes of this session, of those below a path. */
export const getEphemerals: ShellCommand = {
  options: NO_OPTIONS,
  wordsMin: 0,
  async run(words, context) {
    const [prefix] = words.words;
    const paths = await context.client.ephemerals(prefix === undefined ? "/" : checkPath(prefix));
    context.out(`[${paths.join(", ")}]`);
    return { paths };
  },
};
