import { type Client, connect, KeeperError, op, type Watch } from "menagerie";
import { text } from "../stage.ts";

/**
 * The master of a master-worker system. Tasks that clients put into /tasks it moves to a worker's /assign/WORKER, those of a worker that
 * has gone back to /tasks. Only one master is at work: the one that has /master.
 */
export class Master {
  readonly #zk: Client;
  readonly #watches: Watch[] = [];
  #work: Promise<void> = Promise.resolve();

  static async start(servers: string): Promise<Master> {
    const zk = await connect(servers);
    for (const path of ["/workers", "/tasks", "/assign", "/status"]) await zk.ensurePath(path);
    await zk.create("/master", { mode: "ephemeral" });
    const master = new Master(zk);
    for (const path of ["/workers", "/tasks"]) {
      const watch = await zk.watch(path, { mode: "persistent" });
      watch.on(() => master.#lookAgain());
      master.#watches.push(watch);
    }
    master.#lookAgain();
    return master;
  }

  private constructor(zk: Client) {
    this.#zk = zk;
  }

  /** One look at a time; the state is in znodes, so a look needs to know nothing of the ones before it. */
  #lookAgain(): void {
    this.#work = this.#work.then(() => this.#look());
  }

  async #look(): Promise<void> {
    const { children: workers } = await this.#zk.children("/workers");
    await this.#recover(workers);
    if (workers.length === 0) return;
    const { children: tasks } = await this.#zk.children("/tasks");
    for (const task of tasks.sort())
      await this.#move(`/tasks/${task}`, `/assign/${await this.#idlest(workers)}/${task}`);
  }

  /** Tasks of workers that have gone are tasks again. */
  async #recover(workers: readonly string[]): Promise<void> {
    for (const worker of (await this.#zk.children("/assign")).children) {
      if (workers.includes(worker)) continue;
      for (const task of (await this.#zk.children(`/assign/${worker}`)).children)
        await this.#move(`/assign/${worker}/${task}`, `/tasks/${task}`);
    }
  }

  /** The worker with the fewest tasks, of equal ones the first by name. */
  async #idlest(workers: readonly string[]): Promise<string> {
    const loads = await Promise.all(
      [...workers].sort().map(async (worker) => {
        const { stat } = await this.#zk.get(`/assign/${worker}`);
        return { worker, load: stat.numChildren };
      }),
    );
    return loads.reduce((least, other) => (other.load < least.load ? other : least)).worker;
  }

  /** A task is in one place or the other, never in both and never in none. */
  async #move(from: string, to: string): Promise<void> {
    try {
      const { data } = await this.#zk.get(from);
      await this.#zk.multi([op.create(to, { data: text(data) }), op.delete(from)]);
    } catch (error) {
      // Somebody was faster: it is done or has moved.
      if (!(error instanceof KeeperError && (error.code === "NONODE" || error.code === "NODEEXISTS")))
        throw error;
    }
  }

  async stop(): Promise<void> {
    for (const watch of this.#watches) await watch.close();
    await this.#work;
    await this.#zk.close();
  }
}
