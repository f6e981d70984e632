import { childOf, parentOf, validatePath } from "../protocol/path.ts";
import type { Client } from "./client.ts";
import { badPath } from "./client-paths.ts";
import { KeeperError, MisuseError } from "./errors.ts";
import type { CallOptions, CreateOptions, CreateResult } from "./types.ts";

/** How often deleteAll goes over a subtree in which others create at the same time. */
const DELETE_ROUNDS_MAX = 10;

function isCode(error: unknown, code: string): boolean {
  return error instanceof KeeperError && error.code === code;
}

/** Creates what is missing on the way to `path`, and `path` itself; what exists stays as it is. */
export async function ensureServerPath(
  path: string,
  create: (path: string) => Promise<unknown>,
): Promise<void> {
  const missing: string[] = [];
  for (let at: string | undefined = path; at !== undefined && at !== "/"; at = parentOf(at)) {
    try {
      await create(at);
      break;
    } catch (error) {
      if (isCode(error, "NODEEXISTS")) break;
      if (!isCode(error, "NONODE")) throw error;
      missing.push(at);
    }
  }
  for (const at of missing.reverse()) {
    await create(at).catch((error) => {
      if (!isCode(error, "NODEEXISTS")) throw error;
    });
  }
}

/** A create whose parents are created when they are missing. */
export async function createAll(client: Client, path: string, options: CreateOptions): Promise<CreateResult> {
  for (;;) {
    try {
      return await client.create(path, options);
    } catch (error) {
      const parent = parentOf(path);
      if (!isCode(error, "NONODE") || parent === undefined) throw error;
      await client.ensurePath(parent, options);
    }
  }
}

/** Deletes `path` and everything below it, deepest first. */
export async function deleteAll(client: Client, path: string, options: CallOptions): Promise<void> {
  const reason = validatePath(path);
  if (reason !== undefined) throw badPath(path, reason);
  if (path === "/") throw new MisuseError('deleteAll("/") is refused: delete the children that are meant');
  for (let round = 1; ; round++) {
    const levels = await subtreeLevels(client, path, options);
    for (const level of levels.reverse()) await deleteLevel(client, level, options);
    try {
      await client.delete(path, options);
      return;
    } catch (error) {
      if (round > 1 && isCode(error, "NONODE")) return;
      if (!isCode(error, "NOTEMPTY") || round === DELETE_ROUNDS_MAX) throw error;
    }
  }
}

/** The paths below `path`, level by level; each level is read with one batch of requests. */
async function subtreeLevels(client: Client, path: string, options: CallOptions): Promise<string[][]> {
  const levels: string[][] = [];
  let level = [path];
  while (level.length > 0) {
    const lists = await Promise.all(level.map((parent) => childrenOf(client, parent, options)));
    level = lists.flat();
    if (level.length > 0) levels.push(level);
  }
  return levels;
}

async function childrenOf(client: Client, parent: string, options: CallOptions): Promise<string[]> {
  try {
    const { children } = await client.children(parent, options);
    return children.map((name) => childOf(parent, name));
  } catch (error) {
    if (isCode(error, "NONODE")) return [];
    throw error;
  }
}

async function deleteLevel(client: Client, paths: readonly string[], options: CallOptions): Promise<void> {
  const results = await Promise.allSettled(paths.map((path) => client.delete(path, options)));
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    const { reason } = result;
    if (!isCode(reason, "NONODE") && !isCode(reason, "NOTEMPTY")) throw reason;
  }
}
