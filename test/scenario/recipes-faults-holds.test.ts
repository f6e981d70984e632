import { describe, expect, it } from "vitest";
import type { Client } from "../../src/client/index.ts";
import { LeaderLatch, LeaderSelector, MultiLock, ReadWriteLock, Semaphore } from "../../src/recipes/index.ts";
import { childCount, eventually, RecipeWorld } from "../support/recipe-world.ts";
import { answered, storm } from "../support/storm.ts";

/** Work in a critical section: longer than a turn, whatever the network does. */
const linger = (zk: Client): Promise<unknown> => answered(() => zk.exists("/"));

// "keep": sessions outlive these faults, so the exclusion must hold without a gap.
const keep = { onSuspended: "keep" } as const;

async function threeClients(world: RecipeWorld): Promise<[Client, Client, Client]> {
  return Promise.all([world.faulty(), world.faulty(), world.client()]);
}

describe.each(["curator", "kazoo"] as const)(
  "read/write lock in the layout of %s, under faults",
  (layout) => {
    it("a writer is alone, whatever is cut, delayed, dropped or restarted", async () => {
      await using world = await RecipeWorld.start();
      const clients = await threeClients(world);
      const inside = { read: 0, write: 0 };
      const rounds = { read: 0, write: 0 };
      const worker = async (zk: Client, kind: "read" | "write", isOver: () => boolean): Promise<void> => {
        const lock = new ReadWriteLock(zk, "/rw", { layout, ...keep });
        for (; !isOver(); rounds[kind]++) {
          await using _hold = await (kind === "read" ? lock.acquireRead() : lock.acquireWrite());
          inside[kind]++;
          expect(inside.write === 0 || (inside.write === 1 && inside.read === 0)).toBe(true);
          await linger(clients[2]);
          expect(inside.write === 0 || (inside.write === 1 && inside.read === 0)).toBe(true);
          inside[kind]--;
        }
      };
      await storm(world, (isOver) =>
        Promise.all(
          clients.flatMap((zk) => (["read", "write"] as const).map((kind) => worker(zk, kind, isOver))),
        ),
      );
      expect(rounds.read).toBeGreaterThan(3);
      expect(rounds.write).toBeGreaterThan(3);
      expect(await childCount(clients[2], "/rw")).toBe(0);
    });

    it("an expired writer hears of it and the next goes on; an expired waiter queues up again", async () => {
      await using world = await RecipeWorld.start();
      const [first, second, third] = await threeClients(world);
      const lockOf = (zk: Client): ReadWriteLock => new ReadWriteLock(zk, "/rw", { layout });
      const writer = await lockOf(first).acquireWrite();
      const reading = lockOf(second).acquireRead();
      await eventually(async () => (await childCount(third, "/rw")) === 2);
      const writing = lockOf(third).acquireWrite();
      await eventually(async () => (await childCount(third, "/rw")) === 3);
      await world.expire(second);
      await eventually(async () => (await childCount(third, "/rw")) === 3);
      await world.expire(first);
      await eventually(() => writer.signal.aborted);
      // The reader is behind the other writer now.
      const next = await writing;
      expect(Number(next.fencingToken)).toBeGreaterThan(Number(writer.fencingToken));
      await next.release();
      const reader = await reading;
      expect(Number(reader.fencingToken)).toBeGreaterThan(Number(next.fencingToken));
      await Promise.all([reader.release(), writer.release()]);
      expect(await childCount(third, "/rw")).toBe(0);
    });
  },
);

describe("multi-lock under faults", () => {
  it("all of it belongs to one, whatever is cut, delayed, dropped or restarted", async () => {
    await using world = await RecipeWorld.start();
    const clients = await threeClients(world);
    const holder = new Map<string, number>();
    let rounds = 0;
    const pairs = [
      ["/a", "/b"],
      ["/b", "/c"],
      ["/c", "/a"],
    ] as const;
    const worker = async (zk: Client, index: number, isOver: () => boolean): Promise<void> => {
      for (; !isOver(); rounds++) {
        await using _hold = await new MultiLock(zk, pairs[index]!, keep).acquire();
        for (const path of pairs[index]!) {
          expect(holder.has(path)).toBe(false);
          holder.set(path, index);
        }
        await linger(clients[2]);
        for (const path of pairs[index]!) {
          expect(holder.get(path)).toBe(index);
          holder.delete(path);
        }
      }
    };
    await storm(world, (isOver) => Promise.all(clients.map((zk, i) => worker(zk, i, isOver))));
    expect(rounds).toBeGreaterThan(6);
    for (const path of ["/a", "/b", "/c"]) expect(await childCount(clients[2], path)).toBe(0);
  });

  it("an expired holder hears of it once for all, and another takes all of it", async () => {
    await using world = await RecipeWorld.start();
    const [first, second] = await threeClients(world);
    const hold = await new MultiLock(first, ["/a", "/b"]).acquire();
    const waiting = new MultiLock(second, ["/b", "/a"]).acquire();
    await eventually(async () => (await childCount(second, "/a")) === 2);
    await world.expire(second);
    await world.expire(first);
    await eventually(() => hold.signal.aborted);
    expect(hold.isHeld).toBe(false);
    const next = await waiting;
    expect(next.holds.map(({ path }) => path.slice(0, 2))).toEqual(["/a", "/b"]);
    await Promise.all([hold.release(), next.release()]);
    expect([await childCount(second, "/a"), await childCount(second, "/b")]).toEqual([0, 0]);
  });
});

