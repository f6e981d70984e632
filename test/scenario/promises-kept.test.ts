import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { SessionExpiredError } from "../../src/client/index.ts";
import {
  AtomicLong,
  LeaderLatch,
  Lock,
  LostError,
  SetPartitioner,
  TreeCache,
} from "../../src/recipes/index.ts";
import { SocketLink } from "../../src/transport/dialer.ts";
import { eventually, RecipeWorld } from "../support/recipe-world.ts";
import { StandingTime } from "../support/standing-time.ts";

/** Promises that are easily broken at the edges: by an expiry, a close or a loss at the wrong moment. */
describe("client", () => {
  it("a watch that is set while the client closes ends, so that nobody iterates for ever", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    const pending = zk.watch("/", { mode: "persistent" });
    const closed = zk.close();
    const watch = await pending;
    await closed;
    expect(watch.isClosed).toBe(true);
    expect(await watch[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });

  it("a protected create that was sent and not found again in time has an unknown outcome", async () => {
    using time = new StandingTime();
    await using world = await RecipeWorld.start();
    const zk = await world.faulty();
    world.proxy.drop("toClient");
    const create = zk.create("/kept", { protection: "guid", deadlineMs: 300 }).catch((error) => error);
    const direct = await world.client();
    await eventually(async () => (await direct.children("/")).children.some((name) => name.endsWith("kept")));
    const lost = zk.when("suspended");
    world.proxy.refuse();
    world.proxy.cut();
    await lost;
    time.pass(300);
    expect(await create).toMatchObject({ name: "DeadlineError", outcome: "unknown" });
  });
});

describe("holds", () => {
  it("whoever hears of the loss from a call of its own sees that the lock is not held", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.faulty();
    const hold = await new Lock(zk, "/lock").acquire();
    world.proxy.drop("toServer");
    const seen = zk.get("/lock").catch(() => hold.isHeld);
    world.proxy.cut();
    expect(await seen).toBe(false);
    expect(hold.signal.reason).toBeInstanceOf(LostError);
    world.proxy.heal();
    await hold.release();
  });

  it("a lock forgets the owners that have released it", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    const lock = new Lock(zk, "/lock");
    const owners = Array.from({ length: 3 }, () => new WeakRef({}));
    for (const owner of owners) await (await lock.acquire({ owner: owner.deref() ?? owner })).release();
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    await eventually(() => {
      collect();
      return owners.every((owner) => owner.deref() === undefined);
    });
    expect(lock.path).toBe("/lock");
  });

  it("the latch of a client that ends with its session ends too", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client({ afterExpiry: "end" });
    await using latch = new LeaderLatch(zk, "/election").start();
    await latch.lead();
    await world.expire(zk);
    await expect(latch.lead()).rejects.toBeInstanceOf(SessionExpiredError);
  });

  it("terms that are over do not listen any more", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.faulty();
    let listening = 0;
    const on = zk.on.bind(zk) as (event: string, listener: unknown) => () => void;
    Object.assign(zk, {
      on: (event: string, listener: unknown) => {
        listening++;
        const off = on(event, listener);
        let isOn = true;
        return () => {
          if (isOn) listening--;
          isOn = false;
          off();
        };
      },
    });
    await using latch = new LeaderLatch(zk, "/election").start();
    await latch.lead();
    const before = listening;
    for (let i = 0; i < 5; i++) {
      const lost = zk.when("suspended");
      world.proxy.cut();
      await lost;
      await zk.when("connected");
      await latch.lead();
    }
    expect(listening).toBe(before);
  });
});

describe("values", () => {
  it("a change whose answer was lost is unknown, even when the look after it is given up", async () => {
    using time = new StandingTime();
    await using world = await RecipeWorld.start();
    const zk = await world.faulty();
    const direct = await world.client();
    const number = new AtomicLong(zk, "/number");
    await number.get();
    const set = zk.set.bind(zk);
    Object.assign(zk, {
      set: (...args: Parameters<typeof set>) => {
        world.proxy.drop("toClient");
        return set(...args);
      },
    });
    const change = number.increment({ deadlineMs: 300 }).catch((error) => error);
    const seen = new AtomicLong(direct, "/number");
    await eventually(async () => (await seen.get()) === 1n);
    let isLooking = false;
    const sync = zk.sync.bind(zk);
    Object.assign(zk, {
      sync: (...args: Parameters<typeof sync>) => {
        isLooking = true;
        return sync(...args);
      },
    });
    world.proxy.refuse();
    world.proxy.cut();
    await eventually(() => isLooking);
    time.pass(300);
    expect(await change).toMatchObject({ name: "DeadlineError", outcome: "unknown" });
  });
});

describe("caches", () => {
  it("the signal of start ends the start only", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    const patience = new AbortController();
    await using cache = await new TreeCache(zk, "/").start({ signal: patience.signal });
    patience.abort();
    await zk.create("/later");
    await eventually(() => cache.get("/later") !== undefined);
  });
});

describe("set partitioner", () => {
  it("deals again after a loss that came while it looked at the members", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.faulty();
    const direct = await world.client();
    const options = { items: ["a", "b"], settleMs: 20 };
    await using partitioner = new SetPartitioner(zk, "/set", options).start();
    const first = await partitioner.acquired();
    let looks = 0;
    const children = zk.children.bind(zk);
    Object.assign(zk, {
      children: (...args: Parameters<typeof children>) => {
        looks++;
        return children(...args);
      },
    });
    world.proxy.hold("toServer");
    await direct.create("/set/party/other");
    await direct.delete("/set/party/other");
    // The event makes the partitioner look at the members; the look waits in the proxy.
    await eventually(() => looks > 0);
    const lost = zk.when("suspended");
    world.proxy.cut();
    await lost;
    world.proxy.heal();
    expect(first.signal.aborted).toBe(true);
    const second = await partitioner.acquired();
    expect(second.items).toEqual(["a", "b"]);
  });
});

describe("links", () => {
  it("a peer that takes nothing does not keep a closed link", async () => {
    const socket = new (class extends EventEmitter {
      isDestroyed = false;
      /** As the real one does while its bytes are not taken. */
      destroySoon(): void {}
      destroy(): void {
        this.isDestroyed = true;
        this.emit("close");
      }
    })();
    vi.useFakeTimers();
    try {
      const link = new SocketLink({ opened() {}, received() {}, closed() {} });
      link.adopt(socket as unknown as Socket);
      link.opened();
      link.close();
      expect(socket.isDestroyed).toBe(false);
      vi.advanceTimersByTime(1000);
      expect(socket.isDestroyed).toBe(true);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
