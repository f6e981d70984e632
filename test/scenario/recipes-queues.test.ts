import { describe, expect, it } from "vitest";
import { type Client, DeadlineError } from "../../src/client/index.ts";
import {
  AtomicLong,
  Barrier,
  Counter,
  DoubleBarrier,
  LockingQueue,
  MemberQueue,
  PriorityQueue,
  Queue,
  SharedValue,
  UniqueIds,
  uniqueName,
  WorkerIds,
} from "../../src/recipes/index.ts";
import { childCount, eventually, RecipeWorld } from "../support/recipe-world.ts";

const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data);

describe("barrier", () => {
  it("holds everybody until it is opened, through cuts and expiry", async () => {
    await using world = await RecipeWorld.start();
    const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
    const gate = new Barrier(zk, "/gates/one");
    await gate.wait();
    await gate.close();
    await gate.close();
    const passed: string[] = [];
    const waiting = ["a", "b"].map((name) =>
      new Barrier(faulty, "/gates/one").wait().then(() => passed.push(name)),
    );
    await expect(gate.wait({ deadlineMs: 30 })).rejects.toThrow(DeadlineError);
    world.proxy.cut();
    await faulty.when("connected");
    await world.expire(faulty);
    await faulty.when("connected");
    expect(passed).toEqual([]);
    await gate.open();
    await Promise.all(waiting);
    expect(passed.sort()).toEqual(["a", "b"]);
    await gate.open();
  });
});

describe.each(["curator", "kazoo"] as const)("double barrier in the layout of %s", (layout) => {
  it("all begin together and end together", async () => {
    await using world = await RecipeWorld.start();
    const clients = await Promise.all([world.faulty(), world.client(), world.client()]);
    const members = clients.map((zk) => new DoubleBarrier(zk, "/b", { members: 3, layout }));
    for (let round = 0; round < 3; round++) {
      let entered = 0;
      const entering = members.slice(0, 2).map((member) => member.enter().then(() => entered++));
      await eventually(async () => (await childCount(clients[1]!, "/b")) === 2);
      world.proxy.cut();
      await clients[0]!.when("connected");
      expect(entered).toBe(0);
      await Promise.all([...entering, members[2]!.enter().then(() => entered++)]);
      expect(entered).toBe(3);
      let left = 0;
      const leaving = members.slice(0, 2).map((member) => member.leave().then(() => left++));
      await clients[1]!.sync("/");
      await Promise.all([...leaving, members[2]!.leave().then(() => left++)]);
      expect(left).toBe(3);
      expect(await childCount(clients[1]!, "/b")).toBe(0);
    }
    await expect(members[0]!.enter({ deadlineMs: 30 })).rejects.toThrow(DeadlineError);
    await eventually(async () => (await childCount(clients[1]!, "/b")) === 0);
  });
});

it("the queue of N members lets nobody go before the last has come", async () => {
  await using world = await RecipeWorld.start();
  const clients = await Promise.all([world.faulty(), world.client(), world.client()]);
  let started = 0;
  const join = async (zk: Client) => {
    const member = await new MemberQueue(zk, "/gather", { members: 3 }).join();
    started++;
    return member;
  };
  const early = [join(clients[0]!), join(clients[1]!)];
  await eventually(async () => (await childCount(clients[1]!, "/gather")) === 2);
  world.proxy.cut();
  await clients[0]!.when("connected");
  expect(started).toBe(0);
  const members = await Promise.all([...early, join(clients[2]!)]);
  expect(started).toBe(3);
  await Promise.all(members.map((member) => member.leave()));
  await new MemberQueue(clients[1]!, "/gather", { members: 3 }).reset();
  expect(await childCount(clients[1]!, "/gather")).toBe(0);
});

