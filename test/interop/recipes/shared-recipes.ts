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
import { appears, BASE, type Peer, section, tally, text } from "./shared-world.ts";

const RECIPE = `${BASE}/recipe`;

type Layout = "curator" | "kazoo";

/** One match: both sides go through a recipe `rounds` times. `peer` settles when the other side is through. */
export interface Match {
  readonly zk: Client;
  readonly rounds: number;
  readonly peer: Promise<void>;
}

/** Our side of one shared recipe. */
export interface SharedRecipe {
  /** Its name in the peer's program. */
  readonly name: string;
  readonly peer: Peer;
  /** Before the peer starts. */
  readonly prepare?: (match: Omit<Match, "peer">) => Promise<void>;
  readonly play: (match: Match) => Promise<void>;
}

async function times(
  { rounds }: Pick<Match, "rounds">,
  work: (round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) await work(round);
}

/**
 * The section of one of our rounds. In the first ones we stay until the peer has queued up behind us, so that the two certainly
 * contend, however long the peer takes to warm up.
 */
async function contended({ zk, peer }: Match, round: number): Promise<void> {
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

async function lock(match: Match, layout: Layout): Promise<void> {
  const { zk } = match;
  const shared = new Lock(zk, RECIPE, { layout, data: "node" });
  await times(match, (round) => shared.run(() => contended(match, round)));
}

async function readWrite(match: Match, layout: Layout): Promise<void> {
  const { zk } = match;
  const shared = new ReadWriteLock(zk, RECIPE, { layout });
  await times(match, async (round) => {
    if (round % 2 === 0) {
      await using _writer = await shared.acquireWrite();
      await contended(match, round);
    } else {
      await using _reader = await shared.acquireRead();
      expect(await zk.exists(`${BASE}/inside`)).toBeNull();
    }
  });
}

async function semaphore(match: Match, layout: Layout): Promise<void> {
  const { zk } = match;
  const shared = new Semaphore(zk, RECIPE, { maxLeases: 2, layout });
  // Three tasks here and one there want two leases.
  const task = (): Promise<void> =>
    times(match, async () => {
      await using _lease = await shared.acquire();
      const own = await zk.create(`${BASE}/holders/n-`, { mode: "ephemeral-sequential" });
      const { children } = await zk.children(`${BASE}/holders`);
      expect(children.length).toBeLessThanOrEqual(2);
      await zk.delete(own.path);
    });
  await Promise.all([task(), task(), task()]);
}

async function barrier(match: Match): Promise<void> {
  const { zk } = match;
  await times(match, async (round) => {
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
const ensureBase = ({ zk }: { readonly zk: Client }): Promise<void> => zk.ensurePath(RECIPE);

async function closeBarriers(match: Omit<Match, "peer">): Promise<void> {
  await times(match, (round) => new Barrier(match.zk, `${RECIPE}/${round}`).close());
}

async function doubleBarrier(match: Match, layout: Layout): Promise<void> {
  const { zk } = match;
  await times(match, async (round) => {
    await zk.create(`${BASE}/entered-n-${round}`);
    const shared = new DoubleBarrier(zk, `${RECIPE}/${round}`, { members: 2, layout });
    await shared.enter();
    expect(await zk.exists(`${BASE}/entered-k-${round}`)).not.toBeNull();
    await zk.create(`${BASE}/leaves-n-${round}`);
    await shared.leave();
    expect(await zk.exists(`${BASE}/leaves-k-${round}`)).not.toBeNull();
  });
}

async function queue(match: Match, options: QueueOptions): Promise<void> {
  const { zk } = match;
  const [from, to] = [new Queue(zk, `${BASE}/to-node`, options), new Queue(zk, `${BASE}/to-peer`, options)];
  const putting = times(match, async (round) => {
    await to.put(String(round));
  });
  await times(match, async (round) => expect(text(await from.take())).toBe(String(round)));
  await putting;
}

async function priorityQueue(match: Match): Promise<void> {
  const { zk } = match;
  await appears(zk, `${BASE}/all-put`);
  const from = new PriorityQueue(zk, `${BASE}/to-node`, { layout: "curator" });
  await times(match, async (round) => expect(text(await from.take())).toBe(String(match.rounds - 1 - round)));
}

async function lockingQueue(match: Match): Promise<void> {
  const { zk } = match;
  const [from, to] = [new LockingQueue(zk, `${BASE}/to-node`), new LockingQueue(zk, `${BASE}/to-peer`)];
  const putting = times(match, async (round) => {
    await to.put(String(round));
  });
  await times(match, async (round) => {
    const item = await from.take();
    expect(text(item.data)).toBe(String(round));
    expect(await item.consume()).toBe(true);
  });
  await putting;
}

async function counter(match: Match, layout: Layout): Promise<void> {
  const { zk } = match;
  const shared = new Counter(zk, RECIPE, { layout });
  await times(match, async () => {
    await shared.add(1);
  });
  await match.peer;
  expect(await shared.get()).toBe(2 * match.rounds);
}

async function atomicLong(match: Match): Promise<void> {
  const { zk } = match;
  const shared = new AtomicLong(zk, RECIPE);
  await times(match, async () => {
    await shared.increment();
  });
  await match.peer;
  expect(await shared.get()).toBe(BigInt(2 * match.rounds));
}

async function latch(match: Match): Promise<void> {
  const { zk } = match;
  await times(match, async (round) => {
    await using own = new LeaderLatch(zk, RECIPE, { id: "node" }).start();
    await own.lead();
    await contended(match, round);
  });
}

async function selector(match: Match, layout: Layout): Promise<void> {
  const { zk } = match;
  let round = 0;
  const own = new LeaderSelector(zk, RECIPE, { id: "node", layout });
  await own.run(() => contended(match, round++), { terms: match.rounds });
}

async function party({ zk }: Match): Promise<void> {
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

async function group({ zk }: Match): Promise<void> {
  await using member = await new GroupMember(zk, RECIPE, "node", { payload: "N" }).start();
  await appears(zk, `${BASE}/seen`);
  expect(text(member.members().get("curator"))).toBe("C");
  await zk.create(`${BASE}/goodbye`);
}

async function takeLease({ zk }: { readonly zk: Client }): Promise<void> {
  const lease = new Lease(zk, RECIPE, { holder: "node", durationMs: 600_000 });
  expect(await lease.obtain()).toBeGreaterThan(Date.now());
}

async function lease({ zk, peer }: Match): Promise<void> {
  await peer;
  expect(
    await new Lease(zk, `${BASE}/other`, { holder: "node", durationMs: 600_000 }).obtain(),
  ).toBeUndefined();
}

async function partitioner({ zk }: Match): Promise<void> {
  const options = { items: ["a", "b", "c", "d"], identifier: "node", settleMs: 1000 };
  await using own = new SetPartitioner(zk, RECIPE, options).start();
  await appears(zk, `${BASE}/seen`);
  const mine = await own.acquired();
  expect(mine.items).toEqual(["b", "d"]);
  await zk.create(`${BASE}/goodbye`);
}

/** Sections that both sides enter: all rounds are exclusive, or (of the read/write lock) every second one. */
type Exclusive = "all" | "everySecond";

const counted = (play: SharedRecipe["play"], exclusive: Exclusive = "all"): SharedRecipe["play"] => {
  return async (match) => {
    await Promise.all([play(match), match.peer]);
    const seen = await tally(match.zk);
    expect(seen).toHaveLength(2 * (exclusive === "all" ? match.rounds : Math.ceil(match.rounds / 2)));
    // They were at it together: the section went to and fro.
    const changes = [...seen].filter((who, i) => i > 0 && who !== seen[i - 1]).length;
    expect(changes).toBeGreaterThanOrEqual(CONTENDED_ROUNDS / 2);
  };
};

/** Curator's programs share these. */
export const CURATOR: readonly SharedRecipe[] = [
  { name: "lock", peer: "curator", play: counted((match) => lock(match, "curator")) },
  {
    name: "readWrite",
    peer: "curator",
    play: counted((match) => readWrite(match, "curator"), "everySecond"),
  },
  { name: "semaphore", peer: "curator", play: (match) => semaphore(match, "curator") },
  { name: "selector", peer: "curator", play: counted((match) => selector(match, "curator")) },
  { name: "latch", peer: "curator", play: counted(latch) },
  { name: "barrier", peer: "curator", prepare: closeBarriers, play: barrier },
  { name: "doubleBarrier", peer: "curator", play: (match) => doubleBarrier(match, "curator") },
  { name: "simpleQueue", peer: "curator", play: (match) => queue(match, { layout: "zookeeper" }) },
  { name: "queue", peer: "curator", play: (match) => queue(match, { layout: "curator" }) },
  { name: "priorityQueue", peer: "curator", play: priorityQueue },
  { name: "counter", peer: "curator", play: (match) => counter(match, "curator") },
  { name: "atomicLong", peer: "curator", play: atomicLong },
  { name: "group", peer: "curator", play: group },
];

/** kazoo's programs share these. */
export const KAZOO: readonly SharedRecipe[] = [
  { name: "lock", peer: "kazoo", play: counted((match) => lock(match, "kazoo")) },
  {
    name: "lock_of_both",
    peer: "kazoo",
    prepare: ensureBase,
    play: counted((match) => lock(match, "curator")),
  },
  { name: "read_write", peer: "kazoo", play: counted((match) => readWrite(match, "kazoo"), "everySecond") },
  { name: "semaphore", peer: "kazoo", play: (match) => semaphore(match, "kazoo") },
  { name: "election", peer: "kazoo", play: counted((match) => selector(match, "kazoo")) },
  { name: "barrier", peer: "kazoo", prepare: closeBarriers, play: barrier },
  { name: "double_barrier", peer: "kazoo", play: (match) => doubleBarrier(match, "kazoo") },
  { name: "queue", peer: "kazoo", play: (match) => queue(match, { layout: "kazoo" }) },
  { name: "locking_queue", peer: "kazoo", play: lockingQueue },
  { name: "counter", peer: "kazoo", play: (match) => counter(match, "kazoo") },
  { name: "counter_of_curator", peer: "kazoo", play: (match) => counter(match, "curator") },
  { name: "party", peer: "kazoo", play: party },
  { name: "lease", peer: "kazoo", prepare: takeLease, play: lease },
  { name: "partitioner", peer: "kazoo", play: partitioner },
];