describe.each(["curator", "kazoo"] as const)("semaphore in the layout of %s, under faults", (layout) => {
  it("never more than its leases, whatever is cut, delayed, dropped or restarted", async () => {
    await using world = await RecipeWorld.start();
    const clients = await threeClients(world);
    let inside = 0;
    let most = 0;
    const worker = async (zk: Client, isOver: () => boolean): Promise<void> => {
      const semaphore = new Semaphore(zk, "/sem", { maxLeases: 2, layout, ...keep });
      while (!isOver()) {
        await using _lease = await semaphore.acquire();
        most = Math.max(most, ++inside);
        // The first ones stay until the semaphore is full.
        await eventually(() => most >= 2);
        await linger(clients[2]);
        inside--;
      }
    };
    await storm(world, (isOver) => Promise.all([...clients, ...clients].map((zk) => worker(zk, isOver))));
    expect(most).toBe(2);
    expect(await new Semaphore(clients[2], "/sem", { maxLeases: 2, layout }).held()).toBe(0);
  });

  it("an expired lease is free for another; an expired waiter asks again", async () => {
    await using world = await RecipeWorld.start();
    const [first, second, third] = await threeClients(world);
    const semaphoreOf = (zk: Client): Semaphore => new Semaphore(zk, "/sem", { maxLeases: 1, layout });
    const lease = await semaphoreOf(first).acquire();
    const waiting = semaphoreOf(second).acquire();
    await world.expire(second);
    await world.expire(first);
    await eventually(() => lease.signal.aborted);
    const next = await waiting;
    expect(Number(next.fencingToken)).toBeGreaterThan(Number(lease.fencingToken));
    await Promise.all([lease.release(), next.release()]);
    expect(await semaphoreOf(third).held()).toBe(0);
  });
});

it("one leader latch leads at a time, whatever is cut, delayed, dropped or restarted", async () => {
  await using world = await RecipeWorld.start();
  const clients = await threeClients(world);
  let leading = 0;
  let terms = 0;
  const candidate = async (zk: Client, isOver: () => boolean): Promise<void> => {
    while (!isOver()) {
      await using latch = new LeaderLatch(zk, "/latch", keep).start();
      const hold = await latch.lead();
      expect(++leading).toBe(1);
      await linger(clients[2]);
      expect(hold.isHeld).toBe(true);
      leading--;
      terms++;
    }
  };
  await storm(world, (isOver) => Promise.all(clients.map((zk) => candidate(zk, isOver))));
  expect(terms).toBeGreaterThan(6);
  await eventually(async () => (await childCount(clients[2], "/latch")) === 0);
});

describe.each(["curator", "kazoo"] as const)(
  "leader selector in the layout of %s, under faults",
  (layout) => {
    it("one leads at a time, whatever is cut, delayed, dropped or restarted", async () => {
      await using world = await RecipeWorld.start();
      const clients = await threeClients(world);
      let leading = 0;
      const terms = [0, 0, 0];
      const selectors = clients.map(
        (zk, i) => new LeaderSelector(zk, "/s", { id: `s${i}`, layout, ...keep }),
      );
      await storm(world, async (isOver) => {
        const runs = selectors.map((selector, i) =>
          selector.run(async () => {
            expect(++leading).toBe(1);
            await linger(clients[2]);
            expect(leading--).toBe(1);
            terms[i]!++;
          }),
        );
        await Promise.race([...runs, eventually(isOver)]);
        await Promise.all(selectors.map((selector) => selector.close()));
        await Promise.all(runs);
      });
      expect(Math.min(...terms)).toBeGreaterThan(0);
      // Who was queueing when it was closed leaves behind its back.
      await eventually(async () => (await childCount(clients[2], "/s")) === 0);
    });

    it("an expired leader's work is told to end; it leads again when its turn comes", async () => {
      await using world = await RecipeWorld.start();
      const [first, second] = await threeClients(world);
      const terms: string[] = [];
      let release = (): void => {};
      await using one = new LeaderSelector(first, "/s", { id: "one", layout });
      const running = one.run(
        async (_hold, signal) => {
          terms.push("one");
          if (terms.length > 1) return;
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          signal.throwIfAborted();
        },
        { terms: 2 },
      );
      await eventually(() => terms.length === 1);
      await using two = new LeaderSelector(second, "/s", { id: "two", layout });
      const other = two.run(
        async () => {
          terms.push("two");
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        },
        { terms: 1 },
      );
      await eventually(async () => (await childCount(second, "/s")) === 2);
      await world.expire(first);
      await eventually(() => terms.length === 2);
      await eventually(async () => (await two.participants()).join() === "two,one");
      release();
      await Promise.all([running, other]);
      expect(terms).toEqual(["one", "two", "one"]);
    });
  },
);