describe.each(["zookeeper", "kazoo", "curator"] as const)("queue in the layout of %s", (layout) => {
  it("first in, first out; take waits; every item once", async () => {
    await using world = await RecipeWorld.start();
    const clients = await Promise.all([world.client(), world.client()]);
    const queue = new Queue(clients[0]!, "/q", { layout });
    expect(await queue.poll()).toBeUndefined();
    for (const item of ["a", "b", "c"]) await queue.put(item);
    expect(await queue.size()).toBe(3);
    expect([text(await queue.poll()), text(await queue.take())]).toEqual(["a", "b"]);
    await queue.take();
    await expect(queue.take({ deadlineMs: 20 })).rejects.toThrow(DeadlineError);
    const taken: string[] = [];
    const consumers = clients.map(async (zk) => {
      for (let i = 0; i < 20; i++) taken.push(text(await new Queue(zk, "/q", { layout }).take()));
    });
    for (let i = 0; i < 40; i++) await queue.put(`i${i}`);
    await Promise.all(consumers);
    expect(new Set(taken).size).toBe(40);
    expect(await queue.size()).toBe(0);
  });
});

it("a queue loses nothing when connections are cut: deliver may repeat, drop may lose", async () => {
  await using world = await RecipeWorld.start();
  const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
  const items = Array.from({ length: 30 }, (_, i) => `i${i}`);
  for (const item of items) await new Queue(zk, "/q").put(item);
  const taken: string[] = [];
  for (let i = 0; i < items.length; i++) {
    if (i % 5 === 0) {
      world.proxy.drop("toClient");
      const taking = new Queue(faulty, "/q").take();
      for (let turn = 0; turn < 3; turn++) await zk.exists("/q");
      world.proxy.heal();
      world.proxy.cut();
      taken.push(text(await taking));
    } else taken.push(text(await new Queue(faulty, "/q").take()));
  }
  expect(taken).toEqual(items);
});

describe.each(["kazoo", "curator"] as const)("priority queue in the layout of %s", (layout) => {
  it("lower first, then first in", async () => {
    await using world = await RecipeWorld.start();
    const queue = new PriorityQueue(await world.client(), "/p", { layout });
    const low = layout === "curator" ? -5 : 1;
    await queue.put("late", 500);
    await queue.put("second", low);
    await queue.put("first", low - 1);
    await queue.put("third", low);
    const taken: string[] = [];
    for (let i = 0; i < 4; i++) taken.push(text(await queue.take()));
    expect(taken).toEqual(["first", "second", "third", "late"]);
    await expect(queue.put("x", layout === "curator" ? 2 ** 31 : 1000)).rejects.toThrow(/whole number/);
  });
});

describe("locking queue", () => {
  it("an item of a consumer that dies is taken again; a consumed one never", async () => {
    await using world = await RecipeWorld.start();
    const [one, two] = await Promise.all([world.client(), world.client()]);
    const queue = new LockingQueue(one, "/lq");
    await queue.put("b");
    await queue.put("a", { priority: 1 });
    const first = await queue.take();
    expect(text(first.data)).toBe("a");
    const other = await new LockingQueue(two, "/lq").take();
    expect(text(other.data)).toBe("b");
    const waiting = new LockingQueue(two, "/lq").take();
    await world.expire(one);
    const again = await waiting;
    expect(text(again.data)).toBe("a");
    await eventually(() => first.signal.aborted);
    expect(await first.consume()).toBe(false);
    expect(Number(again.fencingToken)).toBeGreaterThan(Number(first.fencingToken));
    expect(await again.consume()).toBe(true);
    await other.release();
    expect(text((await new LockingQueue(one, "/lq").take()).data)).toBe("b");
    expect(await queue.size()).toBe(1);
  });

  it("consumes once when the answer is lost", async () => {
    await using world = await RecipeWorld.start();
    const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
    const queue = new LockingQueue(faulty, "/lq");
    await queue.put("a");
    const item = await queue.take();
    world.proxy.drop("toClient");
    const consuming = item.consume();
    await eventually(async () => (await zk.exists(item.path)) === null);
    world.proxy.heal();
    world.proxy.cut();
    expect(await consuming).toBe(true);
    expect(await childCount(zk, "/lq/taken")).toBe(0);
  });
});

