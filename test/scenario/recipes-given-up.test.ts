import { describe, expect, it } from "vitest";
import { type Client, DeadlineError } from "../../src/client/index.ts";
import {
  Barrier,
  DoubleBarrier,
  LeaderLatch,
  Lock,
  LockingQueue,
  MemberQueue,
  Queue,
  ReadWriteLock,
  Semaphore,
  TwoPhaseCommit,
  UniqueIds,
} from "../../src/recipes/index.ts";
import { eventually, RecipeWorld } from "../support/recipe-world.ts";
import { StandingTime } from "../support/standing-time.ts";

type Wait = (zk: Client, patience: { deadlineMs: number }) => Promise<unknown>;
type Blocker = (zk: Client) => Promise<{ readonly path: string } | undefined>;

const WAITS: readonly (readonly [name: string, block: Blocker, wait: Wait, watched: string | undefined])[] = [
  ["lock", (zk) => new Lock(zk, "/r").acquire(), (zk, p) => new Lock(zk, "/r").acquire(p), undefined],
  [
    "read lock",
    (zk) => new ReadWriteLock(zk, "/r").acquireWrite(),
    (zk, p) => new ReadWriteLock(zk, "/r").acquireRead(p),
    undefined,
  ],
  [
    "semaphore",
    (zk) => new Semaphore(zk, "/r", { maxLeases: 1 }).acquire(),
    (zk, p) => new Semaphore(zk, "/r", { maxLeases: 1 }).acquire(p),
    "/r/leases",
  ],
  ["leader latch", (zk) => new LeaderLatch(zk, "/r").start().lead(), (zk, p) => leading(zk, p), undefined],
  [
    "barrier",
    async (zk) => void (await new Barrier(zk, "/r").close()),
    (zk, p) => new Barrier(zk, "/r").wait(p),
    "/r",
  ],
  [
    "double barrier",
    async () => undefined,
    (zk, p) => new DoubleBarrier(zk, "/r", { members: 2 }).enter(p),
    "/r/ready",
  ],
  [
    "member queue",
    async () => undefined,
    (zk, p) => new MemberQueue(zk, "/r", { members: 2 }).join(p),
    "/r/start",
  ],
  ["queue", async () => undefined, (zk, p) => new Queue(zk, "/r").take(p), "/r"],
  ["locking queue", async () => undefined, (zk, p) => new LockingQueue(zk, "/r").take(p), "/r/taken"],
  [
    "two-phase commit",
    async (zk) => void (await new TwoPhaseCommit(zk, "/r").begin(["a"])),
    (zk, p) => new TwoPhaseCommit(zk, "/r").outcome(p),
    "/r/decision",
  ],
];

async function leading(zk: Client, patience: { deadlineMs: number }): Promise<void> {
  await using latch = new LeaderLatch(zk, "/r").start();
  await latch.lead(patience);
}

describe("a wait that is given up", () => {
  it.each(WAITS)("of a %s leaves no watch behind", async (_name, block, wait, watched) => {
    using time = new StandingTime();
    await using world = await RecipeWorld.start();
    const [holder, waiter] = await Promise.all([world.client(), world.client()]);
    const hold = await block(holder);
    const path = watched ?? hold!.path;
    const isWatched = (): Promise<boolean> => waiter.checkWatches(path, "any");
    const waiting = expect(wait(waiter, { deadlineMs: 100 })).rejects.toThrow(DeadlineError);
    await eventually(isWatched);
    time.pass(100);
    await waiting;
    await eventually(async () => !(await isWatched()));
  });

  it("of one who wants an id does not take the block from the others", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.faulty();
    const ids = new UniqueIds(zk, "/ids", { blockSize: 2 });
    await Promise.all([ids.next(), ids.next()]);
    world.proxy.hold("toClient");
    const stop = new AbortController();
    const [first, second] = [ids.next({ signal: stop.signal }), ids.next()];
    stop.abort("enough");
    await expect(first).rejects.toMatchObject({ name: "AbortedError", cause: "enough" });
    world.proxy.heal();
    expect(await second).toBe(2n);
    expect(await ids.next()).toBe(3n);
  });
});
