import { type Client, connect, KeeperError } from "menagerie";
import { type Stage, text } from "./stage.ts";

/** A queue of znodes that the server numbers: what was put first is taken first, by exactly one taker. */
class Queue {
  readonly #zk: Client;
  readonly #path: string;

  constructor(zk: Client, path: string) {
    this.#zk = zk;
    this.#path = path;
  }

  async put(item: string): Promise<void> {
    await this.#zk.create(`${this.#path}/item-`, { data: item, mode: "persistent-sequential" });
  }

  /** Takes the oldest item; waits while there is none. */
  async take(): Promise<string> {
    for (;;) {
      let changed: () => void = () => {};
      const change = new Promise<void>((resolve) => {
        changed = resolve;
      });
      const { children } = await this.#zk.children(this.#path, { watch: () => changed() });
      for (const name of children.sort()) {
        const item = await this.#tryTake(`${this.#path}/${name}`);
        if (item !== undefined) return item;
      }
      await change;
    }
  }

  /** Undefined when another taker was faster. */
  async #tryTake(path: string): Promise<string | undefined> {
    try {
      const { data } = await this.#zk.get(path);
      // Deleting is what decides: it succeeds for one.
      await this.#zk.delete(path);
      return text(data);
    } catch (error) {
      if (error instanceof KeeperError && error.code === "NONODE") return undefined;
      throw error;
    }
  }
}

export default async function fifoQueue({ servers, print }: Stage): Promise<void> {
  await using producer = await connect(servers);
  await using consumer = await connect(servers);
  await using second = await connect(servers);
  await producer.create("/orders");
  const queue = new Queue(producer, "/orders");

  for (const order of ["bread", "butter", "cheese"]) await queue.put(order);
  const orders = new Queue(consumer, "/orders");
  for (let i = 0; i < 3; i++) print(`consumer takes ${await orders.take()}`);

  const waiting = orders.take();
  print("consumer waits");
  await queue.put("milk");
  print(`consumer takes ${await waiting}`);

  await Promise.all(Array.from({ length: 20 }, (_, i) => queue.put(`order ${i}`)));
  const takers = [orders, new Queue(second, "/orders")];
  const taken = await Promise.all(
    takers.map(async (taker) => {
      const own: string[] = [];
      for (let i = 0; i < 10; i++) own.push(await taker.take());
      return own;
    }),
  );
  const all = taken.flat();
  print(`two consumers take ${all.length} orders, ${new Set(all).size} different ones`);
}
