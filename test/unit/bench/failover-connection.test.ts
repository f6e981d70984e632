import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { FailoverConnection } from "../../../bench/load/failover-connection.ts";
import { planTemplates } from "../../../bench/load/plans.ts";
import { FrameReader } from "../../../src/protocol/frame.ts";
import { until } from "../../support/until.ts";

/** A failover must not be counted as over before a write sent behind it was acknowledged, in the session of before. */

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const SESSION = Buffer.from("0123456789abcdef", "hex");
const PASSWORD = Buffer.from("secret of 16 b..");
const STAT_BYTES = 68;

function framed(payload: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

function connectResponse(timeoutMs: number): Buffer {
  const payload = Buffer.alloc(37);
  payload.writeInt32BE(timeoutMs, 4);
  SESSION.copy(payload, 8);
  payload.writeInt32BE(16, 16);
  PASSWORD.copy(payload, 20);
  return framed(payload);
}

function reply(xid: number, zxid: number, err: number): Buffer {
  const payload = Buffer.alloc(16 + STAT_BYTES);
  payload.writeInt32BE(xid, 0);
  payload.writeBigInt64BE(BigInt(zxid), 4);
  payload.writeInt32BE(err, 12);
  return framed(payload);
}

interface FakeServer {
  readonly port: number;
  /** Payloads of the ConnectRequests that came. */
  readonly requests: Buffer[];
  readonly sockets: Socket[];
}

/** Answers `answers` requests of each connection, with zxids from `firstZxid` on. */
async function serve(
  firstZxid: number,
  answers: number,
  { timeoutMs = 10_000, err = 0 } = {},
): Promise<FakeServer> {
  const fake = { port: 0, requests: [] as Buffer[], sockets: [] as Socket[] };
  const server = createServer((socket) => {
    fake.sockets.push(socket);
    const reader = new FrameReader();
    let index = -1;
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      reader.push(chunk);
      for (let payload = reader.next(); payload !== undefined; payload = reader.next()) {
        if (index === -1) {
          fake.requests.push(Buffer.from(payload));
          socket.write(connectResponse(timeoutMs));
        } else if (index < answers) socket.write(reply(payload.readInt32BE(0), firstZxid + index, err));
        index++;
      }
    });
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  fake.port = (server.address() as AddressInfo).port;
  return fake;
}

/** A connection to `port` that keeps 2 in flight, and what it tells. */
function load(port: number, survivors: readonly number[]) {
  let connection: FailoverConnection | undefined;
  const told = new Promise<string>((resolve) => {
    connection = new FailoverConnection(port, survivors, planTemplates("set", 0), 2, {
      servedAgain: () => resolve("served again"),
      failed: (error) => resolve(error.message),
    });
  });
  return { connection: connection!, told };
}

async function replies(connection: FailoverConnection, count: number): Promise<void> {
  await until(`${count} replies`, () => connection.acknowledged >= count, 25_000);
}

describe("a connection that outlives its leader", () => {
  it("goes on elsewhere with its session, and knows which writes are uncertain", async () => {
    const first = await serve(100, 5);
    const second = await serve(200, 1000);
    const { connection, told } = load(first.port, [second.port]);
    await replies(connection, 5);
    connection.killed();
    first.sockets[0]!.destroy();
    expect(await told).toBe("served again");
    connection.stop();
    await connection.drained;
    connection.close();
    const [request] = second.requests;
    expect(request!.readBigInt64BE(4)).toBe(104n);
    expect(request!.subarray(16, 24)).toEqual(SESSION);
    expect(request!.subarray(28, 44)).toEqual(PASSWORD);
    expect(connection.unknown).toBe(2);
    expect(connection.acknowledged).toBeGreaterThan(5);
  });

  it("does not take the acknowledgement of a write from before the kill for service", async () => {
    const server = await serve(100, 5);
    const { connection, told } = load(server.port, [server.port]);
    await replies(connection, 5);
    connection.killed();
    // The answers to the two that are in flight.
    server.sockets[0]!.write(Buffer.concat([reply(6, 105, 0), reply(7, 106, 0)]));
    await replies(connection, 7);
    expect(await Promise.race([told, "nothing yet"])).toBe("nothing yet");
    connection.close();
  });

  it.each([
    ["a session that is refused", { timeoutMs: 0 }, "a session did not outlive the leader"],
    ["an error in a reply", { err: -4 }, "error -4 in a reply"],
  ])("fails for %s", async (_, how, reason) => {
    const server = await serve(100, 5, how);
    const { connection, told } = load(server.port, [server.port]);
    expect(await told).toContain(reason);
    connection.close();
  });

  it("fails when it is lost before anybody was killed", async () => {
    const server = await serve(100, 5);
    const { connection, told } = load(server.port, [server.port]);
    await replies(connection, 5);
    server.sockets[0]!.destroy();
    expect(await told).toContain("lost before the leader was killed");
  });
});
