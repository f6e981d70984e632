import {
  type ACL,
  type Client,
  type CreateMode,
  type Data,
  type Stat,
  ZooKeeperError,
} from "../client/index.ts";
import type { Patience } from "./patience.ts";
import {
  deleteOnce,
  isCode,
  isConnectionLost,
  isEnded,
  isSessionExpired,
  persist,
  persistAcrossSessions,
} from "./persist.ts";
import { baseName, childPath, parentPath } from "./znode-path.ts";

/** A znode that this process made and can tell from all others by a GUID in its name. */
export interface OwnedZnode {
  readonly path: string;
  readonly name: string;
  readonly stat: Stat;
}

export interface OwnedZnodeOptions {
  /** Begins the name and holds a GUID. The name is this, and for sequential modes a number behind it. */
  readonly prefix: string;
  readonly mode: CreateMode;
  readonly data: Data;
  readonly acl?: readonly ACL[] | undefined;
  /**
   * What the parent becomes if it is missing: a container (default), which goes when nobody uses it, or persistent: kazoo makes
   * sure of it once and fails when it has gone.
   */
  readonly parentMode?: "container" | "persistent" | undefined;
}

/**
 * Creates a znode exactly once: where the answer was lost, it looks for the GUID before it tries again. When the patience
 * ends in between, what may have been created is deleted behind the caller's back.
 */
export async function createOwned(
  client: Client,
  parent: string,
  options: OwnedZnodeOptions,
  patience: Patience,
): Promise<OwnedZnode> {
  const { prefix, parentMode, ...create } = options;
  const ensureParent = parentMode === "persistent" ? ensurePersistent : ensureContainer;
  const path = childPath(parent, prefix);
  try {
    for (;;) {
      try {
        const made = await client.create(path, { ...create, ...patience.call });
        return { path: made.path, name: baseName(made.path), stat: made.stat };
      } catch (error) {
        if (isCode(error, "NONODE")) await ensureParent(client, parent, patience);
        else if (!isConnectionLost(error) && !isCode(error, "NODEEXISTS")) throw error;
      }
      const found = await findOwned(client, parent, prefix, patience);
      if (found !== undefined) return found;
    }
  } catch (error) {
    const mayExist = !isSessionExpired(error) && !isEnded(error) && error instanceof ZooKeeperError;
    if (mayExist) void abandon(client, parent, prefix).catch(ignore);
    throw error;
  }
}

/** The znode of this session whose name begins with `prefix`. */
async function findOwned(
  client: Client,
  parent: string,
  prefix: string,
  patience: Patience,
): Promise<OwnedZnode | undefined> {
  // Another server may not have applied yet what the one that we lost had accepted.
  await persist(() => client.sync(parent, patience.call));
  try {
    const { children } = await persist(() => client.children(parent, patience.call));
    const name = children.find((child) => child.startsWith(prefix));
    if (name === undefined) return undefined;
    const path = childPath(parent, name);
    const stat = await persist(() => client.exists(path, patience.call));
    return stat === null ? undefined : { path, name, stat };
  } catch (error) {
    if (isCode(error, "NONODE")) return undefined;
    throw error;
  }
}

async function abandon(client: Client, parent: string, prefix: string): Promise<void> {
  // As long as it takes: a znode that stays in a queue keeps the others waiting.
  const call = { deadlineMs: Number.POSITIVE_INFINITY };
  await persist(() => client.sync(parent, call));
  const { children } = await persist(() => client.children(parent, call));
  const names = children.filter((child) => child.startsWith(prefix));
  await Promise.all(names.map((name) => deleteOnce(client, childPath(parent, name))));
}

/**
 * Makes sure that `path` exists, as a container where the server knows containers (so that nothing is left of a recipe that
 * nobody uses), and all above it.
 */
export async function ensureContainer(client: Client, path: string, patience: Patience): Promise<void> {
  if (path === "/") {
    await persist(() => client.ensurePath("/", patience.call));
    return;
  }
  let mode: CreateMode = "container";
  for (;;) {
    try {
      await client.create(path, { mode, ...patience.call });
      return;
    } catch (error) {
      if (isCode(error, "NODEEXISTS")) return;
      if (isCode(error, "NONODE")) await persist(() => client.ensurePath(parentPath(path), patience.call));
      else if (isCode(error, "UNIMPLEMENTED")) mode = "persistent";
      else if (!isConnectionLost(error)) throw error;
    }
  }
}

/** Makes sure that `path` exists as a persistent znode, as kazoo does, and all above it. */
export async function ensurePersistent(client: Client, path: string, patience: Patience): Promise<void> {
  await persistAcrossSessions(client, () => client.ensurePath(path, patience.call));
}

function ignore(): void {}
