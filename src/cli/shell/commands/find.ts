import { nameOf } from "../../../protocol/path.ts";
import type { ShellCommand } from "../command.ts";
import { dataText } from "../data-text.ts";
import { LEVELS_OPTION, readLevels } from "../levels.ts";
import { checkPath } from "../path-check.ts";
import type { ShellClient } from "../shell-client.ts";
import { inParallel, levelOrder, walk } from "../walk.ts";

/** `find path [-name pattern] [-data text] [-L levels] [-e]`: the znodes for which all conditions hold, one per line. */
export const find: ShellCommand = {
  options: {
    rows: [
      { name: "name", description: "pattern of the name: * any characters, ? one", hasValue: true },
      { name: "data", description: "text that the data contains", hasValue: true },
      LEVELS_OPTION,
      { name: "e", description: "ephemeral znodes only" },
    ],
  },
  wordsMin: 1,
  async run(words, context) {
    const root = checkPath(words.words[0]!);
    const depthMax = readLevels(words.value("L")) ?? Number.POSITIVE_INFINITY;
    const onDenied = (path: string): void => context.err(`${path}: not readable`);
    const met = await walk(context.client, root, { depthMax, onDenied, signal: context.signal });
    const pattern = words.value("name");
    const name = pattern === undefined ? undefined : globPattern(pattern);
    const named = levelOrder(met, root).filter((path) => name === undefined || name.test(nameOf(path)));
    const text = words.value("data");
    const kept = new Set<string>();
    await inParallel(named, async (path) => {
      context.signal.throwIfAborted();
      if (await holds(context.client, path, text, words.has("e"))) kept.add(path);
    });
    const paths = named.filter((path) => kept.has(path));
    for (const path of paths) context.out(path);
    return { path: root, paths };
  },
};

/** `*` any characters, `?` one; the whole name. */
export function globPattern(pattern: string): RegExp {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${escaped}$`, "s");
}

async function holds(
  client: ShellClient,
  path: string,
  text: string | undefined,
  isEphemeralOnly: boolean,
): Promise<boolean> {
  if (isEphemeralOnly) {
    const stat = await client.exists(path);
    if (stat === null || stat.ephemeralOwner.isZero()) return false;
  }
  if (text === undefined) return true;
  const found = await client.get(path).catch(() => undefined);
  return found !== undefined && found.data !== null && dataText(found.data).includes(text);
}
