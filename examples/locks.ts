import { type Client, connect, KeeperError } from "menagerie";
import { type Stage, text } from "./stage.ts";

/** Resolves when there is no such znode. */
async function gone(zk: Client, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    zk.exists(path, { watch: () => resolve() }).then((stat) => stat ?? resolve(), reject);
  });
}

/**
 * An exclusive lock: whoever creates the znode has it, all others wait until it is gone and try again. Simple, and in no order; for
 * many contenders take an ordered lock.
 */
async function exclusive<T>(zk: Client, path: string, owner: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      await zk.create(path, { data: owner, mode: "ephemeral" });
      break;
    } catch (error) {
      if (!(error instanceof KeeperError && error.code === "NODEEXISTS")) throw error;
      await gone(zk, path);
    }
  }
  try {
    return await work();
  } finally {
    await zk.delete(path);
  }
}

/** An ordered lock: numbered znodes, the lowest holds it, each of the others waits for the one before it. Who comes first is served first. */
class OrderedLock {
  readonly #zk: Client;
  readonly #path: string;

  static async queueUp(zk: Client, directory: string): Promise<OrderedLock> {
    return new OrderedLock(
      zk,
      (await zk.create(`${directory}/lock-`, { mode: "ephemeral-sequential" })).path,
    );
  }

  private constructor(zk: Client, path: string) {
    this.#zk = zk;
    this.#path = path;
  }

  async acquired(): Promise<void> {
    const slash = this.#path.lastIndexOf("/");
    const directory = this.#path.slice(0, slash);
    for (;;) {
      const { children } = await this.#zk.children(directory);
      const before = children.filter((name) => name < this.#path.slice(slash + 1)).sort();
      const predecessor = before.at(-1);
      if (predecessor === undefined) return;
      await gone(this.#zk, `${directory}/${predecessor}`);
    }
  }

  async release(): Promise<void> {
    await this.#zk.delete(this.#path);
  }
}

export default async function locks({ servers, print }: Stage): Promise<void> {
  await using one = await connect(servers);
  await using two = await connect(servers);
  await using three = await connect(servers);
  const clients = [one, two, three];

  await one.create("/balance", { data: "0" });
  const deposit = async (zk: Client): Promise<void> => {
    // Reading and writing are two steps: without the lock one deposit would overwrite another.
    const balance = Number(text((await zk.get("/balance")).data));
    await zk.set("/balance", String(balance + 10));
  };
  const deposits = clients.flatMap((zk, i) =>
    [1, 2, 3, 4].map(() => exclusive(zk, "/account-lock", `client-${i}`, () => deposit(zk))),
  );
  await Promise.all(deposits);
  print(`12 deposits of 10 by three clients: ${text((await one.get("/balance")).data)}`);

  await one.create("/counter-queue");
  const turns: { readonly name: string; readonly lock: OrderedLock }[] = [];
  for (const [i, name] of ["anna", "ben", "cleo"].entries()) {
    turns.push({ name, lock: await OrderedLock.queueUp(clients[i]!, "/counter-queue") });
    print(`${name} queues up`);
  }
  const served = turns.map(async ({ name, lock }) => {
    await lock.acquired();
    print(`${name} is served`);
    await lock.release();
  });
  await Promise.all(served);
}
