import { describe, expect, it } from "vitest";
import { AbortedError, DeadlineError } from "../../src/client/index.ts";
import {
  type Hold,
  LeaderLatch,
  LeaderSelector,
  Lock,
  LostError,
  MultiLock,
  ReadWriteLock,
  Semaphore,
} from "../../src/recipes/index.ts";
import { childCount, eventually, RecipeWorld } from "../support/recipe-world.ts";

describe.each(["curator", "kazoo"] as const)("lock in the layout of %s", (layout) => {
  it("excludes, in the order of asking, with growing tokens", async () => {
    await using world = await RecipeWorld.start();
    const clients = await Promise.all([world.client(), world.client(), world.client()]);
    let inside = 0;
    let most = 0;
    const tokens: number[] = [];
    const work = async (hold: Hold): Promise<void> => {
      most = Math.max(most, ++inside);
      tokens.push(Number(hold.fencingToken));
      await clients[0]!.sync("/");
      inside--;
    };
    const rounds = clients.flatMap((zk) =>
      Array.from({ length: 20 }, () => new Lock(zk, "/locks/a", { layout }).run(work)),
    );
    await Promise.all(rounds);
    expect(most).toBe(1);
    expect(tokens).toHaveLength(60);
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
    expect(await childCount(clients[0]!, "/locks/a")).toBe(0);
  });

  it("watches the predecessor only: a release wakes one", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    const first = await new Lock(zk, "/herd", { layout }).acquire();
    const waiting = [1, 2, 3, 4, 5].map(() => new Lock(zk, "/herd", { layout }).acquire());
    await eventually(async () => (await childCount(zk, "/herd")) === 6);
    const names = await new Lock(zk, "/herd", { layout }).contenders();
    expect(names).toHaveLength(6);
    const { children } = await zk.children("/herd");
    const sorted = children.sort((a, b) => (a.slice(-10) < b.slice(-10) ? -1 : 1));
    const isWatched = (name: string): Promise<boolean> => zk.checkWatches(`/herd/${name}`, "data");
    await eventually(async () => (await Promise.all(sorted.slice(0, 5).map(isWatched))).every(Boolean));
    expect(await isWatched(sorted[5]!)).toBe(false);
    expect(await zk.checkWatches("/herd", "children")).toBe(false);
    await first.release();
    for (const next of waiting) await (await next).release();
  });
});

