import { describe, expect, it } from "vitest";
import {
  type CacheEvent,
  ChildrenCache,
  DubboRegistry,
  formatInstance,
  GroupMember,
  Lease,
  MultiLease,
  NodeCache,
  Party,
  PersistentNode,
  PersistentTtlNode,
  parseInstance,
  ServiceDiscovery,
  SetPartitioner,
  TreeCache,
  TwoPhaseCommit,
} from "../../src/recipes/index.ts";
import { childCount, eventually, RecipeWorld } from "../support/recipe-world.ts";

const text = (data: Uint8Array | null | undefined): string => new TextDecoder().decode(data ?? undefined);

describe("persistent node", () => {
  it("is made again after expiry and deletion, with the newest data", async () => {
    await using world = await RecipeWorld.start();
    const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
    await using node = await new PersistentNode(faulty, "/deep/er/n", { data: "1" }).start();
    await node.setData("2");
    await zk.delete("/deep/er/n");
    await eventually(async () => (await zk.exists("/deep/er/n")) !== null);
    world.proxy.cut();
    await faulty.when("connected");
    await world.expire(faulty);
    await eventually(async () => (await zk.exists("/deep/er/n")) !== null);
    expect(text((await zk.get("/deep/er/n")).data)).toBe("2");
    await node.close();
    expect(await zk.exists("/deep/er/n")).toBeNull();
  });

  it("waits for a foreign znode of its name, or replaces it", async () => {
    await using world = await RecipeWorld.start();
    const [one, two] = await Promise.all([world.client(), world.client()]);
    await one.create("/n", { mode: "ephemeral", data: "one" });
    const node = new PersistentNode(two, "/n", { data: "two" });
    await expect(node.start({ deadlineMs: 30 })).rejects.toThrow(/deadline/);
    expect(text((await two.get("/n")).data)).toBe("one");
    await world.expire(one);
    await node.created();
    expect(text((await two.get("/n")).data)).toBe("two");
    await one.when("connected");
    await using forced = await new PersistentNode(one, "/m", { onForeign: "replace" }).start();
    expect(await two.exists(forced.path)).not.toBeNull();
    await node.close();
  });

  it("with a TTL: touched while its program lives", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    const node = await new PersistentTtlNode(zk, "/ttl", { ttlMs: 100, data: "x" }).start();
    const touches = (await zk.exists("/ttl/touch"))!.version;
    await eventually(async () => (await zk.exists("/ttl/touch"))!.version > touches + 1);
    expect(text((await zk.get("/ttl")).data)).toBe("x");
    await node.close("byTtl");
    await world.server.advanceClock("5s");
    await eventually(async () => (await zk.exists("/ttl/touch")) === null);
    const again = await new PersistentTtlNode(zk, "/ttl2", { ttlMs: 60_000 }).start();
    await again.close();
    expect(await zk.exists("/ttl2")).toBeNull();
  });
});

describe("caches", () => {
  it("a node cache follows a znode that comes and goes", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    await using cache = await new NodeCache(zk, "/n").start();
    expect(cache.current).toBeUndefined();
    await zk.create("/n", { data: "1" });
    await eventually(() => text(cache.current?.data) === "1");
    await zk.set("/n", "2");
    await eventually(() => text(cache.current?.data) === "2");
    await zk.delete("/n");
    await eventually(() => cache.current === undefined);
  });

  it("a children cache has the children and their data, not what is below", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    await zk.createAll("/c/a/deep");
    await using cache = await new ChildrenCache(zk, "/c").start();
    const events: CacheEvent[] = [];
    cache.on((event) => events.push(event));
    expect(cache.names()).toEqual(["a"]);
    await zk.create("/c/b", { data: "b" });
    await zk.set("/c/a", "a");
    await zk.create("/c/b/deep");
    await zk.set("/c", "parent");
    await eventually(() => text(cache.get("a")?.data) === "a");
    await zk.delete("/c/b/deep");
    await zk.delete("/c/b");
    await eventually(() => cache.names().length === 1);
    expect(events.map(({ type }) => type)).toEqual(["added", "changed", "removed"]);
  });

  it("a tree cache is repaired by zxid after a gap: only what differs is read", async () => {
    await using world = await RecipeWorld.start();
    const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
    for (let i = 0; i < 50; i++) await zk.createAll(`/t/d${i % 5}/n${i}`, { data: `${i}` });
    await using cache = await new TreeCache(faulty, "/t").start();
    expect(cache.size).toBe(56);
    const repairs: CacheEvent[] = [];
    cache.on((event) => {
      if (event.type === "repaired") repairs.push(event);
    });
    world.proxy.refuse();
    world.proxy.cut();
    await zk.set("/t/d1/n1", "new");
    await zk.createAll("/t/d2/fresh/leaf", { data: "leaf" });
    await zk.delete("/t/d3/n3");
    await zk.deleteAll("/t/d4");
    // Deleted and made again: the same path, another znode.
    await zk.delete("/t/d0/n0");
    await zk.create("/t/d0/n0", { data: "again" });
    world.proxy.heal();
    await eventually(() => repairs.length === 1);
    await cache.settled();
    const expected = new Map<string, string>();
    const walk = async (path: string): Promise<void> => {
      expected.set(path, text((await zk.get(path)).data));
      for (const name of (await zk.children(path)).children) await walk(`${path}/${name}`);
    };
    await walk("/t");
    expect(new Map([...cache.nodes()].map(({ path, data }) => [path, text(data)]))).toEqual(expected);
    const repair = repairs[0]!;
    expect(repair.type === "repaired" && repair.read).toBeLessThanOrEqual(4);
    await world.expire(faulty);
    await eventually(() => repairs.length === 2);
    await zk.set("/t/d1/n1", "after");
    await eventually(() => text(cache.get("/t/d1/n1")?.data) === "after");
  });
});

