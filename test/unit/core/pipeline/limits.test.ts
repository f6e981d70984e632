import { describe, expect, it } from "vitest";
import { createPrng } from "../../../../src/base/prng.ts";
import { REQUEST_BYTES_MAX } from "../../../../src/core/pipeline/back-pressure.ts";
import { ConnectionThrottle } from "../../../../src/core/pipeline/connection-throttle.ts";
import { SERVER_OPTIONS_DEFAULT } from "../../../../src/core/pipeline/server-options.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { buffer, int, ustring } from "../../../../src/protocol/record.ts";
import { bytes, zk } from "../../../support/core-client.ts";
import { type Client, CoreHarness, connectPayload, encode } from "../../../support/core-harness.ts";

const get = (path: string) => encode(ustring, path, int, 0);
const set = (path: string, value: string) => encode(ustring, path, ustring, value, int, -1);
const errors = (client: Client) =>
  client.frames.splice(0).map((frame) => [frame.readInt32BE(0), frame.readInt32BE(12)]);

describe("globalOutstandingLimit", () => {
  it("stops reading a connection with unanswered requests above the limit, until it is below or has none", () => {
    const harness = new CoreHarness({ server: { limits: { outstandingRequestsMax: 3 } } });
    const a = harness.connect();
    const b = harness.connect();
    harness.autoPersist = false;
    for (let i = 0; i < 3; i++) a.request(OpCode.setData, set("/", String(i)));
    expect([...harness.paused]).toEqual([]);
    b.request(OpCode.setData, set("/", "b"));
    expect([...harness.paused]).toEqual([b.id]);
    a.request(OpCode.setData, set("/", "4"));
    expect([...harness.paused].sort()).toEqual([a.id, b.id].sort());
    harness.persist(1);
    expect([...harness.paused].sort(), "4 are in process").toEqual([a.id, b.id].sort());
    harness.persist(1);
    expect([...harness.paused]).toEqual([b.id]);
    harness.persist();
    expect([...harness.paused]).toEqual([]);
    expect([a.frames.length, b.frames.length]).toEqual([4, 1]);
  });

  it("does not count special xids", () => {
    const harness = new CoreHarness({ server: { limits: { outstandingRequestsMax: 0 } } });
    const a = harness.connect();
    harness.autoPersist = false;
    a.request(OpCode.setData, set("/", "x"), -8);
    a.request(OpCode.ping, undefined, -2);
    expect([...harness.paused]).toEqual([]);
    a.request(OpCode.setData, set("/", "x"), 1);
    expect([...harness.paused]).toEqual([a.id]);
  });
});

describe("bytes of requests in process", () => {
  const large = encode(ustring, "/", buffer, new Uint8Array(1_000_000), int, -1);
  const count = Math.floor(REQUEST_BYTES_MAX / large.length) + 1;

  it.each([1, -8])("stop the reading of their connections (xid %j), and of no other", (xid) => {
    const harness = new CoreHarness();
    const [a, b] = [harness.connect(), harness.connect()];
    harness.autoPersist = false;
    for (let i = 1; i < count; i++) a.request(OpCode.setData, large, xid);
    expect([...harness.paused]).toEqual([]);
    a.request(OpCode.setData, large, xid);
    expect([...harness.paused]).toEqual([a.id]);
    b.request(OpCode.getData, get("/"), 1);
    expect([...harness.paused]).toEqual([a.id]);
    harness.persist(2);
    expect([...harness.paused]).toEqual([]);
    harness.persist();
    expect(a.frames).toHaveLength(count);
  });

  it("are forgotten with a connection that goes", () => {
    const harness = new CoreHarness();
    const [a, b] = [harness.connect(), harness.connect()];
    harness.autoPersist = false;
    for (let i = 0; i < count; i++) a.request(OpCode.setData, large, 1);
    b.request(OpCode.setData, set("/", "x"), 1);
    expect([...harness.paused].sort()).toEqual([a.id, b.id].sort());
    harness.drop(a.id);
    harness.persist();
    expect(harness.paused.has(b.id)).toBe(false);
    harness.autoPersist = true;
    b.request(OpCode.setData, large, 2);
    expect(harness.paused.has(b.id)).toBe(false);
  });
});

