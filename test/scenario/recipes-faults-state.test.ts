import { describe, expect, it } from "vitest";
import type { Client } from "../../src/client/index.ts";
import {
  ChildrenCache,
  DubboRegistry,
  NodeCache,
  PersistentNode,
  PersistentTtlNode,
  ServiceDiscovery,
  TreeCache,
} from "../../src/recipes/index.ts";
import { eventually, RecipeWorld } from "../support/recipe-world.ts";
import { answered, storm } from "../support/storm.ts";

const text = (data: Uint8Array | null | undefined): string => new TextDecoder().decode(data ?? undefined);

/** Creates, changes or deletes, whatever became of the last attempt. */
async function write(zk: Client, path: string, data: string | undefined): Promise<void> {
  const isThere = (await answered(() => zk.exists(path))) !== null;
  const ignored = (error: { readonly code?: string }): void =>
    expect(["NONODE", "NODEEXISTS"]).toContain(error.code);
  if (data === undefined) await answered(() => zk.delete(path)).catch(ignored);
  else if (isThere) await answered(() => zk.set(path, data)).catch(ignored);
  else await answered(() => zk.create(path, { data })).catch(ignored);
}

/** Changes that no watch tells of: nobody gets through the proxy meanwhile. */
async function unseen(world: RecipeWorld, change: () => Promise<void>): Promise<void> {
  world.proxy.refuse();
  world.proxy.cut();
  await change();
  world.proxy.heal();
}

describe("caches under faults", () => {
  it("a node cache ends up with what is there, through lost sessions and restarts", async () => {
    await using world = await RecipeWorld.start();
    const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
    await using cache = await new NodeCache(faulty, "/n").start();
    for (const last of ["the last", undefined]) {
      await storm(
        world,
        async (isOver) => {
          for (let i = 0; !isOver(); i++) await write(zk, "/n", i % 4 === 3 ? undefined : `v${i}`);
        },
        { expiring: [faulty] },
      );
      await unseen(world, () => write(zk, "/n", last));
      await eventually(() =>
        last === undefined ? cache.current === undefined : text(cache.current?.data) === last,
      );
    }
  });

  it("a children cache ends up with what is there, through lost sessions and restarts", async () => {
    await using world = await RecipeWorld.start();
    const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
    await zk.create("/c");
    await using cache = await new ChildrenCache(faulty, "/c").start();
    await storm(
      world,
      async (isOver) => {
        for (let i = 0; !isOver(); i++)
          await write(zk, `/c/n${i % 10}`, (i * 3) % 7 < 2 ? undefined : `v${i}`);
      },
      { expiring: [faulty] },
    );
    await unseen(world, async () => {
      await write(zk, "/c/n1", "unseen");
      await write(zk, "/c/n2", undefined);
      await write(zk, "/c/new", "born unseen");
    });
    const { children } = await zk.children("/c");
    const expected = await Promise.all(
      children.toSorted().map(async (name) => [name, text((await zk.get(`/c/${name}`)).data)]),
    );
    const cached = (): string[][] => cache.names().map((name) => [name, text(cache.get(name)?.data)]);
    await eventually(() => JSON.stringify(cached()) === JSON.stringify(expected));
  });
});

it("a tree cache ends up with what is there, through lost sessions and restarts", async () => {
  await using world = await RecipeWorld.start();
  const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
  for (const branch of ["a", "b"]) await zk.createAll(`/t/${branch}/deep`);
  await using cache = await new TreeCache(faulty, "/t").start();
  const paths = ["/t/a/x", "/t/a/deep/y", "/t/b/z", "/t/b/deep/x", "/t/w"];
  await storm(
    world,
    async (isOver) => {
      for (let i = 0; !isOver(); i++) await write(zk, paths[i % 5]!, (i * 3) % 7 < 2 ? undefined : `v${i}`);
    },
    { expiring: [faulty] },
  );
  await unseen(world, async () => {
    await write(zk, "/t/a/x", "unseen");
    await write(zk, "/t/b/z", undefined);
    await zk.createAll("/t/c/new/leaf", { data: "leaf" });
  });
  const expected = new Map<string, string>();
  const walk = async (path: string): Promise<void> => {
    expected.set(path, text((await zk.get(path)).data));
    for (const name of (await zk.children(path)).children) await walk(`${path}/${name}`);
  };
  await walk("/t");
  const inOrder = (entries: Iterable<[string, string]>): string => JSON.stringify([...entries].sort());
  await eventually(
    () => inOrder([...cache.nodes()].map(({ path, data }) => [path, text(data)])) === inOrder(expected),
  );
});

