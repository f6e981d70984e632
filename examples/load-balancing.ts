import { type Client, connect } from "menagerie";
import { type Stage, text, unless } from "./stage.ts";

/**
 * A consumer of a topic. The topic's partitions are spread over the consumers that are there: everybody sorts the same list and takes
 * every n-th partition. Who reads a partition says so with an ephemeral znode, and nobody takes one before the last reader has let go.
 */
class Consumer {
  readonly name: string;
  readonly #zk: Client;
  readonly #owned = new Set<string>();

  static async join(servers: string, name: string): Promise<Consumer> {
    const zk = await connect(servers);
    const consumer = new Consumer(zk, name);
    const watch = await zk.watch("/topic/consumers", { mode: "persistent" });
    await zk.create(`/topic/consumers/${name}`, { mode: "ephemeral" });
    void (async () => {
      for await (const _change of watch) await consumer.#rebalance();
    })().catch(unless("ClosedError"));
    return consumer;
  }

  private constructor(zk: Client, name: string) {
    this.#zk = zk;
    this.name = name;
  }

  leave(): Promise<void> {
    return this.#zk.close();
  }

  async #rebalance(): Promise<void> {
    const [{ children: partitions }, { children: consumers }] = await Promise.all([
      this.#zk.children("/topic/partitions"),
      this.#zk.children("/topic/consumers"),
    ]);
    const place = consumers.sort().indexOf(this.name);
    const mine = new Set(partitions.sort().filter((_, i) => i % consumers.length === place));
    for (const partition of this.#owned) if (!mine.has(partition)) await this.#release(partition);
    for (const partition of mine) if (!this.#owned.has(partition)) await this.#claim(partition);
  }

  async #release(partition: string): Promise<void> {
    this.#owned.delete(partition);
    await this.#zk.delete(`/topic/owners/${partition}`);
  }

  async #claim(partition: string): Promise<void> {
    const path = `/topic/owners/${partition}`;
    // The last reader may not have heard of the change yet.
    await new Promise<void>((resolve, reject) => {
      this.#zk.exists(path, { watch: () => resolve() }).then((stat) => stat ?? resolve(), reject);
    });
    await this.#zk.create(path, { data: this.name, mode: "ephemeral" });
    this.#owned.add(partition);
  }
}

/** Resolves with consumer → partitions once every partition is read by one of `names`, evenly. */
async function balanced(zk: Client, names: readonly string[]): Promise<Map<string, string[]>> {
  await using watch = await zk.watch("/topic/owners", { mode: "persistent-recursive" });
  const events = watch[Symbol.asyncIterator]();
  for (;;) {
    const spread = new Map<string, string[]>(names.map((name) => [name, []]));
    for (const partition of (await zk.children("/topic/owners")).children.sort()) {
      const owner = await zk.get(`/topic/owners/${partition}`).catch(unless("NONODE"));
      if (owner !== undefined) spread.get(text(owner.data))?.push(partition);
    }
    if ([...spread.values()].every((partitions) => partitions.length === 6 / names.length)) return spread;
    await events.next();
  }
}

export default async function loadBalancing({ servers, print }: Stage): Promise<void> {
  await using zk = await connect(servers);
  await zk.ensurePath("/topic/consumers");
  await zk.ensurePath("/topic/owners");
  for (const partition of ["p0", "p1", "p2", "p3", "p4", "p5"])
    await zk.createAll(`/topic/partitions/${partition}`);

  const consumers: Consumer[] = [];
  const show = async (): Promise<void> => {
    const names = consumers.map(({ name }) => name);
    for (const [name, partitions] of await balanced(zk, names))
      print(`  ${name} reads ${partitions.join(" ")}`);
  };
  for (const name of ["ada", "bea", "cyd"]) {
    consumers.push(await Consumer.join(servers, name));
    print(`${name} joins`);
    await show();
  }
  print("ada leaves");
  await consumers.shift()!.leave();
  await show();
  for (const consumer of consumers) await consumer.leave();
}
