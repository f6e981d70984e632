import { expect } from "vitest";
import type { Client } from "../../../src/client/index.ts";
import {
  AtomicLong,
  Barrier,
  Counter,
  DoubleBarrier,
  GroupMember,
  LeaderLatch,
  LeaderSelector,
  Lease,
  Lock,
  LockingQueue,
  Party,
  PriorityQueue,
  Queue,
  type QueueOptions,
  ReadWriteLock,
  Semaphore,
  SetPartitioner,
} from "../../../src/recipes/index.ts";
import { appears, BASE, type Peer, ROUNDS, section, tally, text } from "./shared-world.ts";

const RECIPE = `${BASE}/recipe`;

type Layout = "curator" | "kazoo";

/** Our side of one shared recipe. `peer` settles when the other side is through. */
export interface SharedRecipe {
  /** Its name in the peer's program. */
  readonly name: string;
  readonly peer: Peer;
  /** Before the peer starts. */
  readonly prepare?: (zk: Client) => Promise<void>;
  readonly play: (zk: Client, peer: Promise<void>) => Promise<void>;
}

async function times(work: (round: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await work(round);
}

/**
 * The section of one of our rounds. In the first ones we stay until the peer has queued up behind us, so that the two certainly
 * contend, however long the peer takes to warm up.
 */
async function contended(zk: Client, round: number, peer: Promise<void>): Promise<void> {
  let isPeerDone = false;
  const done = (): void => {
    isPeerDone = true;
  };
  void peer.then(done, done);
  while (round < CONTENDED_ROUNDS && !isPeerDone) {
    if ((await zk.children(RECIPE)).children.length > 1) break;
  }
  await section(zk);
}

const CONTENDED_ROUNDS = 6;

async function lock(zk: Client, layout: Layout, peer: Promise<void>): Promise<void> {
  const shared = new Lock(zk, RECIPE, { layout, data: "node" });
  await times((round) => shared.run(() => contended(zk, round, peer)));
}

async function readWrite(zk: Client, layout: Layout, peer: Promise<void>): Promise<void> {
  const shared = new ReadWriteLock(zk, RECIPE, { layout });
  await times(async (round) => {
    if (round % 2 === 0) {
      await using _writer = await shared.acquireWrite();
      await contended(zk, round, peer);
    } else {
      await using _reader = await shared.acquireRead();
      expect(await zk.exists(`${BASE}/inside`)).toBeNull();
    }
  });
}

async function semaphore(zk: Client, layout: Layout): Promise<void> {
  const shared = new Semaphore(zk, RECIPE, { maxLeases: 2, layout });
  // Three tasks here and one there want two leases.
  const task = (): Promise<void> =>
    times(async () => {
      await using _lease = await shared.acquire();
      const own = await zk.create(`${BASE}/holders/n-`, { mode: "ephemeral-sequential" });
      const { children } = await zk.children(`${BASE}/holders`);
      expect(children.length).toBeLessThanOrEqual(2);
      await zk.delete(own.path);
    });
  await Promise.all([task(), task(), task()]);
}

async function barrier(zk: Client): Promise<void> {
  await times(async (round) => {
    const shared = new Barrier(zk, `${RECIPE}/${round}`);
    if (round % 2 === 0) {
      await zk.create(`${BASE}/opened-${round}`);
      await shared.open();
    } else {
      await shared.wait();
      expect(await zk.exists(`${BASE}/opened-${round}`)).not.toBeNull();
    }
  });
}

/** kazoo fails when a container that it has seen is gone; where Curator's names are shared with it, somebody makes it last. */
const ensureBase = (zk: Client): Promise<void> => zk.ensurePath(RECIPE);

async function closeBarriers(zk: Client): Promise<void> {
  await times((round) => new Barrier(zk, `${RECIPE}/${round}`).close());
}

async function doubleBarrier(zk: Client, layout: Layout): Promise<void> {
  await times(async (round) => {
    await zk.create(`${BASE}/entered-n-${round}`);
    const shared = new DoubleBarrier(zk, `${RECIPE}/${round}`, { members: 2, layout });
    await shared.enter();
    expect(await zk.exists(`${BASE}/entered-k-${round}`)).not.toBeNull();
    await zk.create(`${BASE}/leaves-n-${round}`);
    await shared.leave();
    expect(await zk.exists(`${BASE}/leaves-k-${round}`)).not.toBeNull();
  });
}

async function queue(zk: Client, options: QueueOptions): Promise<void> {
  const [from, to] = [new Queue(zk, `${BASE}/to-node`, options), new Queue(zk, `${BASE}/to-peer`, options)];
  const putting = times(async (round) => {
    await to.put(String(round));
  });
  await times(async (round) => expect(text(await from.take())).toBe(String(round)));
  await putting;
}

async function priorityQueue(zk: Client): Promise<void> {
  await appears(zk, `${BASE}/all-put`);
  const from = new PriorityQueue(zk, `${BASE}/to-node`, { layout: "curator" });
  await times(async (round) => expect(text(await from.take())).toBe(String(ROUNDS - 1 - round)));
}

async function lockingQueue(zk: Client): Promise<void> {
  const [from, to] = [new LockingQueue(zk, `${BASE}/to-node`), new LockingQueue(zk, `${BASE}/to-peer`)];
  const putting = times(async (round) => {
    await to.put(String(round));
  });
  await times(async (round) => {
    const item = await from.take();
    expect(text(item.data)).toBe(String(round));
    expect(await item.consume()).toBe(true);
  });
  await putting;
}

async function counter(zk: Client, layout: Layout, peer: Promise<void>): Promise<void> {
  const shared = new Counter(zk, RECIPE, { layout });
  await times(async () => {
    await shared.add(1);
  });
  await peer;
  expect(await shared.get()).toBe(2 * ROUNDS);
}

async function atomicLong(zk: Client, peer: Promise<void>): Promise<void> {
  const shared = new AtomicLong(zk, RECIPE);
  await times(async () => {
    await shared.increment();
  });
  await peer;
  expect(await shared.get()).toBe(BigInt(2 * ROUNDS));
}

async function latch(zk: Client, peer: Promise<void>): Promise<void> {
  await times(async (round) => {
    await using own = new LeaderLatch(zk, RECIPE, { id: "node" }).start();
    await own.lead();
    await contended(zk, round, peer);
  });
}

async function selector(zk: Client, layout: Layout, peer: Promise<void>): Promise<void> {
  let round = 0;
  const own = new LeaderSelector(zk, RECIPE, { id: "node", layout });
  await own.run(() => contended(zk, round++, peer), { terms: ROUNDS });
}

async function party(zk: Client): Promise<void> {
  await using _party = await new Party(zk, RECIPE, { identifier: "node" }).join();
  await using shallow = await new Party(zk, `${BASE}/shallow`, {
    identifier: "node",
    kind: "shallow",
  }).join();
  await appears(zk, `${BASE}/seen`);
  expect((await _party.members()).sort()).toEqual(["kazoo", "node"]);
  expect((await shallow.members()).sort()).toEqual(["kazoo", "node"]);
  await zk.create(`${BASE}/goodbye`);
}

async function group(zk: Client): Promise<void> {
  await using member = await new GroupMember(zk, RECIPE, "node", { payload: "N" }).start();
  await appears(zk, `${BASE}/seen`);
  expect(text(member.members().get("curator"))).toBe("C");
  await zk.create(`${BASE}/goodbye`);
}

async function takeLease(zk: Client): Promise<void> {
  const lease = new Lease(zk, RECIPE, { holder: "node", durationMs: 600_000 });
  expect(await lease.obtain()).toBeGreaterThan(Date.now());
}

async function lease(zk: Client, peer: Promise<void>): Promise<void> {
  await peer;
  expect(
    await new Lease(zk, `${BASE}/other`, { holder: "node", durationMs: 600_000 }).obtain(),
  ).toBeUndefined();
}

async function partitioner(zk: Client): Promise<void> {
  const options = { items: ["a", "b", "c", "d"], identifier: "node", settleMs: 1000 };
  await using own = new SetPartitioner(zk, RECIPE, options).start();
  await appears(zk, `${BASE}/seen`);
  const mine = await own.acquired();
  expect(mine.items).toEqual(["b", "d"]);
  await zk.create(`${BASE}/goodbye`);
}

const counted = (play: SharedRecipe["play"], expected: number) => {
  return async (zk: Client, peer: Promise<void>): Promise<void> => {
    await Promise.all([play(zk, peer), peer]);
    const seen = await tally(zk);
    expect(seen).toHaveLength(expected);
    // They were at it together: the section went to and fro.
    const changes = [...seen].filter((who, i) => i > 0 && who !== seen[i - 1]).length;
    expect(changes).toBeGreaterThanOrEqual(CONTENDED_ROUNDS / 2);
  };
};

/** Rounds of two sides, all exclusive; of the read/write lock every second one. */
const BOTH = 2 * ROUNDS;
const WRITES = 2 * Math.ceil(ROUNDS / 2);

/** Curator's programs share these. */
export const CURATOR: readonly SharedRecipe[] = [
  { name: "lock", peer: "curator", play: counted((zk, peer) => lock(zk, "curator", peer), BOTH) },
  { name: "readWrite", peer: "curator", play: counted((zk, peer) => readWrite(zk, "curator", peer), WRITES) },
  { name: "semaphore", peer: "curator", play: (zk) => semaphore(zk, "curator") },
  { name: "selector", peer: "curator", play: counted((zk, peer) => selector(zk, "curator", peer), BOTH) },
  { name: "latch", peer: "curator", play: counted(latch, BOTH) },
  { name: "barrier", peer: "curator", prepare: closeBarriers, play: barrier },
  { name: "doubleBarrier", peer: "curator", play: (zk) => doubleBarrier(zk, "curator") },
  { name: "simpleQueue", peer: "curator", play: (zk) => queue(zk, { layout: "zookeeper" }) },
  { name: "queue", peer: "curator", play: (zk) => queue(zk, { layout: "curator" }) },
  { name: "priorityQueue", peer: "curator", play: priorityQueue },
  { name: "counter", peer: "curator", play: (zk, peer) => counter(zk, "curator", peer) },
  { name: "atomicLong", peer: "curator", play: atomicLong },
  { name: "group", peer: "curator", play: group },
];

/** kazoo's programs share these. */
export const KAZOO: readonly SharedRecipe[] = [
  { name: "lock", peer: "kazoo", play: counted((zk, peer) => lock(zk, "kazoo", peer), BOTH) },
  {
    name: "lock_of_both",
    peer: "kazoo",
    prepare: ensureBase,
    play: counted((zk, peer) => lock(zk, "curator", peer), BOTH),
  },
  { name: "read_write", peer: "kazoo", play: counted((zk, peer) => readWrite(zk, "kazoo", peer), WRITES) },
  { name: "semaphore", peer: "kazoo", play: (zk) => semaphore(zk, "kazoo") },
  { name: "election", peer: "kazoo", play: counted((zk, peer) => selector(zk, "kazoo", peer), BOTH) },
  { name: "barrier", peer: "kazoo", prepare: closeBarriers, play: barrier },
  { name: "double_barrier", peer: "kazoo", play: (zk) => doubleBarrier(zk, "kazoo") },
  { name: "queue", peer: "kazoo", play: (zk) => queue(zk, { layout: "kazoo" }) },
  { name: "locking_queue", peer: "kazoo", play: lockingQueue },
  { name: "counter", peer: "kazoo", play: (zk, peer) => counter(zk, "kazoo", peer) },
  { name: "counter_of_curator", peer: "kazoo", play: (zk, peer) => counter(zk, "curator", peer) },
  { name: "party", peer: "kazoo", play: party },
  { name: "lease", peer: "kazoo", prepare: takeLease, play: lease },
  { name: "partitioner", peer: "kazoo", play: partitioner },
];
