import { type Client, ZooKeeperError } from "../client/index.ts";
import type { OwnedZnode } from "./owned-znode.ts";
import { Patience } from "./patience.ts";
import { deleteEphemeral, isCode, isConnectionLost, persist } from "./persist.ts";
import { baseName, textOf } from "./znode-path.ts";

/**
 * Creates an ephemeral znode under a name that many want; undefined when another has it. `id` is its data, unique, and tells after
 * a lost answer whose it is. The parent must exist.
 */
export async function claim(
  client: Client,
  path: string,
  id: string,
  patience: Patience,
): Promise<OwnedZnode | undefined> {
  try {
    for (;;) {
      try {
        const { stat } = await client.create(path, { data: id, mode: "ephemeral", ...patience.call });
        return { path, name: baseName(path), stat };
      } catch (error) {
        if (isCode(error, "NODEEXISTS")) return await ours(client, path, id, patience);
        if (!isConnectionLost(error)) throw error;
      }
    }
  } catch (error) {
    if (error instanceof ZooKeeperError && error.outcome === "unknown") void giveUp(client, path, id);
    throw error;
  }
}

async function ours(
  client: Client,
  path: string,
  id: string,
  patience: Patience,
): Promise<OwnedZnode | undefined> {
  try {
    const { data, stat } = await persist(() => client.get(path, patience.call));
    return textOf(data) === id ? { path, name: baseName(path), stat } : undefined;
  } catch (error) {
    if (isCode(error, "NONODE")) return undefined;
    throw error;
  }
}

/** The caller has gone; what may have been created for it must not stay until the end of the session. */
async function giveUp(client: Client, path: string, id: string): Promise<void> {
  try {
    const patience = new Patience(`giving ${path} back`);
    await persist(() => client.sync(path, patience.call));
    const znode = await ours(client, path, id, patience);
    if (znode !== undefined) await deleteEphemeral(client, path, znode.stat.ephemeralOwner);
  } catch {
    // It goes with the session.
  }
}