it("a persistent node is there again after every fault, ours, with the newest data", async () => {
  await using world = await RecipeWorld.start();
  const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
  await using node = await new PersistentNode(faulty, "/n", { data: "0" }).start();
  let changes = 0;
  await storm(
    world,
    async (isOver) => {
      while (!isOver()) await node.setData(String(++changes));
    },
    { expiring: [faulty] },
  );
  await unseen(world, () => write(zk, "/n", undefined));
  await eventually(async () => (await zk.exists("/n"))?.ephemeralOwner.equals(faulty.session!.id) === true);
  expect(text((await zk.get("/n")).data)).toBe(String(changes));
});

it("a persistent TTL node is there again after every fault, with its data, and is touched", async () => {
  await using world = await RecipeWorld.start();
  const [faulty, zk] = await Promise.all([world.faulty(), world.client()]);
  await using _node = await new PersistentTtlNode(faulty, "/ttl", { ttlMs: 200, data: "x" }).start();
  await storm(
    world,
    async (isOver) => {
      // It belongs to no session: it may be gone only while nobody could touch it for as long as its TTL, or by somebody's hand.
      for (let i = 0; !isOver(); i++)
        if (i % 50 === 49) await write(zk, "/ttl/touch", undefined);
        else await answered(() => zk.exists("/ttl"));
    },
    { expiring: [faulty] },
  );
  await eventually(async () => (await zk.exists("/ttl/touch")) !== null);
  expect(text((await zk.get("/ttl")).data)).toBe("x");
  const { version, czxid } = (await zk.exists("/ttl/touch"))!;
  await eventually(async () => {
    const stat = await zk.exists("/ttl/touch");
    return stat !== null && (stat.version > version || stat.czxid !== czxid);
  });
});

describe("discovery under faults", () => {
  it("an instance is found as it was last described, through lost sessions on both sides", async () => {
    await using world = await RecipeWorld.start();
    const [one, two, zk] = await Promise.all([world.faulty(), world.faulty(), world.client()]);
    await using offering = new ServiceDiscovery(one, "/services");
    await using asking = await new ServiceDiscovery(two, "/services").start();
    const web = await offering.register({ name: "web", address: "h", port: 1 });
    let port = 1;
    await storm(
      world,
      async (isOver) => {
        while (!isOver()) await web.update({ port: ++port });
      },
      { expiring: [one, two] },
    );
    expect(port).toBeGreaterThan(5);
    await eventually(() => asking.pick("web")?.port === port);
    expect(asking.instances("web")).toHaveLength(1);
    expect((await zk.children("/services/web")).children).toHaveLength(1);
    await web.unregister();
    await eventually(() => asking.pick("web") === undefined);
  });

  it("Dubbo's providers are back after every fault, once each", async () => {
    await using world = await RecipeWorld.start();
    const [one, two] = await Promise.all([world.faulty(), world.faulty()]);
    const changes: string[][] = [];
    await using found = await new DubboRegistry(two).follow("Greeter", "providers", (urls) =>
      changes.push(urls),
    );
    const urls = [1, 2].map((n) => `dubbo://10.0.0.${n}:20880/Greeter?version=1.0`);
    const registry = new DubboRegistry(one);
    const providers = await Promise.all(urls.map((url) => registry.register("Greeter", "providers", url)));
    await storm(world, (isOver) => eventually(isOver), { expiring: [one, two] });
    await eventually(() => found.urls().sort().join() === urls.join());
    await providers[0]!.close();
    await eventually(() => found.urls().join() === urls[1]);
    expect(changes.at(-1)).toEqual([urls[1]]);
    await providers[1]!.close();
  });
});