describe("the request throttler", () => {
  const throttled = (limits: object) => {
    const harness = new CoreHarness({ server: { limits: { throttleRequestsMax: 2, ...limits } } });
    const clients = [harness.connect(), harness.connect(), harness.connect()] as const;
    harness.autoPersist = false;
    return { harness, clients };
  };

  it("lets no more than the limit into the pipeline, and goes on in order", () => {
    const { harness, clients } = throttled({});
    const [a, b, c] = clients;
    a.request(OpCode.setData, set("/", "1"), 1);
    b.request(OpCode.setData, set("/", "2"), 1);
    c.request(OpCode.getData, get("/"), 1);
    a.request(OpCode.setData, set("/", "3"), 2);
    expect(harness.unpersisted).toBe(2);
    expect(c.frames, "even a read waits").toEqual([]);
    expect(harness.machine.outstandingRequests).toBe(4);
    harness.persist(1);
    expect(c.reply().body.readString()).toBe("1");
    expect(harness.unpersisted).toBe(2);
    harness.persist();
    expect(errors(a)).toEqual([
      [1, 0],
      [2, 0],
    ]);
    expect(harness.machine.outstandingRequests).toBe(0);
    expect(harness.machine.stats.counters.request_throttle_wait_count).toBeGreaterThan(0);
  });

  it("drops what came from a connection that is gone", () => {
    const { harness, clients } = throttled({});
    const [a, b, c] = clients;
    a.request(OpCode.setData, set("/", "1"));
    b.request(OpCode.setData, set("/", "2"));
    c.request(OpCode.setData, set("/", "3"));
    harness.drop(c.id);
    harness.persist();
    expect(harness.txns().filter((txn) => txn.header.clientId.equals(c.sessionId))).toHaveLength(1);
    expect(harness.machine.stats.counters.stale_requests_dropped).toBe(1);
    expect(harness.machine.outstandingRequests).toBe(0);
  });

  it("closes a connection whose request waited longer than its session's timeout, if it is to look", () => {
    const { harness, clients } = throttled({ staleLatencyCheck: true });
    const [a, b, c] = clients;
    a.request(OpCode.setData, set("/", "1"));
    b.request(OpCode.setData, set("/", "2"));
    c.request(OpCode.setData, set("/", "3"), 1);
    c.request(OpCode.setData, set("/", "4"), 2);
    harness.drift(30_001);
    harness.persist();
    expect(c.isClosed).toBe(true);
    expect(c.frames).toEqual([]);
    expect(harness.eventsOf("staleRequestDropped")).toHaveLength(1);
    expect(harness.machine.stats.counters.stale_requests_dropped).toBe(2);
  });

  it("70: answers THROTTLEDOP in order to what waited too long; pings are exempt", () => {
    const { harness, clients } = throttled({ throttledOpWaitMs: 1000 });
    const [a, b, c] = clients;
    a.request(OpCode.setData, set("/", "1"), 1);
    b.request(OpCode.setData, set("/", "2"), 1);
    c.request(OpCode.setData, set("/", "3"), 1);
    c.request(OpCode.getData, get("/"), 2);
    c.request(OpCode.ping, undefined, -2);
    c.request(OpCode.closeSession, undefined, 3);
    harness.drift(1001);
    const before = harness.lastZxid;
    harness.persist();
    harness.persist();
    expect(errors(c)).toEqual([
      [1, -127],
      [2, -127],
      [-2, 0],
      [3, 0],
    ]);
    expect(harness.lastZxid).toBe(before + 3);
    expect(harness.machine.stats.counters.throttled_ops).toBe(2);
    expect(zkData(harness, a)).toBe("2");
  });
});

function zkData(harness: CoreHarness, client: Client): string | null {
  harness.autoPersist = true;
  client.flush();
  return client.call(OpCode.getData, get("/")).body.readString();
}

