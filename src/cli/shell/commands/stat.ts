import type { ShellCommand } from "../command.ts";
import { CommandError, ShellExit } from "../command-error.ts";
import { errorText } from "../error-text.ts";
import { checkPath } from "../path-check.ts";
import { statJson, statLines } from "../stat-text.ts";

/** `stat [-w] path`: the stat block. A watch on a missing znode stays. */
export const stat: ShellCommand = {
  options: { rows: [{ name: "w", description: "watch" }] },
  wordsMin: 1,
  async run(words, context) {
    const [path = "", watchWord] = words.words;
    if (watchWord !== undefined)
      context.err("'stat path [watch]' has been deprecated. Please use 'stat [-w] path' instead.");
    const isWatching = words.has("w") || watchWord !== undefined;
    const found = await context.client.exists(
      checkPath(path),
      isWatching ? { watch: context.watcher("data", path) } : {},
    );
    if (found === null) throw new CommandError(errorText("NONODE", path), ShellExit.failed, "NONODE");
    for (const line of statLines(found)) context.out(line);
    return { path, stat: statJson(found) };
  },
};
