import type { Rng } from "../base/ports.ts";
import { childOf, nameOf, parentOf } from "../protocol/path.ts";
import type { Client } from "./client.ts";
import { ConnectionError, MisuseError, ZooKeeperError } from "./errors.ts";
import type { CreateOptions, CreateResult } from "./types.ts";

/** What Curator puts in front of a protected name: `_c_<guid>-`. */
const PREFIX = "_c_";

/** A random UUID (version 4). */
export function randomGuid(rng: Rng): string {
  const bytes = rng.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts
    .slice(1)
    .map((end, i) => hex.slice(cuts[i], end))
    .join("-");
}

/**
 * A create that happens once even if connections break: the name carries a GUID, so that after a loss the client looks
 * whether the znode is there, and creates it again only if it is not. Ends with the session: an ephemeral znode of an expired
 * one would be another.
 */
export async function createProtected(
  client: Client,
  guid: string,
  path: string,
  options: CreateOptions,
): Promise<CreateResult> {
  const parent = parentOf(path);
  if (parent === undefined)
    throw new MisuseError(`${JSON.stringify(path)} cannot be created: it has no parent`);
  const prefix = `${PREFIX}${guid}-`;
  const { protection: _, ...plain } = options;
  for (;;) {
    try {
      return await client.create(childOf(parent, prefix + nameOf(path)), plain);
    } catch (error) {
      if (!isLost(error)) throw error;
    }
    const found = await findCreated(client, parent, prefix, plain);
    if (found !== undefined) return found;
  }
}

function isLost(error: unknown): boolean {
  return error instanceof ConnectionError && error.kind === "lost";
}

async function findCreated(
  client: Client,
  parent: string,
  prefix: string,
  options: CreateOptions,
): Promise<CreateResult | undefined> {
  const { signal, deadlineMs } = options;
  const call = { signal, deadlineMs };
  for (;;) {
    try {
      // The server that we are connected to now may not have applied yet what the other one had accepted.
      await client.sync(parent, call);
      const { children } = await client.children(parent, call);
      const name = children.find((child) => child.startsWith(prefix));
      if (name === undefined) return undefined;
      const path = childOf(parent, name);
      const stat = await client.exists(path, call);
      return stat === null ? undefined : { path, stat, zxid: stat.czxid };
    } catch (error) {
      // What became of the create is what the caller asks, not of the look after it.
      if (!isLost(error)) throw error instanceof ZooKeeperError ? error.withOutcome("unknown") : error;
    }
  }
}
