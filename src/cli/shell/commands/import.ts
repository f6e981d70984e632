import { readFile } from "node:fs/promises";
import { OPEN_ACL } from "../../../client/acl.ts";
import { KeeperError } from "../../../client/errors.ts";
import { parentOf } from "../../../protocol/path.ts";
import type { CommandContext, ShellCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { checkPath } from "../path-check.ts";
import { progressBar } from "../progress-bar.ts";
import type { ShellClient } from "../shell-client.ts";
import { inParallel } from "../walk.ts";
import {
  absolute,
  aclOf,
  dataOf,
  type ExportedZnode,
  isSameData,
  parseExport,
  type ZnodeExport,
} from "../znode-export.ts";

/**
 * `import file [path] [-f] [-n]`: puts an export in place, at its old path or another one. What exists stays as it is unless
 * `-f` says to overwrite its data; `-n` only counts.
 */
export const importTree: ShellCommand = {
  options: {
    rows: [
      { name: "f", description: "overwrite the data of znodes that exist" },
      { name: "n", description: "change nothing, only count" },
    ],
  },
  wordsMin: 1,
  async run(words, context) {
    const [file = "", path] = words.words;
    const exported = parseExport(await readText(file), file);
    const root = checkPath(path ?? exported.root);
    const counts = { created: 0, updated: 0, unchanged: 0, kept: 0 };
    const bar = await progressBar("import", context.isJson);
    const isDry = words.has("n");
    try {
      if (!isDry) await makeParents(context.client, root);
      let done = 0;
      for (const level of byDepth(exported)) {
        await inParallel(level, async (znode) => {
          context.signal.throwIfAborted();
          counts[await put(context.client, root, znode, words.has("f"), isDry)]++;
          bar.update(++done, exported.znodes.length);
        });
      }
    } finally {
      bar.end();
    }
    tell(context, root, counts, isDry);
    return { path: root, file, dryRun: isDry, ...counts };
  },
};

type Outcome = "created" | "updated" | "unchanged" | "kept";

function tell(
  context: CommandContext,
  root: string,
  { created, updated, unchanged, kept }: Record<Outcome, number>,
  isDry: boolean,
): void {
  const what = isDry ? "Would import" : "Imported";
  const hint = kept > 0 ? ` (kept: they exist with other data; -f overwrites them)` : "";
  context.out(
    `${what} to ${root}: ${created} created, ${updated} updated, ${unchanged} unchanged, ${kept} kept${hint}`,
  );
}

export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${(error as Error).message}`);
  }
}

/** Parents first; each level may be written in parallel. */
function byDepth({ znodes }: ZnodeExport): ExportedZnode[][] {
  const levels: ExportedZnode[][] = [];
  for (const znode of znodes) (levels[znode.path.split("/").length - 1] ??= []).push(znode);
  return levels.filter((level) => level !== undefined);
}

/** The znodes above the root of the import, where they are missing: empty, open to everybody. */
async function makeParents(client: ShellClient, root: string): Promise<void> {
  const missing: string[] = [];
  for (let at = parentOf(root); at !== undefined && at !== "/"; at = parentOf(at)) {
    if ((await client.exists(at)) !== null) break;
    missing.unshift(at);
  }
  for (const path of missing) await client.create(path, { data: null }).catch(ignoreExisting);
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof KeeperError) || error.code !== "NODEEXISTS") throw error;
}

async function put(
  client: ShellClient,
  root: string,
  znode: ExportedZnode,
  isOverwriting: boolean,
  isDry: boolean,
): Promise<Outcome> {
  const path = absolute(root, znode.path);
  const data = dataOf(znode);
  const stat = await client.exists(path);
  if (stat === null) {
    if (!isDry) await client.create(path, { data, acl: aclOf(znode) ?? OPEN_ACL });
    return "created";
  }
  const { data: present } = await client.get(path);
  if (isSameData(present, data)) return "unchanged";
  if (!isOverwriting) return "kept";
  if (!isDry) await client.set(path, data);
  return "updated";
}
