import { describe, expect, it } from "vitest";
import { type Client, ZooKeeperError } from "../../src/client/index.ts";
import {
  AtomicLong,
  Counter,
  Lease,
  LockingQueue,
  PriorityQueue,
  Queue,
  SharedValue,
  TwoPhaseCommit,
  UniqueIds,
} from "../../src/recipes/index.ts";
import { eventually, RecipeWorld } from "../support/recipe-world.ts";
import { answered, storm } from "../support/storm.ts";

const encoder = new TextEncoder();
const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data);

/** True when it was done, false when nobody can say; what was certainly not done is an error here. */
async function isDone(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(ZooKeeperError);
    expect(error).toMatchObject({ outcome: "unknown" });
    return false;
  }
}

async function worldOfTwo(): Promise<{ world: RecipeWorld; faulty: Client; zk: Client }> {
  const world = await RecipeWorld.start();
  const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
  return { world, faulty, zk };
}

describe.each(["kazoo", "curator"] as const)("priority queue in the layout of %s, under faults", (layout) => {
  it("loses nothing that was put, and keeps the order, through lost sessions too", async () => {
    const { world, faulty, zk } = await worldOfTwo();
    await using _world = world;
    const queue = new PriorityQueue(faulty, "/p", { layout });
    const put: string[] = [];
    await storm(
      world,
      async (isOver) => {
        for (let i = 0; !isOver(); i++) {
          const priority = (i * 7) % 10;
          put.push(`${priority}-${String(i).padStart(6, "0")}`);
          await queue.put(put.at(-1)!, priority, { onLoss: "again" });
        }
      },
      { expiring: [faulty] },
    );
    const items = await new PriorityQueue(zk, "/p", { layout }).size();
    const taken: string[] = [];
    await storm(
      world,
      async () => {
        for (let i = 0; i < items; i++) taken.push(text(await queue.take()));
      },
      { expiring: [faulty] },
    );
    expect(new Set(taken)).toEqual(new Set(put));
    expect(taken).toEqual(taken.toSorted());
    expect(await queue.size()).toBe(0);
  });

  it("a taker that waits gets the next item although its session ends", async () => {
    const { world, faulty, zk } = await worldOfTwo();
    await using _world = world;
    const taking = new PriorityQueue(faulty, "/p", { layout }).take();
    await eventually(async () => (await zk.exists("/p")) !== null);
    await world.expire(faulty);
    world.proxy.cut();
    await world.server.restart();
    await new PriorityQueue(faulty, "/p", { layout }).put("late", 5);
    expect(text(await taking)).toBe("late");
  });
});

it("a queue keeps its order through lost sessions and restarts", async () => {
  const { world, faulty, zk } = await worldOfTwo();
  await using _world = world;
  const items = Array.from({ length: 200 }, (_, i) => `i${i}`);
  for (const item of items) await new Queue(zk, "/q").put(item);
  const taken: string[] = [];
  await storm(
    world,
    async () => {
      for (let i = 0; i < items.length; i++) taken.push(text(await new Queue(faulty, "/q").take()));
    },
    { expiring: [faulty] },
  );
  expect(taken).toEqual(items);
});

describe("atomic long under faults", () => {
  it("no step is lost or made twice, through lost sessions too", async () => {
    const { world, faulty, zk } = await worldOfTwo();
    await using _world = world;
    const second = await world.faulty();
    let unsure = 0;
    const after: bigint[] = [];
    const worker = async (client: Client, isOver: () => boolean): Promise<void> => {
      const long = new AtomicLong(client, "/n");
      while (!isOver()) {
        const stepping = long.increment().then((counted) => after.push(counted.after));
        if (!(await isDone(stepping))) unsure++;
      }
    };
    await storm(
      world,
      (isOver) => Promise.all([faulty, second, zk].map((client) => worker(client, isOver))),
      {
        expiring: [faulty, second],
      },
    );
    const value = Number(await new AtomicLong(zk, "/n").get());
    expect(value).toBeGreaterThanOrEqual(after.length);
    expect(value).toBeLessThanOrEqual(after.length + unsure);
    expect(new Set(after).size).toBe(after.length);
  });
});

