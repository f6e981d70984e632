import { describe, expect, it } from "vitest";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { boolean, int, ustring } from "../../../../src/protocol/record.ts";
import { bytes, zk } from "../../../support/core-client.ts";
import { type Client, CoreHarness, encode } from "../../../support/core-harness.ts";

/** Order within and between sessions (client-protocol 8.1, 5.5), with a log that is durable only when the test says so. */

function setup(): { harness: CoreHarness; a: Client; b: Client } {
  const harness = new CoreHarness();
  const a = harness.connect();
  const b = harness.connect();
  zk.created(a, "/n", { data: bytes("0") });
  harness.autoPersist = false;
  return { harness, a, b };
}

const get = (path: string, watch = 0) => encode(ustring, path, int, watch);
const set = (path: string, value: string) => encode(ustring, path, ustring, value, int, -1);
const xids = (client: Client): number[] => client.frames.splice(0).map((frame) => frame.readInt32BE(0));

describe("order of one session", () => {
  it("reads and pings wait behind the session's own pending write; other sessions do not", () => {
    const { harness, a, b } = setup();
    a.request(OpCode.setData, set("/n", "1"), 1);
    a.request(OpCode.getData, get("/n"), 2);
    a.request(OpCode.ping, undefined, -2);
    b.request(OpCode.getData, get("/n"), 1);
    expect(a.frames).toEqual([]);
    const other = b.reply();
    expect(other.body.readString(), "the applied state").toBe("0");
    harness.persist();
    expect(xids(a)).toEqual([1, 2, -2]);
  });

  it("a read between two writes sees the first and not the second, though both become durable at once", () => {
    const { harness, a } = setup();
    a.request(OpCode.setData, set("/n", "1"), 1);
    a.request(OpCode.getData, get("/n"), 2);
    a.request(OpCode.setData, set("/n", "2"), 3);
    a.request(OpCode.getData, get("/n"), 4);
    harness.persist();
    expect(a.reply().xid).toBe(1);
    const first = a.reply();
    expect([first.xid, first.body.readString()]).toEqual([2, "1"]);
    expect(a.reply().xid).toBe(3);
    const second = a.reply();
    expect([second.xid, second.body.readString()]).toEqual([4, "2"]);
  });

  it("a watch set by a read between two writes sees the second one", () => {
    const { harness, a } = setup();
    a.request(OpCode.setData, set("/n", "1"), 1);
    a.request(OpCode.getData, get("/n", 0x01_00_00_00), 2);
    a.request(OpCode.setData, set("/n", "2"), 3);
    harness.persist();
    expect(xids(a)).toEqual([1, 2, -1, 3]);
  });

  it("nothing is answered before it is durable, and then in order, however the log is cut", () => {
    const { harness, a } = setup();
    for (let xid = 1; xid <= 20; xid++) {
      if (xid % 3 === 0) a.request(OpCode.getData, get("/n"), xid);
      else a.request(OpCode.setData, set("/n", String(xid)), xid);
    }
    expect(a.frames).toEqual([]);
    const seen: number[] = [];
    while (harness.unpersisted > 0) {
      harness.persist(1);
      seen.push(...xids(a));
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it("writes of two sessions are applied in the order of their arrival", () => {
    const { harness, a, b } = setup();
    a.request(OpCode.create, zk.createBody("/x"), 1);
    b.request(OpCode.create, zk.createBody("/x"), 1);
    harness.persist();
    expect(a.reply()).toMatchObject({ err: 0 });
    expect(b.reply()).toMatchObject({ err: -110 });
  });

  it("checks see what is pending: create and delete of one path, pipelined", () => {
    const { harness, a } = setup();
    const bodies: [number, Uint8Array][] = [
      [OpCode.create, zk.createBody("/p")],
      [OpCode.create, zk.createBody("/p/c")],
      [OpCode.delete, encode(ustring, "/p", int, -1)],
      [OpCode.delete, encode(ustring, "/p/c", int, -1)],
      [OpCode.delete, encode(ustring, "/p", int, -1)],
      [OpCode.create, zk.createBody("/p/d")],
      [OpCode.create, zk.createBody("/p")],
    ];
    for (const [type, body] of bodies) a.request(type, body);
    harness.persist();
    expect(a.frames.splice(0).map((frame) => frame.readInt32BE(12))).toEqual([0, 0, -111, 0, 0, -101, 0]);
    expect(harness.digestMismatches).toEqual([]);
  });

  it("pipelined sequential creates count on", () => {
    const { harness, a } = setup();
    for (let i = 0; i < 3; i++) a.request(OpCode.create, zk.createBody("/n/s-", { flags: 2 }));
    harness.persist();
    const paths = [a.reply(), a.reply(), a.reply()].map((reply) => reply.body.readString());
    expect(paths).toEqual(["/n/s-0000000000", "/n/s-0000000001", "/n/s-0000000002"]);
  });

  it("a read sees the identities of its arrival", () => {
    const { harness, a } = setup();
    const secret = [{ perms: 31, id: { scheme: "digest", id: "u:h" } }];
    a.request(OpCode.setACL, encodeSetAcl("/n", secret), 1);
    a.request(OpCode.getData, get("/n"), 2);
    a.request(OpCode.auth, encode(int, 0, ustring, "digest", ustring, "u:p"), -4);
    a.request(OpCode.whoAmI, undefined, 3);
    expect(a.reply(), "auth overtakes").toMatchObject({ xid: -4 });
    harness.persist();
    expect(a.reply()).toMatchObject({ xid: 1, err: 0 });
    expect(a.reply()).toMatchObject({ xid: 2, err: -102 });
    const who = a.reply();
    expect([who.xid, who.body.readInt()]).toEqual([3, 2]);
  });
});

describe("connections that come and go", () => {
  it("a reconnect reads behind the pending writes of the session's old connection", () => {
    const { harness, a } = setup();
    a.request(OpCode.setData, set("/n", "1"), 1);
    harness.drop(a.id);
    const next = harness.open();
    next.connect(30_000, a.sessionId, a.password);
    expect(next.timeoutMs).toBe(30_000);
    next.request(OpCode.getData, get("/n"), 1);
    expect(next.frames).toEqual([]);
    harness.persist();
    expect(next.reply().body.readString()).toBe("1");
    expect(a.frames).toEqual([]);
  });

  it("a take-over of a live connection keeps the order too", () => {
    const { harness, a } = setup();
    a.request(OpCode.setData, set("/n", "1"), 1);
    a.request(OpCode.getData, get("/n"), 2);
    const next = harness.open();
    next.connect(30_000, a.sessionId, a.password);
    next.request(OpCode.getData, get("/n"), 1);
    expect(a.isClosed).toBe(true);
    harness.persist();
    expect(xids(next)).toEqual([1]);
    expect(harness.machine.outstandingRequests).toBe(0);
  });

  it("a connection that goes while its session is made leaves a session that expires", () => {
    const harness = new CoreHarness({ autoPersist: false });
    const client = harness.open();
    client.connect();
    client.request(OpCode.create, zk.createBody("/x"));
    harness.drop(client.id);
    harness.persist();
    expect(client.frames).toEqual([]);
    expect(harness.machine.sessions.globalCount).toBe(1);
    expect(harness.machine.database.sessions.size).toBe(1);
    harness.autoPersist = true;
    harness.advance(40_000);
    expect(harness.machine.sessions.globalCount).toBe(0);
    expect(harness.machine.database.sessions.size).toBe(0);
    expect(harness.machine.outstandingRequests).toBe(0);
  });

  it("a session that expires while its writes are pending: they commit, then it ends", () => {
    const { harness, a, b } = setup();
    a.request(OpCode.create, zk.createBody("/e", { flags: 1 }), 1);
    harness.advance(15_000);
    b.request(OpCode.ping, undefined, -2);
    harness.advance(20_000);
    expect(harness.eventsOf("sessionExpired")).toHaveLength(1);
    a.request(OpCode.getData, get("/n"), 2);
    harness.persist();
    expect(xids(a), "the pending one is answered, the late one dropped").toEqual([1]);
    expect(a.isClosed).toBe(true);
    expect(harness.txns().at(-1)!.body).toMatchObject({ paths2Delete: ["/e"] });
    harness.autoPersist = true;
    expect(b.frames.length).toBe(1);
    b.flush();
    expect(zk.exists(b, "/e")).toBe(-101);
    expect(harness.digestMismatches).toEqual([]);
  });

  it("closeSession takes pending creates with it and leaves pending deletes out", () => {
    const harness = new CoreHarness();
    const a = harness.connect();
    zk.created(a, "/old", { flags: 1 });
    zk.created(a, "/kept", { flags: 1 });
    harness.autoPersist = false;
    a.request(OpCode.delete, encode(ustring, "/old", int, -1));
    a.request(OpCode.create, zk.createBody("/new", { flags: 1 }));
    a.request(OpCode.create, zk.createBody("/brief", { flags: 1 }));
    a.request(OpCode.delete, encode(ustring, "/brief", int, -1));
    a.request(OpCode.closeSession);
    harness.persist();
    const closing = harness.txns().at(-1)!;
    expect(closing.body).toMatchObject({ type: OpCode.closeSession });
    const paths = "paths2Delete" in closing.body ? [...closing.body.paths2Delete!].sort() : [];
    expect(paths).toEqual(["/kept", "/new"]);
    expect(harness.digestMismatches).toEqual([]);
    expect(harness.machine.database.tree.ephemeralCount).toBe(0);
  });
});

describe("a session that has moved to another server", () => {
  it.each(["a write", "a multi"])(
    "loses its connection here at %s, without a reply, and keeps it for reads",
    (what) => {
      const { harness, a } = setup();
      harness.machine.sessions.get(a.sessionId)!.owner = 7;
      expect(zk.exists(a, "/n")).toBe(0);
      const part = encode(int, OpCode.delete, boolean, false, int, -1, ustring, "/n", int, -1);
      const body = Buffer.concat([part, encode(int, -1, boolean, true, int, -1)]);
      if (what === "a write") a.request(OpCode.setData, set("/n", "1"), 1);
      else a.request(OpCode.multi, body, 1);
      harness.persist();
      expect([a.frames.length, a.isClosed]).toEqual([0, true]);
      expect(harness.machine.sessions.get(a.sessionId)).toBeDefined();
    },
  );
});

describe("restart", () => {
  it("sessions start with a full timeout, and ephemerals of sessions that are gone are removed", () => {
    const harness = new CoreHarness({ server: { tickTimeMs: 1000 } });
    const a = harness.connect(10_000);
    zk.created(a, "/mine", { flags: 1 });
    harness.advance(9000);
    const next = harness.restart();
    next.advance(9000);
    const again = next.open();
    again.connect(10_000, a.sessionId, a.password);
    expect(again.timeoutMs).toBe(10_000);
    expect(zk.exists(again, "/mine")).toBe(0);
    expect(next.digestMismatches).toEqual([]);
    expect(next.connect().sessionId.equals(a.sessionId)).toBe(false);
  });

  it("orphans: a log without the createSession of an owner", () => {
    const harness = new CoreHarness();
    const a = harness.connect();
    zk.created(a, "/orphan", { flags: 1 });
    harness.log.splice(0, 1);
    const next = harness.restart();
    expect(next.eventsOf("orphanedEphemeralsRemoved")).toMatchObject([{ paths: ["/orphan"] }]);
    expect(zk.exists(next.connect(), "/orphan")).toBe(-101);
  });
});

function encodeSetAcl(
  path: string,
  acl: { perms: number; id: { scheme: string; id: string } }[],
): Uint8Array {
  const entry = acl[0]!;
  return encode(
    ustring,
    path,
    int,
    1,
    int,
    entry.perms,
    ustring,
    entry.id.scheme,
    ustring,
    entry.id.id,
    int,
    -1,
  );
}
