import { type Client, connect, KeeperError, type Stat } from "../../src/client/index.ts";

export interface TreeNode {
  readonly path: string;
  readonly data: string;
  readonly stat: Stat;
}

/** A server's tree, by path. */
export type ServerTree = ReadonlyMap<string, TreeNode>;

/** Reads the tree that one server has, after a sync: everything that was committed before is in it. */
export async function readServerTree(address: string): Promise<ServerTree> {
  const client = await connect(address, { connectDeadlineMs: 20_000, sessionTimeoutMs: 20_000 });
  try {
    await client.sync("/");
    const nodes = new Map<string, TreeNode>();
    await readBelow(client, "/", nodes);
    return nodes;
  } finally {
    await client.close();
  }
}

/** Pipelined: all children of a znode are asked for before the first answer. */
async function readBelow(client: Client, path: string, nodes: Map<string, TreeNode>): Promise<void> {
  try {
    const [{ data, stat }, { children }] = await Promise.all([client.get(path), client.children(path)]);
    nodes.set(path, { path, data: Buffer.from(data ?? []).toString(), stat });
    const prefix = path === "/" ? "/" : `${path}/`;
    await Promise.all(children.sort().map((name) => readBelow(client, prefix + name, nodes)));
  } catch (error) {
    // An ephemeral may go while the tree is read.
    if (!(error instanceof KeeperError && error.code === "NONODE")) throw error;
  }
}

/** As text, for comparing servers and for messages. */
export function describeNode({ data, stat }: TreeNode): string {
  const fields = Object.entries(stat).map(([name, value]) => {
    return `${name}=${typeof value === "object" ? value.key : String(value)}`;
  });
  return `${JSON.stringify(data)} ${fields.join(" ")}`;
}