it.each(["kazoo", "curator"] as const)(
  "a counter in the layout of %s counts every step once, under faults",
  async (layout) => {
    const { world, faulty, zk } = await worldOfTwo();
    await using _world = world;
    let [sure, unsure] = [0, 0];
    const worker = async (client: Client, isOver: () => boolean): Promise<void> => {
      const counter = new Counter(client, "/c", { layout });
      while (!isOver()) {
        if (await isDone(counter.add(1))) sure++;
        else unsure++;
      }
    };
    await storm(world, (isOver) => Promise.all([faulty, zk].map((client) => worker(client, isOver))), {
      expiring: [faulty],
    });
    const value = await new Counter(zk, "/c", { layout }).get();
    expect(value).toBeGreaterThanOrEqual(sure);
    expect(value).toBeLessThanOrEqual(sure + unsure);
  },
);

it("unique ids are unique and grow, through lost sessions and restarts", async () => {
  const { world, faulty, zk } = await worldOfTwo();
  await using _world = world;
  const drawn: bigint[][] = [[], []];
  const worker = async (client: Client, mine: bigint[], isOver: () => boolean): Promise<void> => {
    const ids = new UniqueIds(client, "/ids", { blockSize: 3 });
    while (!isOver()) mine.push(await ids.next());
  };
  await storm(
    world,
    (isOver) => Promise.all([faulty, zk].map((client, i) => worker(client, drawn[i]!, isOver))),
    { expiring: [faulty] },
  );
  const all = drawn.flat();
  expect(new Set(all).size).toBe(all.length);
  for (const mine of drawn) expect(mine).toEqual(mine.toSorted((a, b) => (a < b ? -1 : 1)));
});

it("a locking queue gives every item to somebody who finishes it, once, through lost sessions and restarts", async () => {
  const { world, faulty, zk } = await worldOfTwo();
  await using _world = world;
  const second = await world.faulty();
  const items = Array.from({ length: 60 }, (_, i) => `i${i}`);
  for (const item of items) await new LockingQueue(zk, "/lq").put(item);
  const finished: string[] = [];
  const unsure: string[] = [];
  const isSettled = async (
    consuming: Promise<boolean>,
    item: { readonly data: Uint8Array },
  ): Promise<boolean> => {
    let isOurs = false;
    const consumed = consuming.then((is) => {
      isOurs = is;
    });
    if (!(await isDone(consumed))) unsure.push(text(item.data));
    return isOurs;
  };
  const worker = async (client: Client): Promise<void> => {
    const queue = new LockingQueue(client, "/lq");
    while ((await answered(() => queue.size())) > 0) {
      try {
        await using item = await queue.take({ deadlineMs: 200 });
        if (await isSettled(item.consume(), item)) finished.push(text(item.data));
      } catch (error) {
        // Nothing is left but what another has.
        expect((error as Error).name).toBe("DeadlineError");
      }
    }
  };
  await storm(world, () => Promise.all([faulty, second, zk].map(worker)), { expiring: [faulty, second] });
  expect(new Set(finished).size).toBe(finished.length);
  expect(new Set([...finished, ...unsure])).toEqual(new Set(items));
  expect(await new LockingQueue(zk, "/lq").size()).toBe(0);
});

it("a two-phase commit has one outcome for all, through lost sessions and restarts", async () => {
  const { world, faulty, zk } = await worldOfTwo();
  await using _world = world;
  const second = await world.faulty();
  let rounds = 0;
  await storm(
    world,
    async (isOver) => {
      for (; !isOver(); rounds++) {
        const path = `/tx${rounds}`;
        await beginning(zk, path);
        const vote = rounds % 3 === 0 ? "abort" : "commit";
        const sites = [faulty, second].map(async (client, i) => {
          const site = new TwoPhaseCommit(client, path);
          await site.vote(`s${i}`, i === 0 ? vote : "commit");
          return site.outcome();
        });
        const outcomes = await Promise.all([new TwoPhaseCommit(faulty, path).decide(), ...sites]);
        expect(outcomes).toEqual([vote, vote, vote]);
      }
    },
    { expiring: [faulty, second] },
  );
  expect(rounds).toBeGreaterThan(3);
});

