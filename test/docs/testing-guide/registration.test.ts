import { connect } from "menagerie";
import { startFaultProxy, startTestServer } from "menagerie/testing";
import { expect, it } from "vitest";
import { keepRegistered } from "./registration.ts";

it("a registration comes back when the session has expired", async () => {
  await using zk = await startTestServer();
  const [program, observer] = await Promise.all([zk.connect(), zk.connect()]);
  await keepRegistered(program, "/printer", "10.0.0.7:631");
  const before = program.session!.id;

  const deleted = new Promise((resolve) => observer.exists("/printer", { watch: resolve }));
  await zk.expireSession(before);
  expect(await deleted).toMatchObject({ type: "deleted", path: "/printer" });

  await using watch = await observer.watch("/printer", { mode: "persistent" });
  while ((await observer.exists("/printer")) === null) await watch[Symbol.asyncIterator]().next();
  expect((await observer.exists("/printer"))!.ephemeralOwner.equals(before)).toBe(false);
});

it("a registration outlives a restart of the server", async () => {
  await using zk = await startTestServer({ storage: "disk" });
  const program = await zk.connect();
  await keepRegistered(program, "/printer", "10.0.0.7:631");
  await zk.restart();
  expect(await program.exists("/printer")).not.toBeNull();
});

it("a registration goes with a program that is silent for too long", async () => {
  await using zk = await startTestServer();
  await using proxy = await startFaultProxy({ target: zk.connectString });
  const observer = await zk.connect({ sessionTimeoutMs: 60_000 });
  await using program = await connect(proxy.connectString, { sessionTimeoutMs: 10_000 });
  await keepRegistered(program, "/printer", "10.0.0.7:631");
  proxy.drop("toServer");
  await zk.advanceClock("11s");
  expect(await observer.exists("/printer")).toBeNull();
  proxy.heal();
  proxy.cut();
});
