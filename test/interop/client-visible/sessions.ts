import { frameOf } from "../support/actor.ts";
import { Packer } from "../support/jute.ts";
import { frame, handshakeFrame } from "../support/raw-connection.ts";
import {
  auth,
  closeSession,
  create,
  exists,
  getChildren,
  getChildren2,
  getData,
  ping,
  setData,
  setWatches,
  whoAmI,
} from "../support/requests.ts";
import { type Scenario, scenario } from "../support/scenario.ts";

/** Handshake, reconnect, take-over, expiry, special xids (client-protocol 2, 7). */
export const SESSIONS: readonly Scenario[] = [
  scenario("handshake: 45 and 44 bytes, versions, passwords of new sessions", async (t) => {
    await t.connect("modern");
    await t.connect("old", { isShort: true });
    await t.connect("version 7", { protocolVersion: 7 });
    await t.connect("null password", { password: null });
    await t.connect("empty password", { password: new Uint8Array(0) });
    await t.connect("short password", { password: new Uint8Array(4) });
    await t.connect("read-only welcome", { readOnly: true });
  }),
  scenario("handshake: the timeout is clamped to 2..20 ticks", async (t) => {
    for (const timeoutMs of [-5, 0, 1, 3999, 4000, 12_345, 40_000, 40_001, 10_000_000, -2147483648]) {
      await t.connect(`asks ${timeoutMs}`, { timeoutMs });
    }
  }),
  scenario("handshake: a zxid from the future is turned away", async (t) => {
    await t.connect("ahead", { lastZxidSeen: 0x100_0000_0000n });
    await t.connect("one ahead", { lastZxidSeen: t.transcript.zxidAt(1n) });
    await t.connect("level", { lastZxidSeen: t.transcript.zxidAt(0n) });
    await t.connect("negative", { lastZxidSeen: -1n });
  }),
  scenario("handshake: cut short, bytes behind it", async (t) => {
    for (const length of [0, 4, 8, 20, 27]) {
      const client = await t.open(`${length} bytes`);
      await client.sendAndWatchEnd(frame(new Uint8Array(length)), "sends a cut ConnectRequest");
    }
    const longer = await t.open("longer");
    const payload = Buffer.concat([handshakeFrame({}).subarray(4), Buffer.from("extra")]);
    await longer.sendHandshake(frame(payload), "sends a ConnectRequest with bytes behind it");
  }),
  scenario("handshake: a second ConnectRequest is an unknown request", async (t) => {
    const client = await t.connect("a");
    await client.sendAndWatchEnd(handshakeFrame({}), "sends a second ConnectRequest");
  }),
  scenario("reconnect: right and wrong passwords, other timeout, ephemerals stay, watches go", async (t) => {
    const a = await t.connect("a", { timeoutMs: 20_000 });
    const b = await t.connect("b");
    await a.call(auth("digest", "ann:pw"), { xid: -4 });
    await a.call(create("/t/e", { flags: 1 }));
    await a.call(getData("/t/e", true));
    a.connection.destroy();
    await a.reconnect({ timeoutMs: 10_000 });
    await a.call(whoAmI);
    await b.call(setData("/t/e"));
    await a.settle();
    await a.call(getData("/t/e"));
    const first = a.connection;
    await a.reconnect({ timeoutMs: 8000, isShort: true });
    if ((await first.next()) !== "closed") throw new Error("the older connection must be closed");
    await a.call(exists("/t/e"));
  }),
  scenario("reconnect: refused, then the session still lives", async (t) => {
    const a = await t.connect("a");
    const thief = await t.open("thief");
    await thief.handshake({ sessionId: a.sessionId, password: Buffer.alloc(16, 0x11) });
    await a.settle({ as: "after the thief came" });
    await a.reconnect();
    const shortened = await t.open("short");
    await shortened.handshake({ sessionId: a.sessionId, password: a.password.subarray(0, 8) });
    await a.reconnect();
    const ghost = await t.open("ghost");
    await ghost.handshake({ sessionId: 0x1234n, password: Buffer.alloc(16) });
    const old = await t.open("ghost without readOnly");
    await old.handshake({ sessionId: 0x1234n, password: Buffer.alloc(16), isShort: true });
  }),
  scenario("reconnect: a closed session is gone", async (t) => {
    const a = await t.connect("a");
    await a.call(create("/t/e", { flags: 1 }));
    await a.call(closeSession);
    const again = await t.open("again");
    await again.handshake({ sessionId: a.sessionId, password: a.password });
    const b = await t.connect("b");
    await b.call(exists("/t/e"));
  }),
  scenario("close: own ephemerals and watches first, nothing behind it is answered", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await a.call(create("/t/e1", { flags: 1 }));
    await a.call(create("/t/e2", { flags: 1 }));
    await a.call(exists("/t/e1", true));
    await b.call(exists("/t/e1", true));
    await b.call(exists("/t/e2", true));
    const behind = Buffer.concat([frameOf(closeSession, 90), frameOf(getData("/t"), 91), frameOf(ping, -2)]);
    // Apache drops what follows, or answers it -112 when it was already being prepared: both are legal.
    a.connection.send(behind);
    await a.untilClosed("closeSession + getData + ping", (seen) =>
      seen.replace(/ \| xid=(91|-2) \S+ err=-112/g, ""),
    );
    a.isSessionClosed = true;
    await b.settle({ areEventsUnordered: true });
    await b.call(exists("/t"));
  }),
  scenario("expiry: ephemerals go in one transaction, the socket is closed without a frame", async (t) => {
    const a = await t.connect("a", { timeoutMs: 4000 });
    const b = await t.connect("b");
    for (let i = 0; i < 5; i++) await a.call(create(`/t/e${i}`, { flags: 1 }));
    for (let i = 0; i < 5; i++) await b.call(exists(`/t/e${i}`, true));
    await b.call(getChildren("/t", true));
    await a.untilClosed("falls silent");
    // A silent connection may be closed a little before its session expires, so the events are waited for.
    await b.receive(6, "receives the events", { areEventsUnordered: true });
    await b.call(getChildren2("/t"));
    await a.reconnect();
    a.isSessionClosed = true;
  }),
  scenario("xids: pings answer -2, all others come back as they are", async (t) => {
    const a = await t.connect("a");
    await a.call(ping, { xid: 77 });
    for (const xid of [0, -4, -8, -2147483648, 2147483647, 5, 5]) await a.call(exists("/t"), { xid });
    await a.call(auth("digest", "a:b"), { xid: 12 });
    await a.call(setWatches(0n, {}), { xid: 13 });
    await a.call(create("/t/x"), { xid: 0 });
  }),
  scenario("requests pipelined behind the handshake are answered in order", async (t) => {
    const a = await t.open("a");
    await a.handshake({}, [auth("digest", "u:p"), setWatches(0n, { exist: ["/t/none"] }), getData("/t")]);
    await a.receive(3, "receives the replies");
    await a.call(create("/t/none"));
  }),
  scenario("a ping body and bytes behind records are ignored", async (t) => {
    const a = await t.connect("a");
    const body = Buffer.concat([getData("/t").body, Buffer.from("behind")]);
    await a.call({ op: 4, label: "getData with bytes behind it", body });
    await a.call({ op: 11, label: "ping with a body", body: Buffer.from("zzzz") });
    await a.call({ op: -11, label: "closeSession with a body", body: new Packer().int(5).done() });
  }),
];
