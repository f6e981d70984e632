import { describe, expect, it, vi } from "vitest";
import type { Disk, DiskFile } from "../../../src/base/ports.ts";
import { connect } from "../../../src/client/index.ts";
import { startTestServer, TestServer, type TestServerOptions } from "../../../src/testing/index.ts";
import { MemoryDisk } from "../../../src/testing/memory-disk.ts";
import { ObservedDisk } from "../../../src/testing/observed-disk.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe.each<TestServerOptions>([{ storage: "memory" }, { storage: "disk" }])(
  "a test server: $storage",
  (options) => {
    it("serves a client", async () => {
      await using zk = await startTestServer(options);
      await using client = await connect(zk.connectString);
      await client.create("/a", { data: "1" });
      expect((await client.get("/a")).data).toEqual(Buffer.from("1"));
      expect(zk.connectionCount).toBe(1);
    });

    it("keeps data, sessions and port through a restart", async () => {
      await using zk = await startTestServer(options);
      const client = await zk.connect();
      const { port } = zk;
      const id = client.session!.id;
      await client.create("/kept", { data: "x" });
      await client.create("/mine", { mode: "ephemeral" });
      const lost = client.when("suspended");
      await zk.restart();
      await lost;
      await client.when("connected");
      expect(zk.port).toBe(port);
      expect(client.session!.id.equals(id)).toBe(true);
      expect((await client.get("/kept")).data).toEqual(Buffer.from(bytes("x")));
      expect((await client.exists("/mine"))!.ephemeralOwner.equals(id)).toBe(true);
    });

    it("lets sessions, TTL znodes and containers end when the clock is advanced", async () => {
      await using zk = await startTestServer(options);
      const [watcher, client] = await Promise.all([
        zk.connect({ sessionTimeoutMs: 60_000 }),
        zk.connect({ sessionTimeoutMs: 5_000 }),
      ]);
      await client.create("/mine", { mode: "ephemeral" });
      await watcher.create("/ttl", { mode: "persistent-ttl", ttlMs: 9_000 });
      await watcher.create("/long", { mode: "persistent-ttl", ttlMs: 60_000 });
      await watcher.create("/container", { mode: "container" });
      await watcher.create("/container/x");
      await watcher.delete("/container/x");
      const expired = client.when("expired");
      await zk.advanceClock("12s");
      expect((await watcher.children("/")).children.sort()).toEqual(["long", "zookeeper"]);
      await expired;
    });
  },
);

/** A disk of which each fsync takes so many turns of the event loop. */
function slowDisk(turns: number): Disk {
  const disk = new MemoryDisk();
  const slowed = async (opening: Promise<DiskFile>): Promise<DiskFile> => {
    const file = await opening;
    return {
      write: (bytes, position) => file.write(bytes, position),
      truncate: (size) => file.truncate(size),
      close: () => file.close(),
      sync: async () => {
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        await file.sync();
      },
    };
  };
  return new Proxy(disk, {
    get(target, name: keyof Disk) {
      if (name === "create" || name === "createDurable" || name === "openWrite") {
        return (path: string) => slowed(target[name](path));
      }
      return target[name].bind(target);
    },
  });
}

