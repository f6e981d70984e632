import { describe, expect, it } from "vitest";
import { connect } from "../../../src/client/index.ts";
import { startTestEnsemble, type TestEnsembleOptions } from "../../../src/testing/index.ts";

describe.each<TestEnsembleOptions>([{ storage: "memory" }, { storage: "disk" }])(
  "a test ensemble: $storage",
  (options) => {
    it("serves clients, and survives its leader", async () => {
      await using zk = await startTestEnsemble(options);
      expect(zk.sids).toEqual([1, 2, 3]);
      const leader = await zk.leader();
      const client = await zk.connect();
      await client.create("/a", { data: "1" });
      await zk.kill(leader);
      expect(zk.server(leader).role).toBeNull();
      await zk.ready();
      await client.set("/a", "2");
      expect(await zk.leader()).not.toBe(leader);
      await zk.restart(leader);
      await zk.ready();
      expect(zk.server(leader).role).toBe("follower");
      const other = await zk.server(leader).connect();
      expect((await other.get("/a")).data).toEqual(Buffer.from("2"));
    });
  },
);

describe("a test ensemble", () => {
  it("a leader that is cut off from the others serves nobody; when the network heals it follows", async () => {
    await using zk = await startTestEnsemble();
    const before = await zk.leader();
    const others = zk.sids.filter((sid) => sid !== before);
    const client = await zk.server(before).connect();
    await client.create("/a");
    const suspended = client.when("suspended");
    zk.partition([before], others);
    expect(others).toContain(await zk.leader());
    await suspended;
    expect(zk.server(before).role).toBeNull();
    await using other = await connect(others.map((sid) => zk.server(sid).connectString).join(","));
    await other.create("/b");

    zk.heal();
    await zk.ready();
    expect(zk.server(before).role).toBe("follower");
    await client.when("connected");
    expect((await client.children("/")).children.sort()).toEqual(["a", "b", "zookeeper"]);
  });

  it("what was written to a leader without a quorum is not there afterwards, and was not acknowledged", async () => {
    await using zk = await startTestEnsemble();
    const before = await zk.leader();
    const client = await zk.server(before).connect();
    zk.partition(zk.sids.filter((sid) => sid !== before));
    await expect(client.create("/lost")).rejects.toThrow(/may or may not have been executed/);
    await zk.leader();
    zk.heal();
    await zk.ready();
    expect(await (await zk.connect()).exists("/lost")).toBeNull();
  });

  it("observers serve, and do not count", async () => {
    await using zk = await startTestEnsemble({ size: 3, observers: 1 });
    expect(zk.server(4).role).toBe("observer");
    const client = await zk.server(4).connect();
    await client.create("/through-observer");
    zk.partition([await zk.leader(), 4]);
    await zk.advanceClock("2s");
    expect(zk.server(4).role).toBeNull();
  });

  it("sessions move between servers, and end when the clock is advanced", async () => {
    await using zk = await startTestEnsemble();
    const observer = await zk.connect({ sessionTimeoutMs: 60_000 });
    const client = await zk.connect({ sessionTimeoutMs: 10_000 });
    const { id } = client.session!;
    await client.create("/mine", { mode: "ephemeral" });
    await observer.create("/ttl", { mode: "persistent-ttl", ttlMs: 8_000 });
    const server = zk.sids.find((sid) => `127.0.0.1:${zk.server(sid).port}` === client.server)!;
    const suspended = client.when("suspended");
    await zk.kill(server);
    await suspended;
    await client.when("connected");
    expect(client.session!.id.equals(id)).toBe(true);
    await zk.ready();
    const expired = client.when("expired");
    await zk.advanceClock("12s");
    await expired;
    await observer.sync("/");
    expect((await observer.children("/")).children).toEqual(["zookeeper"]);
  });

  it("expires one session, on every server", async () => {
    await using zk = await startTestEnsemble();
    const client = await zk.server(1).connect();
    await client.create("/mine", { mode: "ephemeral" });
    const { id } = client.session!;
    const expired = client.when("expired");
    await zk.expireSession(id);
    for (const sid of zk.sids) expect(await (await zk.server(sid).connect()).exists("/mine")).toBeNull();
    await expired;
    await expect(zk.expireSession(id)).rejects.toThrow(`the server has no session ${id}`);
  });

  it("serves read-only where it is allowed and there is no quorum", async () => {
    await using zk = await startTestEnsemble({ settings: { "readonlymode.enabled": "true" } });
    await zk.kill(2);
    await zk.kill(3);
    await zk.advanceClock("5s");
    expect(zk.server(1).role).toBe("read-only");
  });

  it("says what the servers do when there can be no leader, and refuses what it does not know", async () => {
    await using zk = await startTestEnsemble({ size: 2 });
    expect(() => zk.server(3)).toThrow("there is no server 3; there are 1, 2");
    expect(() => zk.partition([1], [3])).toThrow("there is no server 3");
    await expect(startTestEnsemble({ sizes: 3 } as never)).rejects.toThrow('unknown option "sizes"');
    await expect(startTestEnsemble({ size: 0 })).rejects.toThrow("option size is 0: it must be 1 to 9");
  });

  it("one server is an ensemble, too", async () => {
    await using zk = await startTestEnsemble({ size: 1 });
    await (await zk.connect()).create("/a");
    expect(await zk.leader()).toBe(1);
  });
});
