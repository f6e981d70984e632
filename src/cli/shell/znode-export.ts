import { formatAcl, parseAcl } from "../../client/acl.ts";
import { KeeperError } from "../../client/errors.ts";
import { childOf } from "../../protocol/path.ts";
import type { ACL } from "../../protocol/records/data.ts";
import { CommandError } from "./command-error.ts";
import { type DataJson, dataFromJson, dataJson } from "./data-text.ts";
import { checkPath } from "./path-check.ts";
import type { ShellClient } from "./shell-client.ts";
import { byCodeUnit, inParallel, walk } from "./walk.ts";

/** A subtree in a file: what `export` writes and `import` and `diff` read. */
export interface ZnodeExport {
  readonly format: "menagerie-znodes/1";
  /** Where it was taken from. */
  readonly root: string;
  /** Parents before their children. */
  readonly znodes: readonly ExportedZnode[];
}

export type ExportedZnode = DataJson & {
  /** Below the root: "" for the root itself, else `/a/b`. */
  readonly path: string;
  /** `scheme:id:perms` each; absent where it may not be read. */
  readonly acl?: readonly string[];
};

/** Told of each znode that was read. */
export type Progress = (done: number, total: number) => void;

/**
 * Reads a subtree. Ephemeral znodes belong to their sessions and are left out, as is what goes meanwhile. `/zookeeper` belongs
 * to the servers and is left out of an export of the root.
 */
export async function readSubtree(
  client: ShellClient,
  root: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<ZnodeExport> {
  const met = await walk(client, root, { signal });
  const paths = [...met.keys()].filter((path) => root !== "/" || !/^\/zookeeper(\/|$)/.test(path));
  const znodes: ExportedZnode[] = [];
  let done = 0;
  await inParallel(paths, async (path) => {
    signal.throwIfAborted();
    const znode = await readZnode(client, path, relative(root, path));
    if (znode !== undefined) znodes.push(znode);
    progress(++done, paths.length);
  });
  znodes.sort((a, b) => byCodeUnit(a.path, b.path));
  return { format: "menagerie-znodes/1", root, znodes };
}

async function readZnode(
  client: ShellClient,
  path: string,
  name: string,
): Promise<ExportedZnode | undefined> {
  try {
    const [{ data, stat }, acl] = await Promise.all([client.get(path), readAcl(client, path)]);
    if (!stat.ephemeralOwner.isZero()) return undefined;
    return { path: name, ...dataJson(data), ...(acl === undefined ? {} : { acl }) };
  } catch (error) {
    if (error instanceof KeeperError && error.code === "NONODE") return undefined;
    throw error;
  }
}

async function readAcl(client: ShellClient, path: string): Promise<string[] | undefined> {
  try {
    return (await client.getAcl(path)).acl.map((entry) => formatAcl([entry]));
  } catch (error) {
    if (error instanceof KeeperError && error.code === "NOAUTH") return undefined;
    throw error;
  }
}

function relative(root: string, path: string): string {
  if (path === root) return "";
  return root === "/" ? path : path.slice(root.length);
}

/** Where a znode of an export goes below `root`. */
export function absolute(root: string, name: string): string {
  return name === "" ? root : childOf(root, name.slice(1));
}

/** An ACL of an export; undefined where there is none. */
export function aclOf(znode: ExportedZnode): ACL[] | undefined {
  return znode.acl === undefined ? undefined : parseAcl(znode.acl.join(","));
}

export const dataOf: (znode: ExportedZnode) => Uint8Array | null = dataFromJson;

/** Reads what {@link readSubtree} gave, from a file's text. @throws {@link CommandError} that says where it is wrong */
export function parseExport(text: string, file: string): ZnodeExport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CommandError(`${file} is not JSON: ${(error as Error).message}`);
  }
  const { format, root, znodes } = (value ?? {}) as Partial<ZnodeExport>;
  if (format !== "menagerie-znodes/1" || typeof root !== "string" || !Array.isArray(znodes))
    throw new CommandError(`${file} is not an export: its format must be "menagerie-znodes/1"`);
  for (const [at, znode] of znodes.entries())
    checkZnode(znode as Partial<ExportedZnode>, `${file}, znode ${at}`);
  return { format, root, znodes: [...znodes].sort((a, b) => byCodeUnit(a.path, b.path)) };
}

function checkZnode(znode: Partial<ExportedZnode> | null, where: string): void {
  const { path, acl } = znode ?? {};
  if (typeof path !== "string") throw new CommandError(`${where}: path must be a string`);
  if (path !== "") checkPath(path);
  const { data, dataBase64 } = znode as { data?: unknown; dataBase64?: unknown };
  if (typeof dataBase64 !== "string" && typeof data !== "string" && data !== null)
    throw new CommandError(`${where} (${path}): data must be a string or null, or dataBase64 a string`);
  const isText = (entry: unknown): boolean => typeof entry === "string" && /:.*:/.test(entry);
  if (acl !== undefined && !(Array.isArray(acl) && acl.length > 0 && acl.every(isText)))
    throw new CommandError(`${where} (${path}): acl must be a list of scheme:id:perms`);
}

/** Whether two znodes hold the same; no data is not the same as no bytes. */
export function isSameData(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}
