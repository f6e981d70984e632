import { once } from "node:events";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { connect, connectLazily } from "../../src/client/index.ts";
import { startFaultProxy, startTestServer } from "../../src/testing/index.ts";
import { dial } from "../../src/transport/dialer.ts";

describe("one write per turn", () => {
  afterEach(() => vi.restoreAllMocks());

  it("however many calls a turn makes, and however many continuations a reply wakes", async () => {
    await using server = await startTestServer();
    await using zk = await connect(server.connectString);
    await zk.create("/a");
    const port = Number(server.connectString.split(":")[1]);
    let writes = 0;
    const write = Socket.prototype.write;
    vi.spyOn(Socket.prototype, "write").mockImplementation(function (this: Socket, ...args: unknown[]) {
      if (this.remotePort === port) writes++;
      return write.apply(this, args as Parameters<typeof write>);
    });
    await Promise.all(Array.from({ length: 500 }, () => zk.get("/a")));
    expect(writes).toBe(1);
    writes = 0;
    // Each of the answers comes with the others, and its program goes on with another call in the same turn.
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        await zk.exists("/a");
        await zk.exists("/a");
      }),
    );
    expect(writes).toBeLessThanOrEqual(4);
  });
});

describe("addresses", () => {
  it("a name is resolved anew at each dial", async () => {
    const servers: Server[] = [createServer(), createServer()];
    const accepted = [0, 0];
    for (const [i, server] of servers.entries()) {
      server.on("connection", (socket) => {
        accepted[i]!++;
        socket.destroy();
      });
    }
    // Both listen on one port, on addresses of their own: the name moves from the first to the second.
    servers[0]!.listen(0, "127.0.0.1");
    await once(servers[0]!, "listening");
    const { port } = servers[0]!.address() as AddressInfo;
    servers[1]!.listen(port, "127.0.0.2");
    await once(servers[1]!, "listening");
    let address = "127.0.0.1";
    const asked: string[] = [];
    const attempt = () =>
      new Promise<void>((resolve) => {
        const lookup = (host: string, _options: unknown, done: (...args: never[]) => void): void => {
          asked.push(host);
          (done as (error: null, found: { address: string; family: number }[]) => void)(null, [
            { address, family: 4 },
          ]);
        };
        const handler = { opened() {}, received() {}, closed: () => resolve() };
        dial({ host: "zk.test", port, lookup: lookup as never }, handler);
      });
    await attempt();
    address = "127.0.0.2";
    await attempt();
    expect(accepted).toEqual([1, 1]);
    expect(asked).toEqual(["zk.test", "zk.test"]);
    for (const server of servers) server.close();
  });

  it("IPv6 in brackets", async () => {
    const hasIpv6 = Object.values(networkInterfaces())
      .flat()
      .some((found) => found?.address === "::1");
    // A machine without IPv6 answers with the reason, and the brackets are read all the same.
    await using server = await startTestServer();
    const [, port] = server.connectString.split(":");
    const relay = createServer((client) => {
      const upstream = new Socket().connect(Number(port), "127.0.0.1");
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) socket.on("error", () => {});
    });
    if (hasIpv6) {
      relay.listen(0, "::1");
      await once(relay, "listening");
      await using zk = await connect(`[::1]:${(relay.address() as AddressInfo).port}/app`);
      await zk.ensurePath("/");
      expect(zk.server).toBe(`[::1]:${(relay.address() as AddressInfo).port}`);
    } else {
      const error = await connect("[::1]:1", { connectDeadlineMs: 200 }).catch((e) => e);
      expect(error).toMatchObject({ name: "ConnectionError", server: "[::1]:1" });
    }
    relay.close();
  });
});

it("waiting for a state has a deadline and a signal", async () => {
  await using server = await startTestServer();
  await using proxy = await startFaultProxy({ target: server.connectString });
  proxy.refuse();
  await using zk = connectLazily(proxy.connectString, { backoff: { initialMs: 5, maxMs: 20 } });
  await expect(zk.when("connected", { deadlineMs: 30 })).rejects.toMatchObject({
    name: "DeadlineError",
    outcome: "not-applied",
    message: expect.stringMatching(/before the client was connected/),
  });
  const stop = new AbortController();
  const waiting = zk.when(["connected", "closed"], { signal: stop.signal, deadlineMs: 60_000 });
  stop.abort("enough");
  await expect(waiting).rejects.toMatchObject({ name: "AbortedError", cause: "enough" });
  await expect(zk.when("connected", { deadlineMs: 0 })).rejects.toMatchObject({ name: "MisuseError" });
  proxy.heal();
  expect(await zk.when("connected", { deadlineMs: 20_000 })).toBe("connected");
});