describe("a test server", () => {
  it("has let all TTL znodes end when the clock was advanced, also those that others are deleted before", async () => {
    await using zk = await startTestServer();
    const client = await zk.connect({ sessionTimeoutMs: 60_000 });
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 5 }, (_, i) =>
          client.create(`/ttl${i}`, { mode: "persistent-ttl", ttlMs: 2_000 }),
        ),
      );
      await zk.advanceClock("4s");
      expect((await client.children("/")).children, `round ${round}`).toEqual(["zookeeper"]);
    }
  });

  it("has let everything end when the clock was advanced, however slow its disk is", async () => {
    const storage = { disk: new ObservedDisk(slowDisk(50_000)), dataDir: "/data", remove: async () => {} };
    await using zk = new TestServer({}, storage);
    await zk.start();
    const client = await zk.connect({ sessionTimeoutMs: 60_000 });
    await client.create("/ttl", { mode: "persistent-ttl", ttlMs: 9_000 });
    await zk.advanceClock("12s");
    expect((await client.children("/")).children).toEqual(["zookeeper"]);
  });

  it("expires one session and no other", async () => {
    await using zk = await startTestServer();
    const [one, other] = await Promise.all([zk.connect(), zk.connect()]);
    await one.create("/one", { mode: "ephemeral" });
    await other.create("/other", { mode: "ephemeral" });
    const expired = one.when("expired");
    const id = one.session!.id;
    await zk.expireSession(id);
    expect(await other.exists("/one")).toBeNull();
    expect(await other.exists("/other")).not.toBeNull();
    await expired;
    await one.when("connected");
    expect(one.session!.id.equals(id)).toBe(false);
    await expect(zk.expireSession(id)).rejects.toThrow(`the server has no session ${id}`);
  });

  it("takes session ids of other clients as numbers and bytes", async () => {
    await using zk = await startTestServer();
    const [one, other] = await Promise.all([
      zk.connect({ afterExpiry: "end" }),
      zk.connect({ afterExpiry: "end" }),
    ]);
    const big = one.session!.id.toBigInt();
    const id = Buffer.alloc(8);
    id.writeBigInt64BE(other.session!.id.toBigInt());
    const ended = Promise.all([one.when("expired"), other.when("expired")]);
    await zk.expireSession(big);
    await zk.expireSession(id);
    await ended;
    await expect(zk.expireSession(new Uint8Array(4))).rejects.toThrow("a session id has 8 bytes, this has 4");
  });

  it("drops connections, and sessions go on", async () => {
    await using zk = await startTestServer();
    const client = await zk.connect();
    const id = client.session!.id;
    const suspended = client.when("suspended");
    await zk.dropConnections();
    await suspended;
    await client.when("connected");
    expect(client.session!.id.equals(id)).toBe(true);
  });

  it("answers nothing while it is paused, and everything afterwards", async () => {
    await using zk = await startTestServer();
    const client = await zk.connect();
    await client.create("/before");
    zk.pause();
    const call = client.create("/during");
    const late = zk.connect();
    let isAnswered = false;
    void Promise.race([call, late]).then(() => {
      isAnswered = true;
    });
    await expect(client.exists("/before", { deadlineMs: 100 })).rejects.toMatchObject({
      name: "DeadlineError",
    });
    expect(isAnswered).toBe(false);
    zk.resume();
    await call;
    expect(await (await late).exists("/during")).not.toBeNull();
  });

  it("expires sessions that ran out during a pause", async () => {
    await using zk = await startTestServer();
    const client = await zk.connect({ sessionTimeoutMs: 5_000 });
    await client.create("/mine", { mode: "ephemeral" });
    const expired = client.when("expired");
    zk.pause();
    await zk.advanceClock("10s");
    zk.resume();
    await expired;
    await client.when("connected");
    expect(await client.exists("/mine")).toBeNull();
  });

  it("goes on when a test fakes the timers", async () => {
    vi.useFakeTimers();
    try {
      await using zk = await startTestServer();
      const [client, other] = await Promise.all([zk.connect(), zk.connect()]);
      await client.create("/mine", { mode: "ephemeral" });
      await zk.expireSession(client.session!.id);
      expect(await other.exists("/mine")).toBeNull();
      await other.create("/ttl", { mode: "persistent-ttl", ttlMs: 1_000 });
      await zk.advanceClock("2s");
      expect(await other.exists("/ttl")).toBeNull();
      await zk.restart();
    } finally {
      vi.useRealTimers();
    }
  });

  it("refuses what it does not know", async () => {
    await expect(startTestServer({ store: "memory" } as TestServerOptions)).rejects.toThrow(
      /unknown option "store"/,
    );
    await expect(startTestServer({ dataDir: "/x" })).rejects.toThrow(/option dataDir is for storage "disk"/);
    await expect(startTestServer({ storage: "tape" as "disk" })).rejects.toThrow(/"memory" or "disk"/);
    await using zk = await startTestServer();
    await expect(zk.advanceClock("30" as "30s")).rejects.toThrow(/is no duration/);
  });
});
