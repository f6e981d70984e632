import { describe, expect, it } from "vitest";
import { type Client, connect } from "../../../src/client/index.ts";
import {
  type FaultProxy,
  startFaultProxy,
  startTestServer,
  type TestServer,
} from "../../../src/testing/index.ts";

const scene = async (
  play: (zk: TestServer, proxy: FaultProxy, client: Client) => Promise<void>,
): Promise<void> => {
  await using zk = await startTestServer();
  await using proxy = await startFaultProxy({ target: zk.connectString });
  await using client = await connect(proxy.connectString, { backoff: { initialMs: 5, maxMs: 20 } });
  await play(zk, proxy, client);
  proxy.heal();
};

describe("a fault proxy", () => {
  it("cuts: the session goes on over a new connection", () =>
    scene(async (_zk, proxy, client) => {
      const id = client.session!.id;
      const suspended = client.when("suspended");
      expect(proxy.connectionCount).toBe(1);
      proxy.cut();
      await suspended;
      await client.when("connected");
      expect(client.session!.id.equals(id)).toBe(true);
      expect(proxy.acceptedCount).toBe(2);
    }));

  it("drops replies: the effect is there, the outcome unknown", () =>
    scene(async (zk, proxy, client) => {
      const direct = await zk.connect();
      const created = new Promise<void>((resolve) => {
        void direct.exists("/a", { watch: () => resolve() });
      });
      await direct.sync();
      proxy.drop("toClient");
      const call = client.create("/a");
      const failed = expect(call).rejects.toMatchObject({ name: "ConnectionError", outcome: "unknown" });
      await created;
      proxy.heal();
      proxy.cut();
      await failed;
    }));

  it("holds requests: nothing happens before it heals", () =>
    scene(async (zk, proxy, client) => {
      const direct = await zk.connect();
      proxy.hold("toServer");
      const call = client.create("/a");
      await expect(client.exists("/", { deadlineMs: 50 })).rejects.toMatchObject({ name: "DeadlineError" });
      expect(await direct.exists("/a")).toBeNull();
      proxy.heal();
      expect((await call).path).toBe("/a");
    }));

  it("delays, in order", () =>
    scene(async (_zk, proxy, client) => {
      const sequential = (): Promise<string> =>
        client.create("/n-", { mode: "persistent-sequential" }).then(({ path }) => path);
      proxy.delay("30ms", "toServer");
      const beganMs = performance.now();
      const first = sequential();
      // Of the pause between the two only a bound is known; whenever the first has come to the proxy, it stays the first.
      await new Promise(setImmediate);
      proxy.delay("10ms", "toServer");
      const paths = await Promise.all([first, sequential()]);
      expect(performance.now() - beganMs).toBeGreaterThanOrEqual(9);
      expect(paths).toEqual(["/n-0000000000", "/n-0000000001"]);
    }));

  it("refuses until it heals", () =>
    scene(async (_zk, proxy, client) => {
      const suspended = client.when("suspended");
      proxy.refuse();
      proxy.cut();
      await suspended;
      await expect(client.exists("/", { deadlineMs: 50 })).rejects.toMatchObject({ name: "DeadlineError" });
      expect(proxy.connectionCount).toBe(0);
      proxy.heal();
      expect(await client.exists("/")).not.toBeNull();
    }));

  it("wants a target that it can find", async () => {
    await expect(startFaultProxy({ target: "nowhere" })).rejects.toThrow('target "nowhere" is no host:port');
  });
});
