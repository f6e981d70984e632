import { describe, expect, it } from "vitest";
import { decodeConnectResponse } from "../../../../src/protocol/handshake.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { buffer, int, long, ustring, vector } from "../../../../src/protocol/record.ts";
import { bytes, zk } from "../../../support/core-client.ts";
import { CoreHarness, connectPayload, encode } from "../../../support/core-harness.ts";

/** The numbered cases of client-protocol 12 that are about connections, sessions and frames. */

const authBody = (scheme: string, auth: string) => encode(int, 0, ustring, scheme, buffer, bytes(auth));

describe("client-protocol 12, connections", () => {
  it("1: the readOnly byte is mirrored", () => {
    const harness = new CoreHarness();
    const without = harness.open();
    without.send(connectPayload({ hasReadOnly: false }));
    expect(without.frames.map((frame) => frame.length)).toEqual([36]);
    const withByte = harness.open();
    withByte.send(connectPayload());
    expect(withByte.frames.map((frame) => frame.length)).toEqual([37]);
  });

  it.each([
    ["protocolVersion 7", { protocolVersion: 7 }],
    ["an empty password", { password: new Uint8Array(0) }],
    ["a null password", { password: null }],
    ["four bytes of password", { password: bytes("abcd") }],
  ])("2: %s with session id 0 makes a session", (_name, fields) => {
    const client = new CoreHarness().open();
    client.send(connectPayload(fields));
    const { record } = decodeConnectResponse(client.frames[0]!);
    expect(record.timeOut).toBe(30_000);
    expect(record.sessionId.isZero()).toBe(false);
    expect(record.passwd).toHaveLength(16);
  });

  it.each([
    [-5, 4000],
    [10_000_000, 40_000],
    [5000, 5000],
  ])("3: with a tick of 2 s a wanted timeout of %d becomes %d", (wanted, negotiated) => {
    const harness = new CoreHarness({ server: { tickTimeMs: 2000 } });
    expect(harness.connect(wanted).timeoutMs).toBe(negotiated);
  });

  it("4: a client that has seen a higher zxid is closed without a byte", () => {
    const harness = new CoreHarness();
    harness.connect();
    const client = harness.open();
    client.send(connectPayload({ lastZxidSeen: harness.lastZxid + 1 }));
    expect(client.frames).toEqual([]);
    expect(client.isClosed).toBe(true);
    expect(harness.eventsOf("connectionRefused")).toHaveLength(1);
    const equal = harness.open();
    equal.send(connectPayload({ lastZxidSeen: harness.lastZxid }));
    expect(equal.frames).toHaveLength(1);
  });

  it("5: a wrong password is refused; other than Apache the connection that has the session stays", () => {
    const harness = new CoreHarness();
    const a = harness.connect();
    const b = harness.open();
    b.connect(30_000, a.sessionId, new Uint8Array(16).fill(17));
    expect(b.timeoutMs).toBe(0);
    expect(b.sessionId.isZero()).toBe(true);
    expect([...b.password]).toEqual(new Array(16).fill(0));
    expect(b.isClosed).toBe(true);
    expect(a.isClosed).toBe(false);
    expect(zk.exists(a, "/")).toBe(0);
  });

  it("6: a reconnect takes the session over, with its ephemerals, a new timeout, and no watches", () => {
    const harness = new CoreHarness();
    const a = harness.connect(30_000);
    expect(zk.create(a, "/e", { flags: 1 })).toBe(0);
    expect(zk.getData(a, "/e", true)).toBe(0);
    const b = harness.open();
    b.connect(20_000, a.sessionId, a.password);
    expect(a.isClosed).toBe(true);
    expect(a.frames).toEqual([]);
    expect(b.sessionId.equals(a.sessionId)).toBe(true);
    expect(Buffer.from(b.password)).toEqual(Buffer.from(a.password));
    expect(b.timeoutMs).toBe(20_000);
    expect(zk.setData(b, "/e", bytes("x"))).toBe(0);
    expect(b.frames, "no event for the watch of the old connection").toEqual([]);
    expect(zk.stat(b, "/e").ephemeralOwner.equals(b.sessionId)).toBe(true);
  });

  it("7: a closed session cannot be continued", () => {
    const harness = new CoreHarness();
    const a = harness.connect();
    expect(a.call(OpCode.closeSession).err).toBe(0);
    const b = harness.open();
    b.connect(30_000, a.sessionId, a.password);
    expect(b.timeoutMs).toBe(0);
    expect(b.isClosed).toBe(true);
    expect(harness.eventsOf("sessionRefused")).toHaveLength(1);
  });

  it("8: auth, setWatches and getData behind the ConnectRequest are answered in that order", () => {
    const harness = new CoreHarness({ autoPersist: false });
    const client = harness.open();
    client.send(connectPayload());
    client.request(OpCode.auth, authBody("digest", "a:b"), -4);
    const none = vector(ustring);
    client.request(OpCode.setWatches, encode(long, 0, none, [], none, [], none, []), -8);
    client.request(OpCode.getData, encode(ustring, "/"), 1);
    expect(client.frames, "nothing before the session is there").toEqual([]);
    expect(harness.paused.has(client.id), "and nothing more is read").toBe(true);
    harness.persist();
    expect(harness.paused.has(client.id)).toBe(false);
    expect(decodeConnectResponse(client.frames.shift()!).record.timeOut).toBe(30_000);
    expect([client.reply().xid, client.reply().xid, client.reply().xid]).toEqual([-4, -8, 1]);
  });

  it("9, 10: a ping is answered with xid -2, everything else with its own xid", () => {
    const client = new CoreHarness().connect();
    expect(client.call(OpCode.ping, undefined, 77).xid).toBe(-2);
    for (const xid of [0, -4, -8, -1, 2_147_483_647]) {
      expect(client.call(OpCode.getData, encode(ustring, "/", int, 0), xid).xid).toBe(xid);
    }
  });

  it.each([10, 13, 0, -1, 20, -10, 23, 99, 108, -2_147_483_648, 2_147_483_647])(
    "11: opcode %d alone: zxid -1, error -6, close",
    (type) => {
      const harness = new CoreHarness();
      const client = harness.connect();
      const { xid, zxid, err } = client.call(type, encode(ustring, "/x", int, 0, int, 0, int, 0));
      expect({ xid, zxid, err }).toEqual({ xid: 1, zxid: -1, err: -6 });
      expect(client.isClosed).toBe(true);
      expect(harness.eventsOf("unknownRequest").map((event) => event.type)).toEqual([type]);
      const other = harness.open();
      other.connect(30_000, client.sessionId, client.password);
      expect(other.timeoutMs, "the session lives on").toBe(30_000);
    },
  );

  it("12: a body cut short is -5, and the connection goes on", () => {
    const client = new CoreHarness().connect();
    expect(client.call(OpCode.getData, encode(ustring, "/")).err).toBe(-5);
    expect(zk.getData(client, "/")).toBe(0);
  });

  it("13: bytes behind a record are ignored", () => {
    const client = new CoreHarness().connect();
    expect(client.call(OpCode.exists, encode(ustring, "/", int, 0, int, 7, ustring, "more")).err).toBe(0);
  });

  it.each([0, 4, 7])(
    "a frame of %d bytes has no header: the connection is closed, its session not",
    (length) => {
      const harness = new CoreHarness();
      const client = harness.connect();
      client.send(new Uint8Array(length));
      expect(client.isClosed).toBe(true);
      expect(client.frames).toEqual([]);
      expect(harness.eventsOf("malformedFrame")).toHaveLength(1);
      expect(harness.machine.sessions.get(client.sessionId)).toBeDefined();
    },
  );

  it("a first frame that is no ConnectRequest closes the connection", () => {
    const harness = new CoreHarness();
    const client = harness.open();
    client.send(bytes("GET / HTTP/1.1"));
    expect(client.isClosed).toBe(true);
    expect(harness.eventsOf("malformedFrame")).toHaveLength(1);
  });

  it("a second ConnectRequest is read as a request of an unknown type", () => {
    const client = new CoreHarness().connect();
    client.send(connectPayload());
    expect(client.reply()).toMatchObject({ zxid: -1, err: -6 });
    expect(client.isClosed).toBe(true);
  });

  it("54: auth with a scheme that cannot authenticate: -115 with zxid 0 and close; ip is accepted", () => {
    for (const scheme of ["world", "super", "sasl", "nope", ""]) {
      const harness = new CoreHarness();
      const client = harness.connect();
      const { xid, zxid, err } = client.call(OpCode.auth, authBody(scheme, "x"), -4);
      expect({ xid, zxid, err }, scheme).toEqual({ xid: -4, zxid: 0, err: -115 });
      expect(client.isClosed, scheme).toBe(true);
      expect(harness.machine.stats.authFailedCount).toBe(1);
    }
    const client = new CoreHarness().connect();
    expect(client.call(OpCode.auth, authBody("ip", "ignored"), -4)).toMatchObject({
      xid: -4,
      zxid: 0,
      err: 0,
    });
  });

  it("a connection gathers a thousand identities and no more", () => {
    const harness = new CoreHarness();
    const client = harness.connect();
    for (let i = 1; i < 1000; i++) client.request(OpCode.auth, authBody("digest", `u${i}:p`), -4);
    client.flush();
    expect(client.call(OpCode.auth, authBody("digest", "u1:p"), -4).err, "one that it has").toBe(0);
    expect(client.call(OpCode.auth, authBody("digest", "one:more"), -4).err).toBe(-115);
    expect(client.isClosed).toBe(true);
    expect(harness.eventsOf("authFailed")[0]!.reason).toMatch(/1000 identities/);
  });

  it("55: with enforced digest auth even a ping is refused until the connection has a digest id", () => {
    const harness = new CoreHarness({ server: { auth: { enforcedSchemes: ["digest"] } } });
    const client = harness.connect();
    expect(client.call(OpCode.ping, undefined, -2)).toMatchObject({ xid: -2, zxid: 0, err: -124 });
    expect(client.isClosed).toBe(true);
    const good = harness.connect();
    expect(good.call(OpCode.auth, authBody("digest", "a:b"), -4).err).toBe(0);
    expect(zk.exists(good, "/")).toBe(0);
  });

  it("56: without SASL an opcode 102 gets a null token and stays; a null token in the request closes", () => {
    const client = new CoreHarness().connect();
    const reply = client.call(OpCode.sasl, encode(buffer, bytes("")), 5);
    expect(reply).toMatchObject({ xid: 5, zxid: 0, err: 0 });
    expect(reply.body.readBuffer()).toBeNull();
    expect(zk.exists(client, "/")).toBe(0);
    client.request(OpCode.sasl, encode(buffer, null), 6);
    expect(client.frames).toEqual([]);
    expect(client.isClosed).toBe(true);
  });

  it("57: a session with five ephemerals expires: one zxid, five NodeDeleted, one NodeChildrenChanged, no frame", () => {
    const harness = new CoreHarness({ server: { tickTimeMs: 1000 } });
    const owner = harness.connect(5000);
    const watcher = harness.connect(20_000);
    zk.created(watcher, "/e");
    for (let i = 0; i < 5; i++) {
      zk.created(owner, `/e/${i}`, { flags: 1 });
      expect(zk.exists(watcher, `/e/${i}`, true)).toBe(0);
    }
    expect(zk.getChildren(watcher, "/e", true)).toBe(0);
    const before = harness.lastZxid;
    harness.advance(5000);
    expect(watcher.call(OpCode.ping).err).toBe(0);
    harness.advance(1000);
    expect(owner.isClosed).toBe(true);
    expect(owner.frames).toEqual([]);
    expect(harness.lastZxid).toBe(before + 1);
    const events = watcher.frames.length;
    expect(events).toBe(6);
    const types = Array.from({ length: events }, () => watcher.event().type).sort();
    expect(types).toEqual([2, 2, 2, 2, 2, 4]);
    expect(zk.stat(watcher, "/e").pzxid).toBe(before + 1);
  });

  it("58: a timeout of 1000 with ticks of 500 ends after more than 1.0 and at most 1.5 s", () => {
    for (let offset = 0; offset < 500; offset += 50) {
      const startedAt = { elapsedMs: 1_000_000 + offset, wallMs: 0 };
      const harness = new CoreHarness({ server: { tickTimeMs: 500 }, startedAt });
      const client = harness.connect(1000);
      harness.advance(1000);
      expect(client.isClosed, `offset ${offset}`).toBe(false);
      harness.advance(500);
      expect(client.isClosed, `offset ${offset}`).toBe(true);
    }
  });

  it("every request renews the session", () => {
    const harness = new CoreHarness({ server: { tickTimeMs: 500 } });
    const client = harness.connect(1000);
    for (let i = 0; i < 10; i++) {
      harness.advance(900);
      expect(client.call(i % 2 === 0 ? OpCode.ping : OpCode.sync, encode(ustring, "/")).err).toBe(0);
    }
    harness.advance(900);
    client.request(OpCode.auth, authBody("digest", "a:b"), -4);
    expect(client.reply().err).toBe(0);
    harness.advance(600);
    expect(client.isClosed, "auth does not").toBe(true);
  });

  it("69: requests behind closeSession are not answered", () => {
    const harness = new CoreHarness({ autoPersist: false });
    const client = harness.open();
    client.send(connectPayload());
    harness.persist();
    client.flush();
    client.request(OpCode.closeSession, undefined, 1);
    client.request(OpCode.ping, undefined, -2);
    client.request(OpCode.create, zk.createBody("/late"), 2);
    harness.persist();
    expect(client.reply()).toMatchObject({ xid: 1, err: 0 });
    expect(client.frames).toEqual([]);
    expect(client.isClosed).toBe(true);
    const other = harness.open();
    other.send(connectPayload());
    harness.persist();
    other.flush();
    expect(zk.exists(other, "/late")).toBe(-101);
  });

  it("a connection without a session is closed after the limit, within the next bucket", () => {
    const harness = new CoreHarness();
    const client = harness.open();
    harness.advance(10_000);
    expect(client.isClosed).toBe(false);
    harness.advance(10_000);
    expect(client.isClosed).toBe(true);
    expect(client.frames).toEqual([]);
    expect(harness.machine.stats.counters.sessionless_connections_expired).toBe(1);
    expect(harness.eventsOf("connectionExpired")).toHaveLength(1);
  });

  it("closeConnection closes the connection and keeps the session", () => {
    const harness = new CoreHarness();
    const client = harness.connect();
    harness.closeConnection(client.id);
    expect(client.isClosed).toBe(true);
    const next = harness.open();
    next.connect(30_000, client.sessionId, client.password);
    expect(next.timeoutMs).toBe(30_000);
  });
});
