import { startTestEnsemble } from "menagerie/testing";
import { expect, it } from "vitest";
import { keepRegistered } from "./registration.ts";

it("a registration outlives the leader", async () => {
  await using zk = await startTestEnsemble({ size: 3 });
  const program = await zk.connect();
  await keepRegistered(program, "/printer", "10.0.0.7:631");
  await zk.kill(await zk.leader());
  await zk.ready();
  const observer = await zk.connect();
  expect((await observer.exists("/printer"))!.ephemeralOwner.equals(program.session!.id)).toBe(true);
});

it("a write to a leader that is cut off is not acknowledged, and not there afterwards", async () => {
  await using zk = await startTestEnsemble({ size: 3 });
  const old = await zk.leader();
  const program = await zk.server(old).connect();
  zk.partition(
    [old],
    zk.sids.filter((sid) => sid !== old),
  );
  await expect(program.create("/order", { data: "1" })).rejects.toThrow();
  expect(await zk.leader()).not.toBe(old);
  zk.heal();
  await zk.ready();
  const observer = await zk.connect();
  expect(await observer.exists("/order")).toBeNull();
});