describe("large requests", () => {
  const large = () =>
    new CoreHarness({ server: { limits: { largeRequestBytes: 100, largeRequestsBytesMax: 500 } } });
  const payload = (size: number) => set("/", "x".repeat(size));

  it("are summed while they are in process; one too many closes its connection", () => {
    const harness = large();
    const a = harness.connect();
    const b = harness.connect();
    harness.autoPersist = false;
    a.request(OpCode.setData, payload(150));
    a.request(OpCode.setData, payload(150));
    b.request(OpCode.setData, payload(10));
    expect(b.isClosed).toBe(false);
    b.request(OpCode.setData, payload(150));
    expect(b.isClosed).toBe(true);
    expect(harness.eventsOf("largeRequestRejected")[0]!.reason).toMatch(/largeRequestMaxBytes = 500/);
    harness.persist();
    a.request(OpCode.setData, payload(400));
    expect(a.isClosed, "the others are done with").toBe(false);
    harness.persist();
    expect(harness.machine.stats.counters.large_requests_rejected).toBe(1);
  });
});

describe("jute.maxbuffer for fields", () => {
  it("a string beyond the limit is -5", () => {
    const harness = new CoreHarness({ server: { fieldBytesMax: 50 } });
    const client = harness.connect();
    expect(zk.create(client, "/a", { data: bytes("x".repeat(50)) })).toBe(0);
    expect(zk.create(client, "/b", { data: bytes("x".repeat(51)) })).toBe(-5);
    expect(zk.exists(client, `/${"y".repeat(50)}`)).toBe(-5);
  });
});

describe("the connection throttle", () => {
  const options = { ...SERVER_OPTIONS_DEFAULT.connectionThrottle, tokens: 3, fillTimeMs: 10 };

  it("is off without tokens", () => {
    const off = new ConnectionThrottle(SERVER_OPTIONS_DEFAULT.connectionThrottle, createPrng(1), 0);
    for (let i = 0; i < 1000; i++) expect(off.allows("global", 0)).toBe(true);
  });

  it("gives one token per connect and fills up with time", () => {
    const throttle = new ConnectionThrottle(options, createPrng(1), 0);
    expect([0, 0, 0, 0].map((now) => throttle.allows("global", now))).toEqual([true, true, true, false]);
    expect(throttle.deficit).toBe(3);
    expect(throttle.allows("renew", 10), "only after more than the fill time").toBe(false);
    expect(throttle.allows("renew", 11)).toBe(true);
    expect(throttle.allows("renew", 11)).toBe(false);
    expect([1000, 1000, 1000, 1000].map((now) => throttle.allows("local", now))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it("weighs kinds of sessions, with a bucket scaled by the heaviest", () => {
    const throttle = new ConnectionThrottle({ ...options, weightEnabled: true }, createPrng(1), 0);
    expect(throttle.allows("global", 0)).toBe(true);
    expect(throttle.deficit).toBe(3);
    expect([throttle.allows("renew", 0), throttle.allows("renew", 0)]).toEqual([true, true]);
    expect([throttle.allows("renew", 0), throttle.allows("local", 0)]).toEqual([true, false]);
  });

  it("drops at random more often while the bucket is empty, and less when it is full", () => {
    const blue = {
      ...options,
      freezeTimeMs: 100,
      dropIncrease: 0.5,
      dropDecrease: 0.25,
      fillTimeMs: 1_000_000,
    };
    const throttle = new ConnectionThrottle(blue, createPrng(1), 0);
    for (let i = 0; i < 3; i++) expect(throttle.allows("global", 0)).toBe(true);
    expect(throttle.allows("global", 0)).toBe(false);
    expect(throttle.dropProbability).toBe(0);
    throttle.allows("global", 101);
    expect(throttle.dropProbability).toBe(0.5);
    expect(throttle.allows("global", 303)).toBe(false);
    expect(throttle.dropProbability).toBe(1);
    expect(throttle.allows("global", 304), "with probability 1 everything is dropped").toBe(false);
    throttle.allows("global", 3_000_000);
    expect(throttle.dropProbability).toBe(0.75);
  });

  it("closes the connection without a byte", () => {
    const harness = new CoreHarness({ server: { connectionThrottle: { tokens: 1, fillTimeMs: 1000 } } });
    harness.connect();
    const refused = harness.open();
    refused.send(connectPayload());
    expect([refused.frames.length, refused.isClosed]).toEqual([0, true]);
    expect(harness.machine.stats.counters.connection_rejected).toBe(1);
    expect(harness.eventsOf("connectionRefused")[0]!.reason).toMatch(/connection_throttle_tokens/);
  });
});