describe("numbers", () => {
  it.each(["kazoo", "curator"] as const)("a counter in the layout of %s loses no step", async (layout) => {
    await using world = await RecipeWorld.start();
    const clients = await Promise.all([world.client(), world.client(), world.client()]);
    const counters = clients.map((zk) => new Counter(zk, "/n/c", { layout }));
    const count = async (counter: Counter): Promise<void> => {
      for (let i = 0; i < 30; i++) await counter.add(i % 3 === 0 ? -1 : 2);
    };
    await Promise.all(counters.map(count));
    expect(await counters[0]!.get()).toBe(90);
    const { data } = await clients[0]!.get("/n/c");
    expect(layout === "kazoo" ? text(data!) : [...data!]).toEqual(layout === "kazoo" ? "90" : [0, 0, 0, 90]);
  });

  it("a change whose answer is lost ends as unknown, one that did not arrive is made", async () => {
    await using world = await RecipeWorld.start();
    const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
    const counter = new Counter(faulty, "/c");
    await counter.add(1);
    world.proxy.drop("toClient");
    const adding = counter.add(1).catch((error: unknown) => error);
    for (let turn = 0; turn < 20; turn++) await zk.exists("/c");
    world.proxy.heal();
    world.proxy.cut();
    const result = await adding;
    const value = await new Counter(zk, "/c").get();
    // The read was answered by nobody, so the write was not sent, and all of it is done on the new connection.
    if (value === 2 && !(result instanceof Error)) expect(result).toEqual({ before: 1, after: 2 });
    else expect(result).toMatchObject({ outcome: "unknown" });
    expect(value).toBe(2);
  });

  it("atomic long", async () => {
    await using world = await RecipeWorld.start();
    const long = new AtomicLong(await world.client(), "/long", { initial: 40n });
    expect(await long.add(2n)).toEqual({ before: 40n, after: 42n });
    expect(await long.compareAndSet(42n, 1n << 62n)).toBe(true);
    expect(await long.compareAndSet(42n, 0n)).toBe(false);
    await expect(long.add(1n << 62n)).rejects.toThrow(/64 bits/);
    expect((await long.decrement()).after).toBe((1n << 62n) - 1n);
  });

  it("a shared value tells its watchers", async () => {
    await using world = await RecipeWorld.start();
    const [one, two] = await Promise.all([world.client(), world.client()]);
    const start = new TextEncoder().encode("0");
    await using seen = new SharedValue(one, "/v", start);
    const values: string[] = [];
    await seen.watch(({ value }) => values.push(text(value)));
    const other = new SharedValue(two, "/v", start);
    const { version } = await other.get();
    expect(await other.trySet(new TextEncoder().encode("1"), version)).toBe(true);
    expect(await other.trySet(new TextEncoder().encode("2"), version)).toBe(false);
    await eventually(() => values.at(-1) === "1");
  });

  it("unique ids are unique across processes and cut connections", async () => {
    await using world = await RecipeWorld.start();
    const clients = await Promise.all([world.faulty(), world.client()]);
    const generators = clients.map((zk) => new UniqueIds(zk, "/ids", { blockSize: 7 }));
    const ids: bigint[] = [];
    const draw = async (generator: UniqueIds, isCutting: boolean): Promise<void> => {
      for (let i = 0; i < 50; i++) {
        if (isCutting && i % 10 === 5) world.proxy.cut();
        ids.push(...(await Promise.all([generator.next(), generator.next()])));
      }
    };
    await Promise.all(generators.map((generator, i) => draw(generator, i === 0)));
    expect(new Set(ids).size).toBe(200);
  });

  it("worker ids: the lowest free one, again free when its holder dies", async () => {
    await using world = await RecipeWorld.start();
    const [one, two] = await Promise.all([world.client(), world.client()]);
    const claims = await Promise.all([one, two].map((zk) => new WorkerIds(zk, "/w", { count: 2 }).claim()));
    expect(claims.map(({ id }) => id).sort()).toEqual([0, 1]);
    await expect(new WorkerIds(two, "/w", { count: 2 }).claim()).rejects.toThrow(/all 2 worker ids/);
    await world.expire(one);
    await eventually(() => claims[0]!.hold.signal.aborted);
    const again = await new WorkerIds(two, "/w", { count: 2 }).claim();
    expect(again.id).toBe(claims[0]!.id);
    const name = await uniqueName(two, "/names", "worker-");
    expect(name.path).toMatch(/^\/names\/worker-[0-9a-f]{32}-\d{10}$/);
  });
});
