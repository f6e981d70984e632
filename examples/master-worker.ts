import { connect } from "menagerie";
import { submit } from "./master-worker/client.ts";
import { Master } from "./master-worker/master.ts";
import { startWorker } from "./master-worker/worker.ts";
import type { Stage } from "./stage.ts";

const shout = async (task: string): Promise<string> => task.toUpperCase();

/** Plays a master, workers and a client; one worker breaks down in the middle of a task, and then the master. */
export default async function masterWorker({ servers, print }: Stage): Promise<void> {
  const master = await Master.start(servers);
  await using client = await connect(servers);

  print("a client submits two tasks; there is no worker yet");
  const early = [await submit(client, "wash"), await submit(client, "rinse")];
  print("worker w1 comes");
  const w1 = await startWorker(servers, "w1", shout);
  for (const task of early) print(`  ${task.name}: ${await task.status}`);

  print("w1 goes; w2 comes, takes a task and breaks down over it");
  await w1.close();
  const begun = new Promise<() => void>((resolve) => {
    void startWorker(servers, "w2", () => new Promise(() => {})).then((w2) => resolve(() => void w2.close()));
  });
  const breakDown = await begun;
  const orphan = await submit(client, "dry");
  await assigned(client, "w2", orphan.name);
  print(`  ${orphan.name} is assigned to w2`);
  breakDown();
  print("worker w3 comes");
  await using _w3 = await startWorker(servers, "w3", shout);
  print(`  ${orphan.name}: ${await orphan.status}`);

  print("the master goes; a task waits for the next one");
  await master.stop();
  const waiting = await submit(client, "fold");
  const next = await Master.start(servers);
  print(`  ${waiting.name}: ${await waiting.status}`);
  await next.stop();
  print(`tasks left: ${(await client.children("/tasks")).children.length}`);
}

/** Resolves when the master has given the task to the worker. */
async function assigned(
  zk: Awaited<ReturnType<typeof connect>>,
  worker: string,
  task: string,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    zk.exists(`/assign/${worker}/${task}`, { watch: () => resolve() }).then(
      (stat) => stat && resolve(),
      reject,
    );
  });
}
