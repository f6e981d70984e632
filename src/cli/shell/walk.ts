import { KeeperError } from "../../client/errors.ts";
import type { WatchCallback } from "../../client/types.ts";
import { childOf } from "../../protocol/path.ts";
import type { ShellClient } from "./shell-client.ts";

/** A znode that was met, with the names of its children, sorted. */
export interface Met {
  readonly path: string;
  /** 0 for the root of the walk. */
  readonly depth: number;
  readonly children: readonly string[];
}

/** Requests on their way at one time: enough to hide the network, few enough to be fair to others. */
const IN_FLIGHT_MAX = 64;

export interface WalkOptions {
  /** Do not go deeper than this many levels below the root. */
  readonly depthMax?: number;
  readonly signal?: AbortSignal;
  /** What to do at a znode that may not be read; by default the walk ends with the error. */
  readonly onDenied?: (path: string) => void;
  /** The watcher for a child watch on every znode. */
  readonly watch?: (path: string) => WatchCallback;
}

/**
 * Lists a whole subtree, many requests at a time. A znode that goes meanwhile is left out; the root must be there.
 * The map is keyed by path, in no particular order.
 */
export async function walk(
  client: Pick<ShellClient, "children">,
  root: string,
  options: WalkOptions = {},
): Promise<Map<string, Met>> {
  const met = new Map<string, Met>();
  let level = [root];
  for (let depth = 0; level.length > 0; depth++) {
    const next: string[] = [];
    await inParallel(level, async (path) => {
      options.signal?.throwIfAborted();
      const children = await childrenOf(client, path, depth === 0, options);
      if (children === undefined) return;
      met.set(path, { path, depth, children });
      if (depth < (options.depthMax ?? Number.POSITIVE_INFINITY))
        for (const name of children) next.push(childOf(path, name));
    });
    level = next;
  }
  return met;
}

async function childrenOf(
  client: Pick<ShellClient, "children">,
  path: string,
  isRoot: boolean,
  { watch, onDenied }: WalkOptions,
): Promise<string[] | undefined> {
  try {
    const { children } = await client.children(path, watch === undefined ? {} : { watch: watch(path) });
    return children.sort(byCodeUnit);
  } catch (error) {
    if (!(error instanceof KeeperError) || isRoot) throw error;
    if (error.code === "NONODE") return undefined;
    if (error.code !== "NOAUTH" || onDenied === undefined) throw error;
    onDenied(path);
    return [];
  }
}

/** Runs `task` on all items, at most {@link IN_FLIGHT_MAX} at a time; ends with the first error. */
export async function inParallel<T>(items: Iterable<T>, task: (item: T) => Promise<void>): Promise<void> {
  const waiting = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let entry = waiting.next(); entry.done !== true; entry = waiting.next()) await task(entry.value);
  };
  const [first, ...rest] = Array.from({ length: IN_FLIGHT_MAX }, worker);
  await Promise.all([first, ...rest]);
}

/** The paths of a walk in the order of `ls -R`: a znode's children all together, then the subtree of each. */
export function levelOrder(met: ReadonlyMap<string, Met>, root: string): string[] {
  const out = [root];
  for (const { paths } of listings(met, root)) out.push(...paths);
  return out;
}

/** The znodes of a walk in the order in which `ls -R` lists them, each with the paths of its children. */
export function* listings(
  met: ReadonlyMap<string, Met>,
  root: string,
): Iterable<{ readonly path: string; readonly paths: readonly string[] }> {
  // Iterative: a tree may be deeper than the stack.
  const waiting = [root];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const parent = path;
    const paths = (met.get(parent)?.children ?? []).map((name) => childOf(parent, name));
    const present = paths.filter((child) => met.has(child));
    yield { path, paths: present };
    waiting.push(...present.toReversed());
  }
}

/** As Java sorts strings. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
