import { type Client, connect, op } from "menagerie";
import { text, unless } from "../stage.ts";

/** What a worker does with a task: its result becomes the task's status. */
export type Execute = (task: string) => Promise<string>;

/**
 * A worker: its ephemeral znode in /workers says that it is there, and what the master puts into /assign/NAME it executes. The status and
 * the end of the assignment are one transaction, so that a task is not done twice because a worker broke down in between.
 */
export async function startWorker(servers: string, name: string, execute: Execute): Promise<Client> {
  const zk = await connect(servers);
  const directory = `/assign/${name}`;
  const run = async (path: string): Promise<void> => {
    const task = await zk.get(path).catch(unless("NONODE"));
    if (task === undefined) return;
    const status = `${await execute(text(task.data))} by ${name}`;
    await zk.multi([op.create(path.replace(directory, "/status"), { data: status }), op.delete(path)]);
  };
  await zk.ensurePath(directory);
  const watch = await zk.watch(directory, { mode: "persistent-recursive" });
  await zk.create(`/workers/${name}`, { mode: "ephemeral" });
  const work = async (): Promise<void> => {
    // What an earlier worker of this name has left.
    for (const task of (await zk.children(directory)).children) await run(`${directory}/${task}`);
    for await (const event of watch) if (event.type === "created") await run(event.path);
  };
  // It ends with the client.
  void work().catch(unless("ClosedError"));
  return zk;
}
