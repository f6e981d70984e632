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
  // A session's requests are carried out in order: batches may follow each other without waiting.
  const paths = [...met.values()].sort((a, b) => b.depth - a.depth).map(({ path }) => path);
  const refused: string[] = [];
  await inParallel(batches(paths, Math.max(1, Number(text))), async (batch) => {
    context.signal.throwIfAborted();
    if (!(await removeBatch(context.client, batch))) refused.push(...batch);
  });
  let failed = 0;
  for (const path of refused) if (!(await removeBatch(context.client, [path]))) failed++;
  if (failed > 0) context.err("Failed to delete some node(s) in the subtree!");
  return { path: root, deleted: met.size - failed, failed };
}

function* batches(paths: readonly string[], size: number): Iterable<string[]> {
  for (let at = 0; at < paths.length; at += size) yield paths.slice(at, at + size);
}

/** All of them or none; false when a znode refused to go. What is gone already is as good as deleted. */
async function removeBatch(client: ShellClient, paths: readonly string[]): Promise<boolean> {
  try {
    if (paths.length === 1) await client.delete(paths[0]!);
    else await client.multi(paths.map((path) => ({ type: "delete", path }) as const));
    return true;
  } catch (error) {
    if (!(error instanceof KeeperError)) throw error;
    return error.code === "NONODE" && paths.length === 1;
  }
}
