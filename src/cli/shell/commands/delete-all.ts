import { KeeperError } from "../../../client/errors.ts";
import type { CommandContext, ShellCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { ParsedWords } from "../option-parser.ts";
import { checkPath } from "../path-check.ts";
import type { ShellClient } from "../shell-client.ts";
import { inParallel, walk } from "../walk.ts";

const BATCH_DEFAULT = 1000;

/** `deleteall path [-b batch size]`: a znode and everything below it, leaves first. */
export const deleteAll: ShellCommand = {
  options: { rows: [{ name: "b", description: "batch size", hasValue: true }] },
  wordsMin: 1,
  run: removeSubtree,
};

/** What `deleteall` and `rmr` have in common. */
export async function removeSubtree(words: ParsedWords, context: CommandContext): Promise<unknown> {
  const text = words.value("b") ?? String(BATCH_DEFAULT);
  if (!/^[+-]?\d{1,9}$/.test(text)) throw new CommandError("-b argument must be an int value");
  const root = checkPath(words.words[0]!);
  const met = await walk(context.client, root, { signal: context.signal });
  const depths: string[][] = [];
  for (const { path, depth } of met.values()) (depths[depth] ??= []).push(path);
  let failed = 0;
  const size = Math.max(1, Number(text));
  for (const paths of depths.reverse()) {
    await inParallel(batches(paths, size), async (batch) => {
      failed += await removeBatch(context.client, batch);
    });
  }
  if (failed > 0) context.err("Failed to delete some node(s) in the subtree!");
  return { path: root, deleted: met.size - failed, failed };
}

function* batches(paths: readonly string[], size: number): Iterable<string[]> {
  for (let at = 0; at < paths.length; at += size) yield paths.slice(at, at + size);
}

/** Returns how many are left. A batch fails as a whole: what refuses to go then stands alone. */
async function removeBatch(client: ShellClient, paths: readonly string[]): Promise<number> {
  try {
    if (paths.length === 1) await client.delete(paths[0]!);
    else await client.multi(paths.map((path) => ({ type: "delete", path }) as const));
    return 0;
  } catch (error) {
    if (!(error instanceof KeeperError)) throw error;
    if (error.code === "NONODE" && paths.length === 1) return 0;
    if (paths.length === 1) return 1;
    const middle = paths.length >> 1;
    const halves = [paths.slice(0, middle), paths.slice(middle)];
    let failed = 0;
    for (const half of halves) failed += await removeBatch(client, half);
    return failed;
  }
}
