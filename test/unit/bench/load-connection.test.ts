import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { LatencyHistogram } from "../../../bench/load/latency-histogram.ts";
import { LoadConnection, type LoadCounters } from "../../../bench/load/load-connection.ts";
import { planTemplates } from "../../../bench/load/plans.ts";
import {
  deleteTemplate,
  getTemplate,
  type RequestTemplate,
  taggedData,
} from "../../../bench/load/templates.ts";
import { FrameReader } from "../../../src/protocol/frame.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";

/** The load generator must not report throughput that no server gave: every wrong answer ends the run. */

type Answer = (xid: number, index: number) => Buffer;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function framed(payload: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

/** A payload of `length` bytes: ReplyHeader, then `body`, then zeros. */
function reply(xid: number, zxid: number, err: number, length = 16, body = Buffer.alloc(0)): Buffer {
  const writer = new JuteWriter();
  writer.writeInt(xid);
  writer.writeLong(zxid);
  writer.writeInt(err);
  writer.writeRaw(body);
  return Buffer.concat([writer.bytes(), Buffer.alloc(Math.max(0, length - writer.length))]);
}

function serve(socket: Socket, answer: Answer, timeoutMs: number): void {
  const reader = new FrameReader();
  let index = -1;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    reader.push(chunk);
    const out: Buffer[] = [];
    for (let payload = reader.next(); payload !== undefined; payload = reader.next()) {
      if (index === -1) {
        const response = Buffer.alloc(37);
        response.writeInt32BE(timeoutMs, 4);
        response.writeInt32BE(16, 16);
        out.push(framed(response));
      } else out.push(framed(answer(payload.readInt32BE(0), index)));
      index++;
    }
    socket.write(Buffer.concat(out));
  });
}

interface Outcome {
  readonly error?: Error;
  readonly counters: LoadCounters;
}

/** Runs `depth` in flight until `replies` have come, then stops; resolves when all is drained or something failed. */
async function run(
  templates: RequestTemplate[],
  answer: Answer,
  { depth = 4, replies = 50, unit = 1, timeoutMs = 10_000 } = {},
): Promise<Outcome> {
  const server = createServer((socket) => serve(socket, answer, timeoutMs)).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const counters: LoadCounters = { replies: 0, sets: 0, histogram: new LatencyHistogram() };
  return new Promise((resolve) => {
    let isStopped = false;
    const done = (error?: Error): void => {
      connection.close();
      resolve({ counters, ...(error && { error }) });
    };
    const listener = { opened: () => connection.start(), drained: () => done(), failed: done };
    const watched = new Proxy(counters, {
      set(target, key, value) {
        Reflect.set(target, key, value);
        if (key === "replies" && value >= replies && !isStopped) {
          isStopped = true;
          queueMicrotask(() => connection.stop());
        }
        return true;
      },
    });
    const connection = new LoadConnection(port, templates, depth, watched, listener, unit);
  });
}

const GET = [getTemplate("/a", 7, 32)];
const goodGet: Answer = (xid) => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(32);
  return reply(xid, 5, 0, 16 + 4 + 32 + 68, Buffer.concat([length, taggedData(7, 32)]));
};
const goodDelete: Answer = (xid, index) => reply(xid, index + 1, 0);

describe("LoadConnection", () => {
  it("counts every right reply and measures its duration", async () => {
    const { error, counters } = await run(GET, goodGet, { depth: 8, replies: 100 });
    expect(error).toBeUndefined();
    expect(counters.replies).toBeGreaterThanOrEqual(100);
    expect(counters.histogram!.count).toBe(counters.replies);
    expect(counters.histogram!.percentileUs(0.5)).toBeGreaterThan(0);
  });

  it("ends after whole units", async () => {
    const pair = [deleteTemplate("/a"), deleteTemplate("/b"), deleteTemplate("/c")];
    for (const depth of [1, 2, 4]) {
      const { error, counters } = await run(pair, goodDelete, { depth, unit: 3, replies: 10 });
      expect(error).toBeUndefined();
      expect(counters.replies % 3).toBe(0);
    }
  });

  it.each<[string, RequestTemplate[], Answer, RegExp]>([
    ["an error", GET, (xid) => reply(xid, 5, -101), /error -101 in a reply/],
    ["a reply that is too short", GET, (xid) => reply(xid, 5, 0), /a reply of 16 bytes where 120 were due/],
    [
      "another request's reply",
      GET,
      (_xid, i) => goodGet(i === 9 ? 3 : i + 1, i),
      /reply 3 where 10 was due/,
    ],
    ["other data", [getTemplate("/a", 8, 32)], goodGet, /the data of another znode/],
    [
      "a zxid that goes back",
      GET,
      (xid, i) => (i < 9 ? goodGet(xid, i) : reply(xid, 4, 0, 120)),
      /zxid of a reply went back/,
    ],
    [
      "a write that spent no zxid",
      [deleteTemplate("/a")],
      (xid) => reply(xid, 6, 0),
      /zxid of a reply went back/,
    ],
  ])("fails on %s", async (_what, templates, answer, message) => {
    const { error } = await run(templates, answer);
    expect(error?.message).toMatch(message);
  });

  it("fails when the session is refused", async () => {
    const { error } = await run(GET, goodGet, { timeoutMs: 0 });
    expect(error?.message).toMatch(/refused a new session/);
  });

  it("fails when the server hangs up", async () => {
    const refused = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
    servers.push(refused);
    await once(refused, "listening");
    const { port } = refused.address() as AddressInfo;
    const counters: LoadCounters = { replies: 0, sets: 0, histogram: undefined };
    const failure = await new Promise<Error>((resolve) => {
      new LoadConnection(port, GET, 1, counters, { opened() {}, drained() {}, failed: resolve });
    });
    expect(failure.message).toMatch(/load generator: /);
  });
});

describe("plans", () => {
  it("mix one set among ten requests", () => {
    const mix = planTemplates("mix", 3);
    expect(mix).toHaveLength(1000);
    expect(mix.filter(({ isWrite }) => isWrite)).toHaveLength(100);
    expect(mix.reduce((sum, { sets }) => sum + sets, 0)).toBe(100);
  });

  it("give every connection names of its own to create, and delete each at once", () => {
    const frames = [0, 1].flatMap((c) =>
      planTemplates("createDelete", c).map(({ frame }) => frame.toString("latin1")),
    );
    expect(new Set(frames).size).toBe(frames.length);
    const [create, remove] = planTemplates("createDelete", 0);
    expect([create!.frame.readInt32BE(8), remove!.frame.readInt32BE(8)]).toEqual([1, 2]);
  });

  it("count the ten sets of a multi", () => {
    expect(
      planTemplates("multi", 0).every(({ sets, replyBytes }) => sets === 10 && replyBytes === 16 + 770 + 9),
    ).toBe(true);
  });
});
