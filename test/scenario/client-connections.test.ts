import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { encodeConnectRequest } from "../../src/protocol/handshake.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import {
  AddWatchRequest,
  CreateRequest,
  ExistsRequest,
  GetDataRequest,
  GetDataResponse,
  SetDataRequest,
} from "../../src/protocol/records/proto.ts";
import { TestTime } from "../../src/testing/test-time.ts";
import { listenForClients } from "../../src/transport/client-listener.ts";
import { startTestServer, stopTestServers } from "../support/test-server.ts";
import { frame, OPEN_ACL, requestBytes, WireClient } from "../support/wire-client.ts";

afterEach(stopTestServers);

const NEW_SESSION = {
  protocolVersion: 0,
  lastZxidSeen: 0,
  timeOut: 30_000,
  sessionId: Int64.ZERO,
  passwd: new Uint8Array(16),
  readOnly: false,
};

/** A server for which time passes only when the test says so. */
async function startUntimed(entries: Readonly<Record<string, string>> = {}) {
  const time = new TestTime({ now: () => ({ elapsedMs: 1_000_000, wallMs: 1_700_000_000_000 }) });
  return { time, ...(await startTestServer(entries, { clock: time, timer: time })) };
}

const get = (client: WireClient, path: string, watch = false) =>
  client.request(OpCode.getData, GetDataRequest, { path, watch });
const set = (client: WireClient, path: string, data: Uint8Array) =>
  client.request(OpCode.setData, SetDataRequest, { path, data, version: -1 });

describe("handshake", () => {
  it("gives a session, its password and the negotiated timeout", async () => {
    const { port } = await startTestServer();
    const client = await WireClient.connect(port, { timeoutMs: 1 });
    expect(client.session).toMatchObject({ timeOut: 4000, readOnly: false });
    expect(client.session.sessionId.hi >>> 24).toBe(1);
    expect(client.session.passwd).toHaveLength(16);
    const patient = await WireClient.connect(port, { timeoutMs: 1_000_000 });
    expect(patient.session.timeOut).toBe(40_000);
  });

  it("answers a request without readOnly byte without one", async () => {
    const { port } = await startTestServer();
    const client = await WireClient.open(port);
    const length = new Promise<number>((resolve) =>
      client.socket.once("data", (chunk) => resolve(chunk.readInt32BE(0))),
    );
    await client.handshake({ hasReadOnly: false });
    expect(await length).toBe(36);
  });

  it("continues a session on a new connection, also after a restart of the server", async () => {
    const first = await startTestServer();
    const client = await WireClient.connect(first.port);
    await client.request(OpCode.create, CreateRequest, {
      path: "/ephemeral",
      data: null,
      acl: OPEN_ACL,
      flags: 1,
    });
    client.destroy();
    const { sessionId, passwd } = client.session;
    const second = await first.restart();
    const again = await WireClient.connect(second.port, { sessionId, passwd: passwd!, lastZxidSeen: 2 });
    expect(again.session.sessionId.equals(sessionId)).toBe(true);
    expect(
      (await again.request(OpCode.exists, ExistsRequest, { path: "/ephemeral", watch: false })).err,
    ).toBe(0);
  });

  it("refuses a wrong password and an unknown session alike, and closes", async () => {
    const { port } = await startTestServer();
    const client = await WireClient.connect(port);
    const thief = await WireClient.connect(port, {
      sessionId: client.session.sessionId,
      passwd: new Uint8Array(16),
    });
    expect(thief.session).toMatchObject({ timeOut: 0, sessionId: Int64.ZERO });
    expect(await thief.closed).toBe("end");
    expect((await client.ping()).err).toBe(0);
    const stranger = await WireClient.connect(port, {
      sessionId: new Int64(7, 7),
      passwd: new Uint8Array(16),
    });
    expect(stranger.session.timeOut).toBe(0);
  });

  it("closes on a client that has seen more than the server has", async () => {
    const { port, log } = await startTestServer();
    const client = await WireClient.open(port);
    await expect(client.handshake({ lastZxidSeen: 1000 })).rejects.toThrow("closed");
    expect(log.messages("info").join()).toMatch(/zxid 0x3e8/);
  });

  it("takes requests that come in one segment with the ConnectRequest", async () => {
    const { port } = await startTestServer();
    const client = await WireClient.open(port);
    client.socket.cork();
    const session = client.handshake();
    const created = client.create("/early", Buffer.from("bird"));
    const read = get(client, "/early");
    client.socket.uncork();
    await session;
    expect((await created).err).toBe(0);
    expect(GetDataResponse.read(new JuteReader((await read).body)).data?.toString()).toBe("bird");
  });
});

