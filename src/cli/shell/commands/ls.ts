import type { CommandContext, ShellCommand } from "../command.ts";
import { CommandError, ShellExit } from "../command-error.ts";
import { errorText } from "../error-text.ts";
import type { ParsedWords } from "../option-parser.ts";
import { checkPath } from "../path-check.ts";
import { statJson, statLines } from "../stat-text.ts";
import { byCodeUnit, inParallel, listings, walk } from "../walk.ts";

const HELP = ["usage: ls [options] path", " -?   help", " -R   recurse", " -s   stat", " -w   watch"];

/** `ls [-s] [-w] [-R] path`: the names below a znode, sorted; `-R` the whole subtree, one path per line. */
export const ls: ShellCommand = {
  options: {
    rows: [
      { name: "?", description: "help" },
      { name: "s", description: "stat" },
      { name: "w", description: "watch" },
      { name: "R", description: "recurse" },
    ],
  },
  wordsMin: 1,
  async run(words, context) {
    if (words.has("?")) for (const line of HELP) context.out(line);
    if (words.words.length > 1) {
      context.err("'ls path [watch]' has been deprecated. Please use 'ls [-w] path' instead.");
    }
    const isWatching = words.has("w") || words.words.length > 1;
    return list(words, context, isWatching, words.has("s"));
  },
};

/** What `ls` and `ls2` have in common. */
export async function list(
  words: ParsedWords,
  context: CommandContext,
  isWatching: boolean,
  withStat: boolean,
): Promise<unknown> {
  const path = checkPath(words.words[0]!);
  if (words.has("R")) return listAll(path, context, isWatching);
  const { children, stat } = await context.client.children(
    path,
    isWatching ? { watch: context.watcher("children", path) } : {},
  );
  children.sort(byCodeUnit);
  context.out(`[${children.join(", ")}]`);
  if (withStat) for (const line of statLines(stat)) context.out(line);
  return { path, children, ...(withStat ? { stat: statJson(stat) } : {}) };
}

/** With a watch: data and child watches on every znode of the subtree, as Apache sets them. */
async function listAll(path: string, context: CommandContext, isWatching: boolean): Promise<unknown> {
  const watching = isWatching ? { watch: (at: string) => context.watcher("children", at) } : {};
  const denied = new Set<string>();
  const onDenied = (at: string): void => void denied.add(at);
  const met = await walk(context.client, path, { signal: context.signal, onDenied, ...watching });
  if (isWatching) {
    await inParallel(met.keys(), async (at) => {
      await context.client.exists(at, { watch: context.watcher("data", at) });
    });
  }
  const listed = [path];
  context.out(path);
  for (const { path: at, paths } of listings(met, path)) {
    // As far as Apache's shell comes, which lists as it goes.
    if (denied.has(at)) throw new CommandError(errorText("NOAUTH", at), ShellExit.failed, "NOAUTH");
    for (const child of paths) context.out(child);
    listed.push(...paths);
  }
  return { path, paths: listed };
}
