import { describe, expect, it } from "vitest";
import type { Client } from "../../src/client/index.ts";
import {
  Barrier,
  DoubleBarrier,
  GroupMember,
  MemberQueue,
  Party,
  SetPartitioner,
} from "../../src/recipes/index.ts";
import { childCount, eventually, RecipeWorld } from "../support/recipe-world.ts";
import { answered, storm } from "../support/storm.ts";

async function threeClients(world: RecipeWorld): Promise<[Client, Client, Client]> {
  return Promise.all([world.faulty(), world.faulty(), world.client()]);
}

it("a barrier lets nobody through before it is opened, through lost sessions and restarts", async () => {
  await using world = await RecipeWorld.start();
  const [one, two, zk] = await threeClients(world);
  await new Barrier(zk, "/gate").close();
  let passed = 0;
  let waiting: Promise<unknown> = Promise.resolve();
  await storm(
    world,
    async (isOver) => {
      waiting = Promise.all(
        [one, two].map((client) => new Barrier(client, "/gate").wait().then(() => passed++)),
      );
      await eventually(isOver);
    },
    { expiring: [one, two] },
  );
  expect(passed).toBe(0);
  await new Barrier(zk, "/gate").open();
  await waiting;
  expect(passed).toBe(2);
});

describe.each(["curator", "kazoo"] as const)("double barrier in the layout of %s, under faults", (layout) => {
  it("all begin together and end together, whatever is cut, delayed, dropped or restarted", async () => {
    await using world = await RecipeWorld.start();
    const clients = await threeClients(world);
    let rounds = 0;
    let isLast = false;
    await storm(world, async (isOver) => {
      for (; !isLast; rounds++) {
        isLast = isOver();
        let [entered, left] = [0, 0];
        await Promise.all(
          clients.slice(0, 2).map(async (zk) => {
            const member = new DoubleBarrier(zk, `/b${rounds}`, { members: 2, layout });
            entered++;
            await member.enter();
            expect(entered).toBe(2);
            left++;
            await member.leave();
            expect(left).toBe(2);
          }),
        );
      }
    });
    expect(rounds).toBeGreaterThan(3);
  });

  it("whose session expires at the door enters again with the next", async () => {
    await using world = await RecipeWorld.start();
    const [one, two, zk] = await threeClients(world);
    const early = new DoubleBarrier(one, "/b", { members: 2, layout });
    const entering = early.enter();
    await eventually(async () => (await childCount(zk, "/b")) === 1);
    await world.expire(one);
    const late = new DoubleBarrier(two, "/b", { members: 2, layout });
    await Promise.all([entering, late.enter()]);
    await Promise.all([early.leave(), late.leave()]);
  });
});

it("a queue of members starts when all are there, whatever is cut, delayed, dropped or restarted", async () => {
  await using world = await RecipeWorld.start();
  const clients = await threeClients(world);
  let rounds = 0;
  await storm(world, async (isOver) => {
    for (; !isOver(); rounds++) {
      let joined = 0;
      await Promise.all(
        clients.map(async (zk) => {
          joined++;
          const member = await new MemberQueue(zk, `/g${rounds}`, { members: 3 }).join();
          expect(joined).toBe(3);
          await member.leave();
        }),
      );
    }
  });
  expect(rounds).toBeGreaterThan(3);
});

it("a member whose session expires while it waits joins again", async () => {
  await using world = await RecipeWorld.start();
  const [one, two, zk] = await threeClients(world);
  const joining = new MemberQueue(one, "/g", { members: 2 }).join();
  await eventually(async () => (await childCount(zk, "/g")) === 1);
  await world.expire(one);
  await eventually(async () => (await childCount(zk, "/g")) === 1);
  const members = await Promise.all([joining, new MemberQueue(two, "/g", { members: 2 }).join()]);
  await Promise.all(members.map((member) => member.leave()));
});

it("groups and parties list everybody again, once each, through lost sessions and restarts", async () => {
  await using world = await RecipeWorld.start();
  const clients = await threeClients(world);
  const [one, two] = clients;
  const members = clients.map((zk, i) => new GroupMember(zk, "/group", `m${i}`, { payload: `p${i}` }));
  const parties = (["party", "shallow"] as const).flatMap((kind) =>
    clients.map((zk, i) => new Party(zk, `/${kind}`, { identifier: `m${i}`, kind })),
  );
  await Promise.all([...members.map((member) => member.start()), ...parties.map((party) => party.join())]);
  await storm(world, (isOver) => eventually(isOver), { expiring: [one, two] });
  const wanted = "m0,m1,m2";
  for (const member of members) await eventually(() => [...member.members().keys()].sort().join() === wanted);
  for (const party of parties)
    await eventually(async () => (await answered(() => party.members())).sort().join() === wanted);
  await Promise.all([...members.map((member) => member.close()), ...parties.map((party) => party.leave())]);
  expect(await childCount(clients[2], "/group")).toBe(0);
});

it("a set is never dealt twice, and in the end all of it, through lost sessions and restarts", async () => {
  await using world = await RecipeWorld.start();
  const clients = await threeClients(world);
  const items = ["i0", "i1", "i2", "i3", "i4"];
  const members = clients.map((zk, i) =>
    new SetPartitioner(zk, "/set", { items, identifier: `m${i}`, settleMs: 20 }).start(),
  );
  const dealt = (): string[] => members.flatMap((member) => [...(member.current?.items ?? [])]);
  await storm(
    world,
    async (isOver) => {
      while (!isOver()) {
        expect(new Set(dealt()).size).toBe(dealt().length);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    { expiring: [clients[0], clients[1]] },
  );
  await eventually(
    () => members.every((member) => member.current !== undefined) && dealt().sort().join() === items.join(),
  );
  for (const member of members) await member.close();
});