describe("membership", () => {
  it("a group lists its members with payloads, through expiry", async () => {
    await using world = await RecipeWorld.start();
    const [one, two] = await Promise.all([world.client(), world.client()]);
    await using a = await new GroupMember(one, "/group", "a", { payload: "A" }).start();
    await using b = await new GroupMember(two, "/group", "b").start();
    await using watcher = await new GroupMember(two, "/group", undefined).start();
    await eventually(() => a.members().size === 2);
    expect(text(b.members().get("a"))).toBe("A");
    await a.setPayload("A2");
    await eventually(() => text(watcher.members().get("a")) === "A2");
    const changes: string[] = [];
    b.on(({ type }) => changes.push(type));
    await world.expire(one);
    await eventually(() => changes.join() === "removed,added");
    await a.close();
    await eventually(() => [...b.members().keys()].join() === "b");
  });

  it.each(["party", "shallow"] as const)("a %s", async (kind) => {
    await using world = await RecipeWorld.start();
    const [one, two] = await Promise.all([world.client(), world.client()]);
    const first = await new Party(one, "/p", { identifier: "x", kind }).join();
    const second = await new Party(two, "/p", { identifier: "y-z", kind }).join();
    expect((await first.members()).sort()).toEqual(["x", "y-z"]);
    await world.expire(two);
    await eventually(async () => (await first.members()).length === 2);
    await second.leave();
    expect(await first.members()).toEqual(["x"]);
    await first.leave();
  });

  it("a set is divided without an item twice, anew when members come and go", async () => {
    await using world = await RecipeWorld.start();
    const clients = await Promise.all([world.client(), world.client(), world.client()]);
    const items = ["i0", "i1", "i2", "i3", "i4", "i5", "i6"];
    const make = (i: number): SetPartitioner =>
      new SetPartitioner(clients[i]!, "/set", { items, identifier: `m${i}`, settleMs: 40 });
    const members = [make(0).start(), make(1).start(), make(2).start()];
    const all = (): string[] => members.flatMap((member) => [...(member.current?.items ?? [])]);
    await eventually(
      () => all().sort().join() === items.join() && members.every((m) => m.current !== undefined),
    );
    expect(members[0]!.current!.items).toEqual(["i0", "i3", "i6"]);
    await members.pop()!.close();
    await eventually(() => all().sort().join() === items.join());
    expect(members[0]!.current!.items).toEqual(["i0", "i2", "i4", "i6"]);
    await world.expire(clients[1]!);
    await eventually(() => members[1]!.current === undefined || members[1]!.current.signal.aborted);
    await eventually(() => all().sort().join() === items.join());
    for (const member of members) await member.close();
    expect(await childCount(clients[0]!, "/set/party")).toBe(0);
  });
});

