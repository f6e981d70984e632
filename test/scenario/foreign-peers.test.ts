import { once } from "node:events";
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.ts";
import { TestEnsemble } from "../support/test-ensemble.ts";

/** Peers with other settings for TLS and SASL between servers than ours, over real sockets (quorum-protocol 1.7, 1.8). */

/** A TLS 1.2 ClientHello without extensions, its random bytes all alike. */
function clientHello(): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 0x5a),
    Buffer.from([0]),
    Buffer.from([0, 4, 0xc0, 0x2f, 0x00, 0x9c]),
    Buffer.from([1, 0]),
  ]);
  const handshake = Buffer.concat([Buffer.from([1, 0, 0, body.length]), body]);
  return Buffer.concat([Buffer.from([0x16, 3, 1, 0, handshake.length]), handshake]);
}

/** QuorumAuthPacket: magic, status 0, an empty token. */
const SASL_HELLO = Buffer.from("5f2435013501edcc0000000000000000", "hex");

/** The initial message of server 3 on the election port, version 1. */
function initialMessage(): Buffer {
  const address = Buffer.from("127.0.0.1:1");
  const head = Buffer.alloc(20);
  head.writeBigInt64BE(-65536n, 0);
  head.writeBigInt64BE(3n, 8);
  head.writeInt32BE(address.length, 16);
  return Buffer.concat([head, address]);
}

const HELLOS: readonly (readonly [string, Buffer, RegExp])[] = [
  ["TLS", clientHello(), /it speaks TLS \(sslQuorum=true there\)/],
  ["SASL", SASL_HELLO, /it authenticates by SASL \(quorum.auth.learnerRequireSasl=true there\)/],
];

let ensemble: TestEnsemble;
const sockets: Socket[] = [];
const servers: Server[] = [];

beforeEach(async () => {
  ensemble = await TestEnsemble.create(3);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
  await ensemble.end();
});

function portsOf(id: number): { readonly quorum: number; readonly election: number } {
  const [, quorum, election] = /^127\.0\.0\.1:(\d+):(\d+):/.exec(ensemble.member(id).line)!;
  return { quorum: Number(quorum), election: Number(election) };
}

/** What comes back until the other side closes. */
async function say(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = dial(port, "127.0.0.1");
  sockets.push(socket);
  const answer: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => answer.push(chunk));
  socket.on("error", () => {});
  socket.write(bytes);
  await once(socket, "close", { signal: AbortSignal.timeout(20_000) });
  return Buffer.concat(answer);
}

function warnings(id: number): string {
  const lines = ensemble.member(id).log.lines.filter(({ level }) => level === "warn");
  return lines.map(({ message }) => message).join("\n");
}

async function expectService(...ids: readonly number[]): Promise<void> {
  const hosts = ids.map((id) => `127.0.0.1:${ensemble.member(id).clientPort}`).join(",");
  const client = await connect(hosts, { sessionTimeoutMs: 10_000 });
  try {
    await client.create("/n-", { data: "x", mode: "persistent-sequential" });
  } finally {
    await client.close();
  }
}

describe("F63: a peer with TLS or SASL at a plain port", () => {
  it.each(HELLOS)(
    "F63: %s at the leader's quorum port: closed without an answer, the port lives on",
    async (_, hello, why) => {
      await ensemble.start(1, 2);
      const leader = await ensemble.untilServing();
      for (let times = 0; times < 3; times++) {
        expect(await say(portsOf(leader).quorum, hello)).toEqual(Buffer.alloc(0));
      }
      expect(warnings(leader)).toMatch(why);
      await expectService(1, 2);
      expect(await ensemble.untilServing()).toBe(leader);
      // The peer's configuration has been corrected: it comes as it should, and is taken.
      await ensemble.start(3);
      await ensemble.untilServing();
      await expectService(3);
    },
  );

  it.each(HELLOS)("F63: %s at the election port: closed, the port lives on", async (_, hello, why) => {
    await ensemble.start(1, 2);
    await ensemble.untilServing();
    for (const id of [1, 2]) {
      const isTls = hello[0] === 0x16;
      await say(portsOf(id).election, isTls ? hello : Buffer.concat([initialMessage(), hello]));
      expect(warnings(id)).toMatch(why);
    }
    await expectService(1, 2);
    await ensemble.start(3);
    await ensemble.untilServing();
    await expectService(3);
  });
});

describe("F63: a plain peer at the ports of one with TLS", () => {
  /** Takes nothing but TLS: what is no ClientHello gets an alert and is closed. */
  async function tlsOnly(port: number): Promise<{ readonly server: Server; dials: () => number }> {
    let dials = 0;
    const server = createServer((socket) => {
      dials++;
      sockets.push(socket);
      socket.on("error", () => {});
      socket.once("data", () => socket.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 70])));
    });
    servers.push(server);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return { server, dials: () => dials };
  }

  it("F63: is turned away again and again, the others serve, and with the setting corrected it joins", async () => {
    const { quorum, election } = portsOf(3);
    const closed = [await tlsOnly(quorum), await tlsOnly(election)];
    await ensemble.start(1, 2);
    await ensemble.untilServing();
    await ensemble.until("server 3 is dialed", () => closed[1]!.dials() > 0);
    await expectService(1, 2);
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const { server } of closed) await new Promise((done) => server.close(done));
    await ensemble.start(3);
    await ensemble.untilServing();
    await expectService(3);
  });
});