describe("lock", () => {
  it("is re-entrant for the same owner only", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    const lock = new Lock(zk, "/l");
    const owner = {};
    const [one, two] = await Promise.all([lock.acquire({ owner }), lock.acquire({ owner })]);
    expect(one).toBe(two);
    expect(await childCount(zk, "/l")).toBe(1);
    expect(await lock.tryAcquire()).toBeUndefined();
    await one.release();
    expect(two.isHeld).toBe(true);
    expect(await lock.tryAcquire()).toBeUndefined();
    await two.release();
    const other = await lock.tryAcquire();
    expect(other?.isHeld).toBe(true);
    await expect(lock.acquire({ owner, deadlineMs: 20 })).rejects.toThrow(DeadlineError);
    await other?.release();
    await (await lock.acquire({ owner })).release();
  });

  it("leaves no znode behind when patience ends", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    const lock = new Lock(zk, "/l");
    const hold = await lock.acquire();
    const abort = new AbortController();
    const waiting = lock.acquire({ signal: abort.signal });
    await eventually(async () => (await childCount(zk, "/l")) === 2);
    abort.abort();
    await expect(waiting).rejects.toThrow(AbortedError);
    await eventually(async () => (await childCount(zk, "/l")) === 1);
    await hold.release();
  });

  it("finds its own znode when the answer to the create was lost", async () => {
    await using world = await RecipeWorld.start();
    const [faulty, observer] = await Promise.all([world.faulty(), world.client()]);
    await observer.create("/l");
    for (let round = 0; round < 10; round++) {
      world.proxy.drop("toClient");
      const acquiring = new Lock(faulty, "/l").acquire();
      await eventually(async () => (await childCount(observer, "/l")) === 1);
      world.proxy.heal();
      world.proxy.cut();
      const hold = await acquiring;
      expect(await childCount(observer, "/l")).toBe(1);
      await hold.release();
      expect(await childCount(observer, "/l")).toBe(0);
    }
  });

  it("tells the holder of a suspended connection, and releases all the same", async () => {
    await using world = await RecipeWorld.start();
    const [faulty, observer] = await Promise.all([world.faulty(), world.client()]);
    const stop = await new Lock(faulty, "/stop").acquire();
    const keep = await new Lock(faulty, "/keep", { onSuspended: "keep" }).acquire();
    world.proxy.cut();
    await eventually(() => stop.signal.aborted);
    expect(stop.signal.reason).toBeInstanceOf(LostError);
    expect(stop.signal.reason).toMatchObject({ reason: "suspended", retryable: true });
    await faulty.when("connected");
    expect(keep.isHeld).toBe(true);
    await Promise.all([stop.release(), keep.release()]);
    expect(await childCount(observer, "/stop")).toBe(0);
    expect(await childCount(observer, "/keep")).toBe(0);
  });

  it("goes to the next when the holder's session expires; a waiter whose session expires queues up again", async () => {
    await using world = await RecipeWorld.start();
    const [holder, waiter, third] = await Promise.all([world.client(), world.client(), world.client()]);
    const hold = await new Lock(holder, "/l").acquire();
    const waiting = new Lock(waiter, "/l").acquire();
    await eventually(async () => (await childCount(third, "/l")) === 2);
    await world.expire(waiter);
    await eventually(async () => (await childCount(third, "/l")) === 2);
    await world.expire(holder);
    await eventually(() => hold.signal.aborted);
    const next = await waiting;
    expect(["suspended", "expired"]).toContain((hold.signal.reason as LostError).reason);
    expect(Number(next.fencingToken)).toBeGreaterThan(Number(hold.fencingToken));
    await Promise.all([hold.release(), next.release()]);
    expect(await childCount(third, "/l")).toBe(0);
  });

  it("is kept, and waited for, through a restart of the server", async () => {
    await using world = await RecipeWorld.start();
    const [holder, waiter] = await Promise.all([world.client(), world.client()]);
    const hold = await new Lock(holder, "/l", { onSuspended: "keep" }).acquire();
    const waiting = new Lock(waiter, "/l").acquire();
    await eventually(async () => (await childCount(holder, "/l")) === 2);
    const broken = Promise.all([holder.when("suspended"), waiter.when("suspended")]);
    await world.server.restart();
    await broken;
    await Promise.all([holder.when("connected"), waiter.when("connected")]);
    expect(await childCount(waiter, "/l")).toBe(2);
    expect(hold.isHeld).toBe(true);
    await hold.release();
    await (await waiting).release();
    expect(await childCount(waiter, "/l")).toBe(0);
  });

  it("excludes while the network cuts, delays and drops", async () => {
    await using world = await RecipeWorld.start();
    const clients = await Promise.all([world.faulty(), world.faulty(), world.client()]);
    let inside = 0;
    let rounds = 0;
    const keep = { onSuspended: "keep" } as const;
    const worker = async (index: number): Promise<void> => {
      for (let i = 0; i < 15; i++) {
        await new Lock(clients[index]!, "/l", keep).run(async (hold) => {
          expect(++inside).toBe(1);
          rounds++;
          await clients[2]!.sync("/");
          if (!hold.signal.aborted) expect(inside).toBe(1);
          inside--;
        });
      }
    };
    const workers = Promise.all([worker(0), worker(1), worker(2)]);
    let isDone = false;
    void workers.finally(() => {
      isDone = true;
    });
    for (let fault = 0; !isDone; fault++) {
      if (fault % 3 === 1) world.proxy.drop("toClient");
      if (fault % 3 === 2) world.proxy.delay(3);
      for (let turn = 0; turn < 40 && !isDone; turn++) await clients[2]!.exists("/l");
      world.proxy.heal();
      world.proxy.cut();
    }
    await workers;
    expect(rounds).toBe(45);
    expect(await childCount(clients[2]!, "/l")).toBe(0);
  });
});

describe.each(["curator", "kazoo"] as const)("read/write lock in the layout of %s", (layout) => {
  it("many readers or one writer, fair", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    const lock = new ReadWriteLock(zk, "/rw", { layout });
    const readers = await Promise.all([lock.acquireRead(), lock.acquireRead()]);
    const writing = lock.acquireWrite();
    await eventually(async () => (await childCount(zk, "/rw")) === 3);
    await expect(lock.acquireRead({ deadlineMs: 30 })).rejects.toThrow(DeadlineError);
    await Promise.all(readers.map((reader) => reader.release()));
    const writer = await writing;
    await expect(lock.acquireWrite({ deadlineMs: 30 })).rejects.toThrow(DeadlineError);
    const reader = await lock.downgrade(writer);
    await writer.release();
    const other = await lock.acquireRead();
    await Promise.all([reader.release(), other.release()]);
    await eventually(async () => (await childCount(zk, "/rw")) === 0);
  });
});

