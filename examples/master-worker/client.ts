import type { Client } from "menagerie";
import { text } from "../stage.ts";

/** A task that a client has given to the system. */
export interface Submitted {
  /** `task-0000000000` */
  readonly name: string;
  /** Its status, when it is done. */
  readonly status: Promise<string>;
}

export async function submit(zk: Client, task: string): Promise<Submitted> {
  const { path } = await zk.create("/tasks/task-", { data: task, mode: "persistent-sequential" });
  const name = path.slice("/tasks/".length);
  return { name, status: statusOf(zk, `/status/${name}`) };
}

async function statusOf(zk: Client, path: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    zk.exists(path, { watch: () => resolve() }).then((stat) => stat && resolve(), reject);
  });
  return text((await zk.get(path)).data);
}