describe("discovery", () => {
  it("writes and reads Curator's JSON", () => {
    const instance = parseInstance(
      '{"name":"n","id":"i","address":"h","port":80,"sslPort":null,"payload":null,"registrationTimeUTC":7,"serviceType":"DYNAMIC","uriSpec":null,"unknown":1}',
    );
    expect(instance).toMatchObject({ port: 80, enabled: true, registrationTimeUTC: 7 });
    expect(formatInstance(instance)).toBe(
      '{"name":"n","id":"i","address":"h","port":80,"sslPort":null,"payload":null,"registrationTimeUTC":7,"serviceType":"DYNAMIC","uriSpec":null}',
    );
    expect(formatInstance({ ...instance, enabled: false })).toMatch(/"uriSpec":null,"enabled":false}$/);
    expect(() => parseInstance("{")).toThrow(/not the JSON/);
    expect(() => parseInstance("{}")).toThrow(/name and id/);
  });

  it("instances come back after an expired session, and leave", async () => {
    await using world = await RecipeWorld.start();
    const [one, two] = await Promise.all([world.client(), world.client()]);
    await using offering = new ServiceDiscovery(one, "/services");
    await using asking = await new ServiceDiscovery(two, "/services").start();
    const first = await offering.register({ name: "web", address: "h1", port: 80 });
    await offering.register({ name: "web", address: "h2", port: 80, enabled: false });
    await eventually(() => asking.instances("web").length === 2);
    expect(asking.names()).toEqual(["web"]);
    expect([asking.pick("web")?.address, asking.pick("web")?.address]).toEqual(["h1", "h1"]);
    expect(asking.pick("none")).toBeUndefined();
    await first.update({ port: 81 });
    await eventually(() => asking.pick("web")?.port === 81);
    await world.expire(one);
    await eventually(() => asking.instances("web").length === 2);
    await first.unregister();
    await eventually(() => asking.pick("web") === undefined);
  });

  it("Dubbo's layout", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    const registry = new DubboRegistry(zk);
    await using found = await registry.follow("com.example.Greeter", "providers");
    const url = "dubbo://10.0.0.1:20880/com.example.Greeter?version=1.0";
    await using provider = await registry.register("com.example.Greeter", "providers", url);
    await eventually(() => found.urls().length === 1);
    expect(found.urls()).toEqual([url]);
    expect(provider.path).toMatch(/^\/dubbo\/com\.example\.Greeter\/providers\/dubbo%3A%2F%2F10/);
  });
});

describe("lease", () => {
  it("is exclusive until its end; the holder renews", async () => {
    await using world = await RecipeWorld.start();
    const zk = await world.client();
    let now = Date.UTC(2026, 0, 1);
    const lease = (holder: string): Lease =>
      new Lease(zk, "/lease", { holder, durationMs: 60_000, wallClock: () => now });
    expect(await lease("a").obtain()).toBe(now + 60_000);
    expect(await lease("b").obtain()).toBeUndefined();
    now += 30_000;
    expect(await lease("a").obtain()).toBe(now + 60_000);
    now += 60_000;
    expect(await lease("b").obtain()).toBe(now + 60_000);
    expect(JSON.parse(text((await zk.get("/lease/lease_holder")).data))).toEqual({
      version: 1,
      holder: "b",
      end: "2026-01-01T00:02:30",
    });
    const multi = (holder: string): MultiLease =>
      new MultiLease(zk, "/leases", { holder, durationMs: 60_000, count: 2, wallClock: () => now });
    expect((await multi("a").obtain())?.path).toBe("/leases/0");
    expect((await multi("b").obtain())?.path).toBe("/leases/1");
    expect(await multi("c").obtain()).toBeUndefined();
  });
});

describe("two-phase commit", () => {
  it("commits when all do, aborts when one does or the votes do not come", async () => {
    await using world = await RecipeWorld.start();
    const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
    const run = async (path: string, votes: Record<string, "commit" | "abort">): Promise<string[]> => {
      const tx = new TwoPhaseCommit(zk, path);
      await tx.begin(["a", "b"], "do it");
      const site = new TwoPhaseCommit(faulty, path);
      expect(text(await site.proposal())).toBe("do it");
      const outcome = site.outcome();
      const deciding = tx.decide({ deadlineMs: Object.keys(votes).length < 2 ? 50 : 10_000 });
      for (const [name, vote] of Object.entries(votes)) {
        world.proxy.cut();
        await site.vote(name, vote);
        await site.vote(name, vote);
      }
      return [await deciding, await outcome];
    };
    expect(await run("/tx/1", { a: "commit", b: "commit" })).toEqual(["commit", "commit"]);
    expect(await run("/tx/2", { a: "abort", b: "commit" })).toEqual(["abort", "abort"]);
    expect(await run("/tx/3", { a: "commit" })).toEqual(["abort", "abort"]);
    await expect(new TwoPhaseCommit(zk, "/tx/1").vote("a", "abort")).rejects.toThrow(/voted commit already/);
    await expect(new TwoPhaseCommit(zk, "/tx/1").begin(["a"])).rejects.toMatchObject({ code: "NODEEXISTS" });
    await new TwoPhaseCommit(zk, "/tx/1").forget();
    expect(await zk.exists("/tx/1")).toBeNull();
  });
});