describe.each(["curator", "kazoo"] as const)("semaphore in the layout of %s", (layout) => {
  it("never more than its leases, through faults", async () => {
    await using world = await RecipeWorld.start();
    const clients = await Promise.all([world.faulty(), world.client()]);
    let inside = 0;
    let most = 0;
    const options = { maxLeases: 3, layout, onSuspended: "keep" } as const;
    const tasks = Array.from({ length: 24 }, async (_, i) => {
      const hold = await new Semaphore(clients[i % 2]!, "/sem", options).acquire();
      most = Math.max(most, ++inside);
      if (i % 8 === 0) world.proxy.cut();
      // The first ones stay until the semaphore is full.
      await eventually(() => most >= 3);
      await clients[1]!.sync("/");
      inside--;
      await hold.release();
    });
    await Promise.all(tasks);
    expect(most).toBe(3);
    const semaphore = new Semaphore(clients[1]!, "/sem", options);
    expect(await semaphore.held()).toBe(0);
    const all = await Promise.all([semaphore.acquire(), semaphore.acquire(), semaphore.acquire()]);
    expect(await semaphore.tryAcquire()).toBeUndefined();
    await expect(semaphore.acquire({ deadlineMs: 30 })).rejects.toThrow(DeadlineError);
    await Promise.all(all.map((hold) => hold.release()));
  });
});

it("a kazoo semaphore refuses another number of leases", async () => {
  await using world = await RecipeWorld.start();
  const zk = await world.client();
  await (await new Semaphore(zk, "/s", { maxLeases: 2, layout: "kazoo" }).acquire()).release();
  await expect(new Semaphore(zk, "/s", { maxLeases: 3, layout: "kazoo" }).acquire()).rejects.toThrow(
    /has 2 leases, not 3/,
  );
});

it("multi-locks take all or none and do not block each other for ever", async () => {
  await using world = await RecipeWorld.start();
  const zk = await world.client();
  const forth = new MultiLock(zk, ["/a", "/b", "/c"]);
  const back = new MultiLock(zk, ["/c", "/b", "/a"]);
  for (let round = 0; round < 5; round++) {
    const holds = await Promise.all([
      forth.acquire().then((hold) => hold.release()),
      back.acquire().then((hold) => hold.release()),
    ]);
    expect(holds).toHaveLength(2);
  }
  const single = await new Lock(zk, "/b").acquire();
  expect(await forth.tryAcquire()).toBeUndefined();
  await expect(forth.acquire({ deadlineMs: 30 })).rejects.toThrow(DeadlineError);
  await eventually(async () => (await childCount(zk, "/a")) === 0);
  await single.release();
  const all = await forth.tryAcquire();
  expect(all?.isHeld).toBe(true);
  await all?.release();
});

describe("leader latch", () => {
  it("one leads; the next takes over; a lost connection ends the term, not the candidacy", async () => {
    await using world = await RecipeWorld.start();
    const [faulty, other] = await Promise.all([world.faulty(), world.client()]);
    await using one = new LeaderLatch(faulty, "/election", { id: "one" }).start();
    const first = await one.lead();
    await using two = new LeaderLatch(other, "/election", { id: "two" }).start();
    await eventually(async () => (await two.participants()).length === 2);
    expect(await two.participants()).toEqual(["one", "two"]);
    expect(two.isLeader).toBe(false);
    world.proxy.cut();
    await eventually(() => first.signal.aborted);
    // The session lives and the znode is still the first: the same office, the same token.
    const again = await one.lead();
    expect(again.fencingToken).toBe(first.fencingToken);
    await world.expire(faulty);
    const second = await two.lead();
    expect(Number(second.fencingToken)).toBeGreaterThan(Number(first.fencingToken));
    await eventually(async () => (await two.participants()).join() === "two,one");
    await two.close();
    await one.lead();
  });

  it("notices that its znode was deleted by hand", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    await using latch = new LeaderLatch(zk, "/election").start();
    const hold = await latch.lead();
    await zk.delete(hold.path);
    await eventually(() => hold.signal.aborted);
    expect(hold.signal.reason).toMatchObject({ reason: "deleted" });
    const again = await latch.lead();
    expect(again.path).not.toBe(hold.path);
  });
});

it("leader selectors lead in turn, one at a time", async () => {
  await using world = await RecipeWorld.start();
  const clients = await Promise.all([world.client(), world.client(), world.client()]);
  const terms: string[] = [];
  let leading = 0;
  const runs = clients.map((zk, i) => {
    const selector = new LeaderSelector(zk, "/select", { id: `s${i}` });
    return selector.run(
      async () => {
        expect(++leading).toBe(1);
        terms.push(selector.id);
        await zk.sync("/");
        leading--;
      },
      { terms: 4 },
    );
  });
  await Promise.all(runs);
  expect(terms.toSorted()).toEqual(["s0", "s1", "s2"].flatMap((id) => Array<string>(4).fill(id)));
  expect(await childCount(clients[0]!, "/select")).toBe(0);
});