describe("what is malformed", () => {
  it("closes the connection with one line and leaves the others alone", async () => {
    const { port, log } = await startTestServer();
    const good = await WireClient.connect(port);
    const bad = [
      { name: "header too short", bytes: Buffer.from([0, 0, 0, 3, 1, 2, 3]) },
      { name: "too long", bytes: Buffer.from([0x7f, 0xff, 0xff, 0xff]) },
      { name: "negative", bytes: Buffer.from([0xff, 0xff, 0xff, 0xff]) },
      { name: "unknown request", bytes: Buffer.from([0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0x99, 0]) },
    ];
    for (const { name, bytes } of bad) {
      const lines = log.messages("warn").length;
      const client = await WireClient.connect(port);
      client.send(bytes);
      await client.closed;
      expect([name, log.messages("warn").length]).toEqual([name, lines + 1]);
    }
    expect(log.messages("warn").join()).toContain("limit jute.maxbuffer = 1048575 bytes");
    expect((await good.create("/still-here")).err).toBe(0);
  });

  it("closes on a first frame that is no ConnectRequest", async () => {
    const { port, log } = await startTestServer();
    const client = await WireClient.open(port);
    client.send(Buffer.from([0, 0, 0, 5, 1, 2, 3, 4, 5]));
    await client.closed;
    expect(log.messages("warn")).toHaveLength(1);
  });

  it("takes a frame of jute.maxbuffer and refuses one more", async () => {
    const { port } = await startTestServer();
    const client = await WireClient.connect(port);
    const request = { path: "/large", data: Buffer.alloc(0), acl: OPEN_ACL, flags: 0 };
    const room = 0xfffff - requestBytes(1, OpCode.create, CreateRequest, request).length;
    expect((await client.create("/large", Buffer.alloc(room))).err).toBe(0);
    void client.create("/more1", Buffer.alloc(room + 1)).catch(() => {});
    await client.closed;
  });

  it("lets nobody wait for a client that stops in the middle of a frame", async () => {
    const { port } = await startTestServer();
    const [half, whole] = [await WireClient.connect(port), await WireClient.connect(port)];
    half.send(Buffer.from([0, 0, 1, 0, 0, 0, 0, 1]));
    expect((await whole.create("/whole")).err).toBe(0);
  });
});

