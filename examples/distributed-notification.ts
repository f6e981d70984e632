import { type Client, connect } from "menagerie";
import { type Stage, text, unless } from "./stage.ts";

/**
 * A machine and its control room never talk to each other, only to znodes. Its ephemeral znode is the heartbeat, a znode that the
 * control room writes is the schedule, and the data of its heartbeat is the progress.
 */
async function machine(servers: string, name: string): Promise<Client> {
  const zk = await connect(servers);
  const status = `/plant/machines/${name}`;
  await zk.create(status, { data: "idle", mode: "ephemeral" });
  const orders = await zk.watch("/plant/orders", { mode: "persistent-recursive" });
  void (async () => {
    for await (const event of orders) {
      if (event.type !== "created" || event.path !== `/plant/orders/${name}`) continue;
      const job = text((await zk.get(event.path)).data);
      for (const percent of [25, 50, 75, 100]) await zk.set(status, `${job} ${percent}%`);
      await zk.multi([
        { type: "delete", path: event.path },
        { type: "set", path: status, data: "idle" },
      ]);
    }
  })().catch(unless("ClosedError"));
  return zk;
}

/** The control room: what it knows comes from one watch. */
class ControlRoom {
  readonly #zk: Client;
  readonly #reports: AsyncGenerator<string>;

  static async open(servers: string): Promise<ControlRoom> {
    const zk = await connect(servers);
    await zk.ensurePath("/plant/machines");
    await zk.ensurePath("/plant/orders");
    return new ControlRoom(zk);
  }

  private constructor(zk: Client) {
    this.#zk = zk;
    this.#reports = this.#watchMachines();
  }

  async *#watchMachines(): AsyncGenerator<string> {
    await using watch = await this.#zk.watch("/plant/machines", { mode: "persistent-recursive" });
    yield "control room: watching";
    for await (const event of watch) {
      const name = event.path.slice("/plant/machines/".length);
      if (event.type === "created") yield `${name}: on`;
      if (event.type === "deleted") yield `${name}: no heartbeat any more`;
      if (event.type === "dataChanged") {
        // Progress comes faster than it is read: what counts is the newest.
        const state = await this.#zk.get(event.path).catch(unless("NONODE"));
        if (state !== undefined) yield `${name}: ${text(state.data)}`;
      }
    }
  }

  /** The next report that says `end`, after those before it. */
  async reportsUntil(end: string): Promise<string[]> {
    const reports: string[] = [];
    for (let next = await this.#reports.next(); !next.done; next = await this.#reports.next()) {
      if (reports.at(-1) !== next.value) reports.push(next.value);
      if (next.value === end) break;
    }
    return reports;
  }

  async order(name: string, job: string): Promise<void> {
    await this.#zk.create(`/plant/orders/${name}`, { data: job });
  }

  async close(): Promise<void> {
    await this.#reports.return(undefined);
    await this.#zk.close();
  }
}

export default async function distributedNotification({ servers, print }: Stage): Promise<void> {
  const room = await ControlRoom.open(servers);
  const printUntil = async (end: string): Promise<void> => {
    for (const report of await room.reportsUntil(end)) print(report);
  };
  await printUntil("control room: watching");

  const press = await machine(servers, "press");
  await printUntil("press: on");
  await using _lathe = await machine(servers, "lathe");
  await printUntil("lathe: on");

  print("the control room orders 200 lids from the press");
  await room.order("press", "200 lids");
  const reports = await room.reportsUntil("press: idle");
  print(`progress arrives; the last report is: ${reports.at(-1)}`);

  print("somebody pulls the plug of the press");
  await press.close();
  await printUntil("press: no heartbeat any more");
  await room.close();
}
