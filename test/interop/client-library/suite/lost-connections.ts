import { describe, expect, it } from "vitest";
import { ConnectionError, connect, type WatchEvent } from "../../../../src/client/index.ts";
import { Events, type SuiteWorld, textOf } from "./suite-world.ts";

/** What becomes of calls when the connection or the server goes away under them. */
export function lostConnectionsSuite(world: SuiteWorld): void {
  const { client, fresh } = world;

  describe("a broken connection", () => {
    it("ends a write that was sent as outcome unknown, once, and a read as repeatable", async () => {
      const zk = await client();
      const base = fresh();
      await zk.create(base);
      world.proxy.drop("toClient");
      const write = zk.set(base, "maybe");
      const read = zk.get(base);
      const settled = Promise.allSettled([write, read]);
      const direct = await connect(`127.0.0.1:${world.server.port}`);
      world.adopt(direct);
      while ((await direct.exists(base))?.version !== 1) await direct.sync(base);
      world.proxy.cut();
      world.proxy.heal();
      const [written, got] = await settled;
      expect(written).toMatchObject({
        reason: { name: "ConnectionError", kind: "lost", outcome: "unknown" },
      });
      expect(got).toMatchObject({ reason: { kind: "lost", outcome: "not-applied", retryable: true } });
      await zk.when("connected");
      expect((await zk.exists(base))?.version).toBe(1);
    });

    it("lets calls that were not sent wait, in their order", async () => {
      const zk = await client();
      const base = fresh();
      await zk.create(base);
      world.proxy.refuse();
      const suspended = zk.when("suspended");
      world.proxy.cut();
      await suspended;
      const calls = [zk.set(base, "1"), zk.set(base, "2", { version: 1 }), zk.get(base)] as const;
      world.proxy.heal();
      const [, , got] = await Promise.all(calls);
      expect(textOf(got.data)).toBe("2");
    });

    it("ends calls at their deadline and by their signal", async () => {
      const zk = await client();
      world.proxy.refuse();
      const suspended = zk.when("suspended");
      world.proxy.cut();
      await suspended;
      const late = zk.get("/", { deadlineMs: 50 });
      await expect(late).rejects.toMatchObject({ name: "DeadlineError", outcome: "not-applied" });
      const controller = new AbortController();
      const aborted = zk.get("/", { signal: controller.signal });
      controller.abort(new Error("enough"));
      await expect(aborted).rejects.toMatchObject({
        name: "AbortedError",
        outcome: "not-applied",
        cause: { message: "enough" },
      });
    });

    it("a protected create is found again instead of made twice", async () => {
      const zk = await client();
      const base = fresh();
      await zk.create(base);
      world.proxy.drop("toClient");
      const creating = zk.create(`${base}/n-`, { mode: "ephemeral-sequential", protection: "guid" });
      const direct = await connect(`127.0.0.1:${world.server.port}`);
      world.adopt(direct);
      while ((await direct.children(base)).children.length === 0) await direct.sync(base);
      world.proxy.cut();
      world.proxy.heal();
      const { path, stat } = await creating;
      expect(path).toMatch(/\/_c_[0-9a-f]{8}-[0-9a-f-]{27}-n-0000000000$/);
      expect(stat.ephemeralOwner.equals(zk.session!.id)).toBe(true);
      expect((await direct.children(base)).children).toEqual([path.slice(base.length + 1)]);
    });
  });

  describe("a server that restarts", () => {
    it("is found again, with session, data and watches", async () => {
      const zk = await client({ sessionTimeoutMs: 10_000 });
      const base = fresh();
      await zk.create(base, { data: "kept" });
      await zk.create(`${base}/e`, { mode: "ephemeral" });
      const events = new Events<WatchEvent>();
      await zk.get(base, { watch: events.take });
      const id = zk.session!.id;
      const suspended = zk.when("suspended");
      await world.server.stop();
      await suspended;
      const waiting = zk.get(base);
      await world.server.start();
      expect(textOf((await waiting).data)).toBe("kept");
      expect(zk.session!.id.equals(id)).toBe(true);
      expect(await zk.exists(`${base}/e`)).not.toBeNull();
      await zk.set(base, "new");
      await events.count(1);
    });
  });

  it("ConnectionError names the server", async () => {
    const zk = await client();
    world.proxy.drop("toClient");
    const call = zk.set("/none", "x");
    await Promise.resolve();
    setImmediate(() => world.proxy.cut());
    const error = await call.catch((e) => e);
    world.proxy.heal();
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.server).toBe(world.proxy.connectString);
  });
}
