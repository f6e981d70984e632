import type { PopulateJob, VerifyTreeJob } from "./jobs.ts";
import { SetupClient } from "./setup-client.ts";
import { createTemplate, taggedData } from "./templates.ts";

const TREE_ROOT = "/tree";
const CHILDREN_PER_DIRECTORY = 1000;
const CONNECTIONS = 4;
const IN_FLIGHT = 64;

/** Znode `index` of the tree: `/tree/p0012/n0012345`. */
function treePath(index: number): string {
  return `${directoryPath(Math.floor(index / CHILDREN_PER_DIRECTORY))}/n${String(index).padStart(7, "0")}`;
}

function directoryPath(directory: number): string {
  return `${TREE_ROOT}/p${String(directory).padStart(4, "0")}`;
}

/** Directories and leaves together are `znodes`, the root of the tree not counted. */
function leavesOf(znodes: number): number {
  return Math.floor((znodes * CHILDREN_PER_DIRECTORY) / (CHILDREN_PER_DIRECTORY + 1));
}

/** Keeps a fixed number of `work` going until it has been called for every index. */
async function inParallel(
  count: number,
  width: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

export async function populate(job: PopulateJob): Promise<void> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => SetupClient.connect(job.port)));
  const create = (path: string, data: Buffer, index: number): Promise<unknown> =>
    clients[index % CONNECTIONS]!.demand(createTemplate(path, data).frame, `create ${path}`);
  const leaves = leavesOf(job.znodes);
  const directories = Math.ceil(leaves / CHILDREN_PER_DIRECTORY);
  await create(TREE_ROOT, Buffer.alloc(0), 0);
  await inParallel(directories, IN_FLIGHT, (i) => create(directoryPath(i), taggedData(i, job.dataBytes), i));
  await inParallel(leaves, CONNECTIONS * IN_FLIGHT, (i) =>
    create(treePath(i), taggedData(i, job.dataBytes), i),
  );
  await Promise.all(clients.map((client) => client.close()));
}

/** Throws unless the server holds the tree: its number of znodes, and the data of every 997th. */
export async function verifyTree(job: VerifyTreeJob): Promise<void> {
  const client = await SetupClient.connect(job.port);
  const leaves = leavesOf(job.znodes);
  const expected = leaves + Math.ceil(leaves / CHILDREN_PER_DIRECTORY);
  const count = await client.countDescendants(TREE_ROOT);
  if (count !== expected)
    throw new Error(`the server has ${count} znodes under ${TREE_ROOT}, not ${expected}`);
  for (let i = 0; i < leaves; i += 997) {
    const { data } = await client.getData(treePath(i));
    if (data === null || !taggedData(i, job.dataBytes).equals(data))
      throw new Error(`${treePath(i)} has other data`);
  }
  await client.close();
}