/** Opening a transaction is not repeated by itself: it is there when an attempt that was cut off has made it. */
async function beginning(zk: Client, path: string): Promise<void> {
  while ((await answered(() => zk.exists(path))) === null)
    await new TwoPhaseCommit(zk, path)
      .begin(["s0", "s1"])
      .catch((error) => expect(error).toBeInstanceOf(ZooKeeperError));
}

describe("shared value under faults", () => {
  it("every acknowledged change is in it once, and its watchers end up with the last one", async () => {
    const { world, faulty, zk } = await worldOfTwo();
    await using _world = world;
    const empty = encoder.encode("");
    const seen: string[] = [];
    await using watched = new SharedValue(faulty, "/v", empty);
    await watched.watch(({ value }) => seen.push(text(value)));
    const acknowledged: string[] = [];
    const unsure: string[] = [];
    const worker = async (client: Client, name: string, isOver: () => boolean): Promise<void> => {
      const shared = new SharedValue(client, "/v", empty);
      for (let i = 0; !isOver() && i < 200; i++) {
        const tag = `${name}${i}`;
        const changing = shared.update((value) => encoder.encode(`${text(value)} ${tag}`));
        ((await isDone(changing)) ? acknowledged : unsure).push(tag);
      }
    };
    await storm(world, (isOver) => Promise.all([worker(faulty, "f", isOver), worker(zk, "z", isOver)]), {
      expiring: [faulty],
    });
    const last = text((await new SharedValue(zk, "/v", empty).get()).value);
    const tags = last.split(" ").filter((tag) => tag !== "");
    expect(new Set(tags).size).toBe(tags.length);
    expect(tags).toEqual(expect.arrayContaining(acknowledged));
    expect(tags.filter((tag) => !acknowledged.includes(tag) && !unsure.includes(tag))).toEqual([]);
    await eventually(() => seen.at(-1) === last);
  });
});

describe("lease under faults", () => {
  it("never two at a time by the clock, through lost sessions and restarts", async () => {
    const { world, faulty, zk } = await worldOfTwo();
    await using _world = world;
    const second = await world.faulty();
    const startMs = Date.UTC(2026, 0, 1);
    let nowMs = startMs;
    const terms: { holder: string; fromMs: number; toMs: number }[] = [];
    const worker = async (client: Client, holder: string, isOver: () => boolean): Promise<void> => {
      const lease = new Lease(client, "/lease", { holder, durationMs: 5_000, wallClock: () => nowMs });
      for (let i = 0; !isOver(); i++) {
        // Now and then longer than a lease lasts.
        nowMs += 1_000 * (i % 8);
        const toMs = await lease.obtain();
        // It holds from before the answer on: what it was told must not overlap with what another was told.
        if (toMs !== undefined) terms.push({ holder, fromMs: toMs - 5_000, toMs });
      }
    };
    await storm(
      world,
      (isOver) => Promise.all([faulty, second, zk].map((client, i) => worker(client, `h${i}`, isOver))),
      { expiring: [faulty, second] },
    );
    const inOrder = terms.toSorted((a, b) => a.fromMs - b.fromMs);
    for (const [i, term] of inOrder.entries()) {
      const before = inOrder[i - 1];
      if (before !== undefined && before.holder !== term.holder)
        expect(before.toMs).toBeLessThanOrEqual(term.fromMs);
    }
    expect(new Set(terms.map(({ holder }) => holder)).size).toBeGreaterThan(1);
  });
});