describe("limits", () => {
  it("resets connections beyond maxClientCnxns", async () => {
    const { port, server } = await startTestServer({ maxClientCnxns: "2" });
    const clients = [await WireClient.connect(port), await WireClient.connect(port)];
    const refused = await WireClient.open(port).then(
      (client) => client.closed,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(["reset", "ECONNRESET"]).toContain(refused);
    await clients[0]!.closeSession();
    // The server hears of the end of a connection a little later than the client.
    while (server.view.statistics().aliveConnections > 1) await clients[1]!.ping();
    expect((await WireClient.connect(port)).session.timeOut).toBeGreaterThan(0);
  });

  it("gives up a client that does not read its answers, at a limit with its unit", async () => {
    const outputBytesMax = 8_000_000;
    const { port, log, server } = await startTestServer(
      {},
      { listen: (options) => listenForClients({ ...options, outputBytesMax }) },
    );
    const [writer, slow] = [await WireClient.connect(port), await WireClient.connect(port)];
    // Watch events come without being asked for: nothing but the limit stops them.
    const path = `/${"x".repeat(500_000)}`;
    await writer.create(path);
    await slow.request(OpCode.addWatch, AddWatchRequest, { path, mode: 0 });
    slow.socket.pause();
    for (let i = 0; i < 40; i++) await set(writer, path, Buffer.from(String(i)));
    while (server.view.statistics().aliveConnections > 1) await writer.ping();
    expect(log.messages("warn").join()).toMatch(
      /wait for a client that does not read \(limit 8000000 bytes\)/,
    );
    expect((await writer.create("/alive")).err).toBe(0);
  });

  it("serves a client that reads slowly, however much it asks for, from little memory", async () => {
    const outputBytesMax = 8_000_000;
    const { port } = await startTestServer(
      {},
      { listen: (options) => listenForClients({ ...options, outputBytesMax }) },
    );
    const client = await WireClient.connect(port);
    await client.create("/large", Buffer.alloc(1_000_000));
    client.socket.pause();
    const replies = Array.from({ length: 100 }, () => get(client, "/large"));
    const witness = await WireClient.connect(port);
    for (let i = 0; i < 50; i++) await witness.ping();
    client.socket.resume();
    for (const reply of await Promise.all(replies)) expect(reply.body).toHaveLength(1_000_000 + 4 + 68);
  });

  it("closes a connection that asks for no session", async () => {
    const { time, port, server } = await startUntimed({ "nio.sessionlessCnxnTimeout": "50" });
    const silent = await WireClient.open(port);
    const half = await WireClient.open(port);
    half.send(Buffer.from("ru"));
    // Behind both of them: when it is answered, they are known, and the half word has been read.
    const witness = await WireClient.connect(port);
    await witness.ping();
    expect(server.view.statistics().aliveConnections).toBe(3);
    // Two buckets of the queue in which they wait.
    time.advance(100);
    expect([await silent.closed, await half.closed]).toEqual(["end", "end"]);
    expect((await witness.ping()).err).toBe(0);
  });
});

describe("sessions and watches over real sockets", () => {
  it("removes the ephemerals of a client that has vanished, and tells who watches", async () => {
    const { time, port } = await startUntimed();
    const watcher = await WireClient.connect(port, { timeoutMs: 40_000 });
    const vanishing = await WireClient.connect(port, { timeoutMs: 4_000 });
    await vanishing.request(OpCode.create, CreateRequest, {
      path: "/ephemeral",
      data: null,
      acl: OPEN_ACL,
      flags: 1,
    });
    await watcher.request(OpCode.exists, ExistsRequest, { path: "/ephemeral", watch: true });
    vanishing.destroy();
    time.advance(8_000);
    expect(await watcher.nextEvent()).toEqual({ type: 2, state: 3, path: "/ephemeral" });
  });

  it("sends the event before the answer to a later read, with all that came in one turn", async () => {
    const { port } = await startTestServer();
    const [watcher, writer] = [await WireClient.connect(port), await WireClient.connect(port)];
    await writer.create("/node", Buffer.from("old"));
    await get(watcher, "/node", true);
    await set(writer, "/node", Buffer.from("new"));
    await get(watcher, "/node");
    expect(watcher.pendingEvents).toEqual([{ type: 3, state: 3, path: "/node" }]);
  });
});

describe("four-letter words", () => {
  it("are answered by the running server", async () => {
    const { port } = await startTestServer();
    const client = await WireClient.connect(port);
    await client.create("/node");
    expect(await WireClient.command(port, "ruok")).toBe("imok");
    expect(await WireClient.command(port, "srvr")).toMatch(/Zxid: 0x2\nMode: standalone\nNode count: 6\n/);
    expect(await WireClient.command(port, "mntr")).toMatch(/zk_server_state\tstandalone\n/);
    expect(await WireClient.command(port, "cons")).toMatch(new RegExp(`sid=${client.session.sessionId}`));
    expect(await WireClient.command(port, "conf")).toMatch(new RegExp(`^clientPort=${port}\n`));
    expect(await WireClient.command(port, "wchs")).toMatch(/^0 connections watching 0 paths/);
    expect(await WireClient.command(port, "dump")).toMatch(/SessionTracker dump/);
  });

  it("run only when they are allowed", async () => {
    const { port } = await startTestServer({ "4lw.commands.whitelist": "ruok" });
    expect(await WireClient.command(port, "stat")).toBe(
      "stat is not executed because it is not in the whitelist.\n",
    );
    expect(await WireClient.command(port, "ruok")).toBe("imok");
  });
});

describe("arbitrary bytes", () => {
  it("end at most their own connection", async () => {
    const { port, server } = await startTestServer({ maxClientCnxns: "0" });
    const witness = await WireClient.connect(port);
    const greeting = frame(encodeConnectRequest(NEW_SESSION));
    const chunk = fc.uint8Array({ maxLength: 200 });
    const framed = fc.uint8Array({ maxLength: 120 }).map(frame);
    const request = fc
      .tuple(fc.integer({ min: -12, max: 108 }), fc.uint8Array({ maxLength: 80 }))
      .map(([type, body]) => frame(Buffer.concat([requestBytes(1, type), body])));
    const stream = fc.tuple(fc.boolean(), fc.array(fc.oneof(chunk, framed, request), { maxLength: 20 }));
    await fc.assert(
      fc.asyncProperty(stream, async ([hasSession, pieces]) => {
        const client = await WireClient.open(port);
        if (hasSession) client.send(greeting);
        for (const piece of pieces) client.send(piece);
        expect((await witness.ping()).err).toBe(0);
        client.destroy();
      }),
      { numRuns: 300 },
    );
    while (server.view.statistics().aliveConnections > 1) await witness.ping();
    expect((await witness.create("/still-here")).err).toBe(0);
  });
});
