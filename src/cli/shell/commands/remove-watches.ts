import type { WatchKind } from "../../../client/types.ts";
import type { ShellCommand } from "../command.ts";
import { checkPath } from "../path-check.ts";

const KINDS: readonly (readonly [string, WatchKind])[] = [
  ["c", "children"],
  ["d", "data"],
  ["p", "persistent"],
  ["r", "persistent-recursive"],
];

/** `removewatches path [-c|-d|-p|-r|-a] [-l]`: all watches of a kind on a path; `-l` also without a connection. */
export const removeWatches: ShellCommand = {
  options: {
    rows: [
      { name: "c", description: "child watcher type" },
      { name: "d", description: "data watcher type" },
      { name: "p", description: "persistent watcher type" },
      { name: "r", description: "persistent recursive watcher type" },
      { name: "a", description: "any watcher type" },
      { name: "l", description: "remove locally when there is no server connection" },
    ],
  },
  wordsMin: 1,
  async run(words, context) {
    const path = checkPath(words.words[0]!);
    const kind = KINDS.find(([name]) => words.has(name))?.[1] ?? "any";
    await context.shell.removeWatches(path, kind, words.has("l"));
    return { path, kind };
  },
};
