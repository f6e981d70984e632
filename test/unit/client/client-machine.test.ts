import { describe, expect, it } from "vitest";
import { OPEN_ACL } from "../../../src/client/acl.ts";
import { Call, CallState } from "../../../src/client/machine/call.ts";
import type { SaslExchange } from "../../../src/client/machine/sasl-exchange.ts";
import type { GapEvent, WatchEvent } from "../../../src/client/types.ts";
import { Int64 } from "../../../src/protocol/int64.ts";
import type { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { writeMultiResponse } from "../../../src/protocol/multi.ts";
import { OpCode } from "../../../src/protocol/opcode.ts";
import { SetWatches, SetWatches2 } from "../../../src/protocol/records/proto.ts";
import { MachineClient, SESSION_ID, SESSION_PASSWORD } from "../../support/machine-client.ts";

const THREE = ["a", "b", "c"].map((host) => ({ host, port: 1 }));
const settled = (call: Call): boolean => call.state === CallState.settled;

describe("connecting", () => {
  it("dials at once, shakes hands, announces the session, then the state", () => {
    const zk = new MachineClient();
    expect(zk.machine.state).toBe("connecting");
    const request = zk.open();
    expect(request).toMatchObject({ timeOut: 9000, lastZxidSeen: 0, readOnly: false });
    expect(request.sessionId.isZero()).toBe(true);
    zk.accept();
    expect(zk.machine.state).toBe("connected");
    expect(zk.machine.session).toMatchObject({ timeoutMs: 9000 });
    expect(zk.told.map(({ kind }) => kind)).toEqual(["session", "state"]);
  });

  it("goes through the list without a pause, then waits longer from round to round, with jitter", () => {
    const zk = new MachineClient({ servers: THREE });
    const pauses: number[] = [];
    for (let i = 0; i < 18; i++) {
      pauses.push(zk.tick());
      zk.lose("refused");
    }
    expect(zk.dials.join("")).toBe("abcabcabcabcabcabc");
    expect(pauses.filter((_, i) => i % 3 !== 0)).toEqual(new Array(12).fill(0));
    const rounds = pauses.filter((_, i) => i > 0 && i % 3 === 0);
    for (const [i, pause] of rounds.entries()) {
      expect(pause).toBeGreaterThanOrEqual((100 * 2 ** i) / 2);
      expect(pause).toBeLessThanOrEqual(100 * 2 ** i);
    }
    expect(zk.machine.failures.map(({ server }) => server)).toEqual(["a:1", "b:1", "c:1"]);
  });

  it("gives an attempt up after the session timeout divided by the servers", () => {
    const zk = new MachineClient({ servers: THREE });
    zk.tick();
    expect(zk.tick()).toBe(3000);
    expect(zk.hangUps).toHaveLength(1);
    zk.tick();
    expect(zk.dials).toEqual(["a", "b"]);
    zk.step({ kind: "opened", link: zk.link });
    expect(zk.tick()).toBe(3000);
    expect(zk.machine.failures.at(-1)).toMatchObject({ kind: "timeout" });
  });

  it("takes nothing from a link that is over", () => {
    const zk = new MachineClient({ servers: THREE });
    zk.tick();
    const old = zk.link;
    zk.lose("refused");
    zk.tick();
    zk.step({ kind: "opened", link: old }).step({ kind: "received", link: old, bytes: Uint8Array.of(1) });
    zk.step({ kind: "lost", link: old, failure: { kind: "lost", message: "late" } });
    expect(zk.takeFrames()).toEqual([]);
    expect(zk.dials).toEqual(["a", "b"]);
  });

  it("continues a session of another process", () => {
    const zk = new MachineClient({
      session: { id: SESSION_ID, password: SESSION_PASSWORD, timeoutMs: 1 },
    });
    const request = zk.open();
    expect(request.sessionId.equals(SESSION_ID)).toBe(true);
    expect(request.passwd).toEqual(Buffer.from(SESSION_PASSWORD));
    zk.accept({ timeOut: 4000 });
    expect(zk.machine.session?.timeoutMs).toBe(4000);
    expect(zk.told.some(({ kind }) => kind === "session")).toBe(false);
  });

  it.each([
    [[0x48, 0x54, 0x54, 0x50], /begins with "HTTP"/],
    [[0x15, 3, 3, 0], /speaks TLS/],
    [[0x7f, 0xff, 0xff, 0xff], /replyBytesMax is 65536/],
    [[0, 0, 0, 2, 0, 0], /not ZooKeeper's protocol/],
  ])("hangs up on %j", (bytes, message) => {
    const zk = new MachineClient();
    zk.open();
    zk.receive(Uint8Array.from(bytes));
    expect(zk.hangUps).toEqual([zk.link]);
    expect(zk.machine.failures[0]).toMatchObject({
      kind: "protocol",
      message: expect.stringMatching(message),
    });
  });
});

describe("a multi", () => {
  const OPS = ["/a", "/b"].map((path) => ({
    type: OpCode.create,
    path,
    data: null,
    acl: OPEN_ACL,
    flags: 0,
  }));
  const results = (count: number) => (writer: JuteWriter) =>
    writeMultiResponse(
      writer,
      OPS.slice(0, count).map(({ path }) => ({ type: OpCode.create, path })),
    );

  it("with a result for each operation succeeds", () => {
    const zk = new MachineClient().connect();
    const call = zk.call(OpCode.multi, null, { extra: OPS });
    zk.reply(1, 7, 0, results(2));
    expect(call.error).toBeNull();
    expect(call.value).toHaveLength(2);
  });

  it("with fewer results has an unknown outcome, and the connection stays (3.8.0 leaves out what it does not know)", () => {
    const zk = new MachineClient().connect();
    const call = zk.call(OpCode.multi, null, { extra: OPS });
    zk.reply(1, 7, 0, results(1));
    expect(call.error).toMatchObject({
      code: "RUNTIMEINCONSISTENCY",
      outcome: "unknown",
      message: expect.stringContaining("2 operations with 1 results"),
    });
    expect(zk.machine.state).toBe("connected");
  });
});

describe("time on a connection", () => {
  it("pings a third of the timeout after the last request", () => {
    const zk = new MachineClient().connect();
    expect(zk.tick()).toBe(3000);
    expect(zk.takeSent()).toMatchObject([{ xid: -2, type: OpCode.ping }]);
    zk.reply(-2, 5, 0);
    zk.nowMs += 1000;
    zk.call(OpCode.sync, "/");
    zk.takeSent();
    expect(zk.tick()).toBe(3000);
  });

  it("looks for another server when nothing was heard for two thirds", () => {
    const zk = new MachineClient({ servers: THREE }).connect();
    const call = zk.call(OpCode.setData, "/a", { number: -1 });
    expect(zk.tick()).toBe(3000);
    expect(zk.tick()).toBe(3000);
    expect(zk.machine.state).toBe("suspended");
    expect(zk.hangUps).toEqual([1]);
    expect(call.error).toMatchObject({ kind: "lost", outcome: "unknown" });
    expect(zk.tick()).toBeLessThanOrEqual(100);
    expect(zk.dials).toEqual(["a", "b"]);
  });

  it("does not blame the server when this process slept", () => {
    const zk = new MachineClient().connect();
    zk.nowMs += 60_000;
    zk.step({ kind: "tick" });
    expect(zk.machine.state).toBe("connected");
    expect(zk.takeSent()).toMatchObject([{ xid: -2 }]);
    zk.tick();
    expect(zk.machine.state).toBe("suspended");
  });
});

describe("calls", () => {
  it("wait for the connection, then go in order behind the handshake", () => {
    const zk = new MachineClient();
    const first = zk.call(OpCode.delete, "/1", { number: -1 });
    const second = zk.call(OpCode.delete, "/2", { number: -1 });
    expect(zk.takeFrames()).toEqual([]);
    zk.connect();
    expect(zk.takeSent().map(({ xid, type }) => [xid, type])).toEqual([
      [1, OpCode.delete],
      [2, OpCode.delete],
    ]);
    zk.reply(1, 10, 0).reply(2, 11, -101);
    expect([first.error, second.error]).toMatchObject([null, { code: "NONODE", path: "/2", zxid: 11 }]);
    expect(zk.machine.lastZxid).toBe(11);
  });

  it("that were sent end with the loss; those that were not go on waiting", () => {
    const zk = new MachineClient().connect();
    const write = zk.call(OpCode.delete, "/w", { number: -1 });
    const read = zk.call(OpCode.getData, "/r");
    zk.lose();
    const waiting = zk.call(OpCode.delete, "/later", { number: -1 });
    expect(write.error).toMatchObject({ name: "ConnectionError", outcome: "unknown", retryable: true });
    expect(read.error).toMatchObject({ outcome: "not-applied" });
    expect(settled(waiting)).toBe(false);
    zk.takeSent();
    zk.open();
    zk.accept();
    expect(zk.takeSent()).toMatchObject([{ type: OpCode.delete }]);
    expect(zk.machine.state).toBe("connected");
  });

  it("a reply out of order ends the connection", () => {
    const zk = new MachineClient().connect();
    const call = zk.call(OpCode.delete, "/a", { number: -1 });
    zk.call(OpCode.delete, "/b", { number: -1 });
    zk.reply(2, 1, 0);
    expect(zk.hangUps).toEqual([1]);
    expect(call.error).toMatchObject({ outcome: "unknown" });
  });

  it("an unknown operation is answered out of order, before the close", () => {
    const zk = new MachineClient().connect();
    const first = zk.call(OpCode.delete, "/a", { number: -1 });
    const unknown = zk.call(OpCode.whoAmI, null);
    zk.reply(2, -1, -6);
    expect(unknown.error).toMatchObject({ code: "UNIMPLEMENTED" });
    expect(settled(first)).toBe(false);
    zk.reply(1, 3, 0);
    expect(first.error).toBeNull();
  });

  it("a body that is not the operation's ends the connection", () => {
    const zk = new MachineClient().connect();
    zk.call(OpCode.getData, "/a");
    zk.reply(1, 1, 0, (writer) => writer.writeInt(99));
    expect(zk.machine.state).toBe("suspended");
  });

  it("deadlines: unsent is not applied, sent is unknown, and the reply still keeps its place", () => {
    const zk = new MachineClient();
    const unsent = new Call(OpCode.delete, "/u", { number: -1 });
    unsent.deadlineMs = zk.nowMs + 50;
    zk.step(unsent);
    zk.tick();
    zk.tick();
    expect(unsent.error).toMatchObject({ name: "DeadlineError", outcome: "not-applied" });
    zk.step({ kind: "opened", link: zk.link }).accept();
    const late = new Call(OpCode.delete, "/s", { number: -1 });
    late.deadlineMs = zk.nowMs + 10;
    zk.step(late);
    const next = zk.call(OpCode.delete, "/n", { number: -1 });
    expect(zk.tick()).toBe(10);
    expect(late.error).toMatchObject({ name: "DeadlineError", outcome: "unknown" });
    zk.reply(1, 5, 0).reply(2, 6, 0);
    expect(next.error).toBeNull();
    expect(zk.machine.state).toBe("connected");
  });

  it("a server that failed itself leaves the outcome of a write open", () => {
    const zk = new MachineClient().connect();
    const calls = [
      zk.call(OpCode.setData, "/a", { number: -1 }),
      zk.call(OpCode.setData, "/a", { number: -1 }),
      zk.call(OpCode.getData, "/a"),
      zk.call(OpCode.delete, "/a", { number: -1 }),
      zk.call(OpCode.create2, "/a"),
    ];
    for (const [i, err] of [-1, -103, -5, -999, -7].entries()) zk.reply(i + 1, 9, err);
    expect(calls.map(({ error }) => error!.outcome)).toEqual([
      "unknown",
      "not-applied",
      "not-applied",
      "unknown",
      "unknown",
    ]);
  });

  it("withdrawn calls: unsent ones are never sent, sent ones set no watch", () => {
    const zk = new MachineClient();
    const unsent = zk.call(OpCode.delete, "/u", { number: -1 });
    zk.step({ kind: "withdrawn", call: unsent, reason: "why" });
    expect(unsent.error).toMatchObject({ name: "AbortedError", outcome: "not-applied", cause: "why" });
    zk.connect();
    expect(zk.takeSent()).toEqual([]);
    const events: WatchEvent[] = [];
    const read = new Call(OpCode.exists, "/a");
    read.watcher = (event) => events.push(event);
    read.watchTable = "exist";
    zk.step(read).step({ kind: "withdrawn", call: read, reason: undefined });
    zk.reply(1, 1, -101).notify(1, "/a");
    expect(zk.told.filter(({ kind }) => kind === "event")).toEqual([]);
  });

  it("over the limits are refused at once", () => {
    const zk = new MachineClient({ pendingCallsMax: 1 }).connect();
    const big = zk.call(OpCode.setData, "/a", { data: new Uint8Array(5000) });
    expect(big.error).toMatchObject({
      name: "MisuseError",
      message: expect.stringMatching(/setData on \/a/),
    });
    zk.call(OpCode.delete, "/a");
    expect(zk.call(OpCode.delete, "/b").error).toMatchObject({ name: "MisuseError" });
    expect(zk.takeSent()).toHaveLength(1);
  });

  it("that were given up while they waited make room for others", () => {
    const zk = new MachineClient({ pendingCallsMax: 3 });
    const first = ["/1", "/2", "/3"].map((path) => zk.call(OpCode.delete, path, { number: -1 }));
    expect(zk.call(OpCode.delete, "/4").error).toMatchObject({ name: "MisuseError" });
    zk.step({ kind: "withdrawn", call: first[1]!, reason: undefined });
    const fits = zk.call(OpCode.delete, "/5", { number: -1 });
    expect(zk.call(OpCode.delete, "/6").error).toMatchObject({ name: "MisuseError" });
    zk.connect();
    expect(zk.takeSent().map(({ xid }) => xid)).toEqual([1, 2, 3]);
    expect([first[0]!.xid, first[2]!.xid, fits.xid]).toEqual([1, 2, 3]);
  });

  it("have positive, rising xids", () => {
    const zk = new MachineClient().connect();
    for (let i = 0; i < 5; i++) zk.call(OpCode.sync, "/");
    expect(zk.takeSent().map(({ xid }) => xid)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("sessions that end", () => {
  const expire = (options = {}) => {
    const zk = new MachineClient(options).connect();
    zk.lose();
    const waiting = zk.call(OpCode.delete, "/w", { number: -1 });
    zk.open();
    zk.refuse();
    return { zk, waiting };
  };

  it("refuse what waited, and begin anew", () => {
    const { zk, waiting } = expire();
    expect(waiting.error).toMatchObject({ name: "SessionExpiredError", outcome: "not-applied" });
    expect(zk.states).toEqual(["connected", "suspended", "expired", "connecting"]);
    expect(zk.machine.session).toBeUndefined();
    expect(zk.open().sessionId.isZero()).toBe(true);
    zk.accept({ sessionId: new Int64(9, 9) });
    expect(zk.machine.session?.id.equals(new Int64(9, 9))).toBe(true);
    expect(zk.states.at(-1)).toBe("connected");
  });

  it("are the end where that is wanted", () => {
    const { zk } = expire({ renewsSession: false });
    expect(zk.machine.state).toBe("expired");
    expect(zk.machine.nextDeadline).toBe(Number.POSITIVE_INFINITY);
    expect(zk.call(OpCode.delete, "/x").error).toMatchObject({ name: "SessionExpiredError" });
  });

  it("an answer with another id is an expiry too", () => {
    const zk = new MachineClient().connect();
    zk.lose();
    zk.open();
    zk.accept({ sessionId: new Int64(5, 5) });
    expect(zk.states).toContain("expired");
  });

  it("a server that closes before it answers leaves the session alone", () => {
    const zk = new MachineClient({ servers: THREE }).connect();
    zk.lose();
    zk.open();
    zk.lose();
    expect(zk.machine.failures.at(-1)).toMatchObject({ kind: "rejected" });
    expect(zk.machine.state).toBe("suspended");
    expect(zk.open().sessionId.equals(SESSION_ID)).toBe(true);
  });
});

describe("closing", () => {
  it("ends the session behind the calls that were sent", () => {
    const zk = new MachineClient().connect();
    const call = zk.call(OpCode.delete, "/a", { number: -1 });
    zk.step({ kind: "close", keepsSession: false });
    expect(zk.takeSent().map(({ type }) => type)).toEqual([OpCode.delete, OpCode.closeSession]);
    expect(zk.call(OpCode.delete, "/b").error).toMatchObject({ name: "ClosedError" });
    zk.reply(1, 1, 0).reply(2, 2, 0);
    expect(call.error).toBeNull();
    expect(zk.machine.state).toBe("closed");
    expect(zk.hangUps).toEqual([1]);
    expect(zk.machine.nextDeadline).toBe(Number.POSITIVE_INFINITY);
  });

  it("does not wait for a server that does not answer, or that closes first", () => {
    const silent = new MachineClient({ sessionTimeoutMs: 60_000 });
    silent.open();
    silent.accept({ timeOut: 60_000 }).step({ kind: "close", keepsSession: false });
    expect(silent.tick()).toBe(5000);
    expect(silent.machine.state).toBe("closed");
    const quick = new MachineClient().connect().step({ kind: "close", keepsSession: false }).lose();
    expect(quick.machine.state).toBe("closed");
  });

  it("keeps the session when asked, and ends at once without a connection", () => {
    const kept = new MachineClient().connect();
    kept.step({ kind: "close", keepsSession: true });
    expect([kept.takeSent(), kept.machine.state]).toEqual([[], "closed"]);
    const never = new MachineClient();
    const waiting = never.call(OpCode.delete, "/a");
    never.step({ kind: "close", keepsSession: false });
    expect(waiting.error).toMatchObject({ name: "ClosedError", outcome: "not-applied" });
  });
});

describe("authentication", () => {
  const auth = (zk: MachineClient, user: string): Call => {
    const extra = { type: 0, scheme: "digest", auth: new TextEncoder().encode(user) };
    const call = new Call(OpCode.auth, null, { extra });
    zk.step({ kind: "auth", call });
    return call;
  };

  it("goes before the calls on each connection; `connected` comes with its last answer", () => {
    const zk = new MachineClient();
    const calls = [auth(zk, "a:b"), auth(zk, "c:d")];
    zk.call(OpCode.sync, "/");
    zk.connect();
    expect(zk.takeSent().map(({ type }) => type)).toEqual([OpCode.auth, OpCode.auth, OpCode.sync]);
    zk.reply(-4, 0, 0);
    expect(zk.states).toEqual([]);
    zk.reply(-4, 0, 0);
    expect(zk.states).toEqual(["connected"]);
    expect(calls.every(settled)).toBe(true);
    zk.lose();
    zk.open();
    zk.accept();
    expect(zk.takeSent().map(({ type }) => type)).toEqual([OpCode.auth, OpCode.auth]);
  });

  it("that is given up is not sent again: not applied before it was sent, unknown afterwards", () => {
    const zk = new MachineClient();
    const [withdrawn, late] = [auth(zk, "a:b"), auth(zk, "c:d")];
    late.deadlineMs = zk.nowMs + 50;
    zk.step({ kind: "withdrawn", call: withdrawn, reason: "why" });
    zk.tick();
    expect(zk.tick()).toBe(50);
    expect([withdrawn.error, late.error]).toMatchObject([
      { name: "AbortedError", outcome: "not-applied", cause: "why" },
      { name: "DeadlineError", outcome: "not-applied" },
    ]);
    zk.step({ kind: "opened", link: zk.link }).takeFrames();
    zk.accept();
    expect(zk.takeSent()).toEqual([]);
    const sent = auth(zk, "e:f");
    sent.deadlineMs = zk.nowMs + 10;
    expect(zk.tick()).toBe(10);
    expect(sent.error).toMatchObject({ name: "DeadlineError", outcome: "unknown" });
    zk.reply(-4, 0, 0);
    expect(zk.machine.state).toBe("connected");
    zk.takeSent();
    zk.lose();
    zk.connect();
    expect(zk.takeSent()).toEqual([]);
  });

  it("that was accepted is sent again even if its signal fires later", () => {
    const zk = new MachineClient().connect();
    const call = auth(zk, "a:b");
    zk.reply(-4, 0, 0);
    zk.step({ kind: "withdrawn", call, reason: "late" });
    zk.takeSent();
    zk.lose();
    zk.open();
    zk.accept();
    expect(zk.takeSent().map(({ type }) => type)).toEqual([OpCode.auth]);
  });

  it("that is refused ends the client", () => {
    const zk = new MachineClient().connect();
    const pending = zk.call(OpCode.getData, "/");
    const call = auth(zk, "x");
    zk.reply(-4, 0, -115);
    expect([call.error, pending.error]).toMatchObject([
      { name: "AuthFailedError" },
      { name: "AuthFailedError" },
    ]);
    expect(zk.machine.state).toBe("authFailed");
    expect(zk.machine.nextDeadline).toBe(Number.POSITIVE_INFINITY);
  });

  it("that the server requires ends the client, even by the answer to a ping", () => {
    const zk = new MachineClient().connect();
    zk.tick();
    zk.reply(-2, 0, -124);
    expect(zk.machine.state).toBe("authFailed");
  });

  it("SASL comes before everything else", () => {
    const startSasl = (): SaslExchange => ({
      initial: Uint8Array.of(),
      respond: (token) => (token[0] === 1 ? Uint8Array.of(9) : undefined),
    });
    const zk = new MachineClient({ startSasl });
    zk.call(OpCode.sync, "/");
    zk.connect();
    expect(zk.takeSent().map(({ type }) => type)).toEqual([OpCode.sasl]);
    zk.reply(1, 0, 0, (writer) => writer.writeBuffer(Uint8Array.of(1)));
    expect(zk.takeSent()).toMatchObject([{ type: OpCode.sasl }]);
    zk.reply(1, 0, 0, (writer) => writer.writeBuffer(Uint8Array.of(2)));
    expect(zk.takeSent()).toMatchObject([{ type: OpCode.sync }]);
    expect(zk.machine.state).toBe("connected");
  });

  it("a server that breaks SASL off ends the client", () => {
    const startSasl = (): SaslExchange => ({ initial: Uint8Array.of(), respond: () => undefined });
    const zk = new MachineClient({ startSasl }).connect();
    zk.reply(1, 0, -115, (writer) => writer.writeBuffer(null));
    expect(zk.machine.state).toBe("authFailed");
  });
});

describe("watches", () => {
  const watching = (zk: MachineClient, op: number, path: string, table: Call["watchTable"], err = 0) => {
    const events: (WatchEvent | GapEvent)[] = [];
    const call = new Call(op, path, { number: table === "recursive" ? 1 : 0 });
    const watcher = (event: WatchEvent | GapEvent): void => void events.push(event);
    call.watcher = watcher;
    call.watchTable = table;
    zk.step(call);
    zk.reply(call.xid, 20, err, (writer) => writer.writeRaw(new Uint8Array(80)));
    return { events, watcher, call };
  };
  const eventsOf = (zk: MachineClient): unknown[] =>
    zk.told.flatMap((d) => (d.kind === "event" && d.watchers.length > 0 ? [d.event] : []));

  it("re-register in the right lists with the last zxid, and then tell the gap", () => {
    const zk = new MachineClient().connect();
    watching(zk, OpCode.getData, "/data", "data");
    watching(zk, OpCode.exists, "/missing", "exist", -101);
    watching(zk, OpCode.exists, "/there", "exist");
    watching(zk, OpCode.getChildren2, "/list", "child");
    zk.takeSent();
    zk.lose();
    zk.open();
    zk.accept();
    const [plain] = zk.takeSent();
    expect(plain).toMatchObject({ type: OpCode.setWatches, xid: -8 });
    expect(SetWatches.decode(plain!.body)).toEqual({
      relativeZxid: 20,
      dataWatches: ["/data", "/there"],
      existWatches: ["/missing"],
      childWatches: ["/list"],
    });
    zk.reply(-8, 20, 0);
    watching(zk, OpCode.addWatch, "/p", "persistent");
    watching(zk, OpCode.addWatch, "/r", "recursive");
    zk.takeSent();
    zk.lose().lose();
    zk.open();
    zk.accept();
    const [both] = zk.takeSent();
    expect(both!.type).toBe(OpCode.setWatches2);
    expect(SetWatches2.decode(both!.body)).toMatchObject({
      persistentWatches: ["/p"],
      persistentRecursiveWatches: ["/r"],
    });
    expect(eventsOf(zk)).toEqual([]);
    zk.reply(-8, 21, 0);
    expect(eventsOf(zk)).toEqual([
      { type: "gap", path: "/p", afterZxid: 20, reason: "reconnected" },
      { type: "gap", path: "/r", afterZxid: 20, reason: "reconnected" },
    ]);
  });

  it("of an expired session move to the new one, with one gap that says so", () => {
    const zk = new MachineClient().connect();
    watching(zk, OpCode.addWatch, "/p", "persistent");
    zk.lose();
    zk.open();
    zk.refuse();
    zk.open();
    zk.accept({ sessionId: new Int64(4, 4) });
    zk.reply(-8, 30, 0);
    expect(eventsOf(zk)).toEqual([{ type: "gap", path: "/p", afterZxid: 20, reason: "newSession" }]);
  });

  it("go to whom they belong, without the chroot, with the zxid that the server sends", () => {
    const zk = new MachineClient({ chroot: "/app" }).connect();
    watching(zk, OpCode.getData, "/app", "data");
    watching(zk, OpCode.addWatch, "/app", "recursive");
    zk.notify(3, "/app", 33);
    zk.notify(1, "/app/x/y", -1);
    zk.notify(4, "/app/x", 34);
    zk.notify(3, "/other", 35);
    expect(eventsOf(zk)).toEqual([
      { type: "dataChanged", path: "/", zxid: 33 },
      { type: "created", path: "/x/y", zxid: undefined },
    ]);
  });

  it("beside a persistent watch no one-shot is set on the server; and it stays while one relies on it", () => {
    const zk = new MachineClient().connect();
    const persistent = watching(zk, OpCode.addWatch, "/a", "persistent");
    zk.takeSent();
    watching(zk, OpCode.getData, "/a", "data");
    expect(zk.takeSent()[0]!.body.at(-1)).toBe(0);
    zk.step({ kind: "unwatched", table: "persistent", path: "/a", watcher: persistent.watcher });
    expect(zk.takeSent()).toEqual([]);
    zk.notify(3, "/a", 40);
    expect(eventsOf(zk)).toHaveLength(1);
  });

  it("a one-shot that waited beside a persistent watch is set on the server when that has gone meanwhile", () => {
    const zk = new MachineClient().connect();
    const persistent = watching(zk, OpCode.addWatch, "/a", "persistent");
    zk.lose();
    const call = new Call(OpCode.getData, "/a");
    call.watcher = () => {};
    call.watchTable = "data";
    zk.step(call);
    zk.step({ kind: "unwatched", table: "persistent", path: "/a", watcher: persistent.watcher });
    zk.connect();
    const read = zk.takeSent().find(({ type }) => type === OpCode.getData);
    expect(read!.body.at(-1)).toBe(1);
  });

  const asking = (
    zk: MachineClient,
    op: number,
    path: string,
    table: Call["watchTable"],
    number = 0,
  ): Call => {
    const call = new Call(op, path, { number });
    call.watcher = () => {};
    call.watchTable = table;
    zk.step(call);
    return call;
  };
  const answering = (zk: MachineClient, call: Call, zxid: number, err = 0): void =>
    void zk.reply(call.xid, zxid, err, (writer) => writer.writeRaw(new Uint8Array(80)));

  it("a one-shot right behind a persistent watch that is on its way relies on it", () => {
    const zk = new MachineClient().connect();
    const persistent = asking(zk, OpCode.addWatch, "/a", "persistent");
    const recursive = asking(zk, OpCode.addWatch, "/r", "recursive", 1);
    const reads = [
      asking(zk, OpCode.getData, "/a", "data"),
      asking(zk, OpCode.getChildren2, "/a", "child"),
      asking(zk, OpCode.exists, "/r", "exist"),
      asking(zk, OpCode.getChildren2, "/r", "child"),
      asking(zk, OpCode.getData, "/b", "data"),
    ];
    expect(zk.takeSent().map(({ body }) => body.at(-1))).toEqual([0, 1, 0, 0, 0, 1, 1]);
    for (const call of [persistent, recursive, ...reads]) answering(zk, call, 20);
    expect(zk.takeSent()).toEqual([]);
    zk.notify(3, "/a", 40);
    const told = zk.told.flatMap((d) => (d.kind === "event" ? [d.watchers.length] : []));
    expect(told).toEqual([2]);
  });

  it("a one-shot whose persistent watch was refused is set by itself, from its reply on", () => {
    const zk = new MachineClient().connect();
    const persistent = asking(zk, OpCode.addWatch, "/a", "persistent");
    const read = asking(zk, OpCode.getData, "/a", "data");
    const missing = asking(zk, OpCode.exists, "/a", "exist");
    zk.takeSent();
    answering(zk, persistent, 20, -102);
    answering(zk, read, 21);
    answering(zk, missing, 22, -101);
    const [data, exist] = zk.takeSent();
    expect([data!.type, data!.xid, exist!.type]).toEqual([OpCode.setWatches, -8, OpCode.setWatches]);
    expect(SetWatches.decode(data!.body)).toMatchObject({ relativeZxid: 21, dataWatches: ["/a"] });
    expect(SetWatches.decode(exist!.body)).toMatchObject({ relativeZxid: 22, existWatches: ["/a"] });
    zk.reply(-8, 22, 0).reply(-8, 22, 0);
    const later = asking(zk, OpCode.getData, "/a", "data");
    expect(zk.takeSent()[0]!.body.at(-1)).toBe(1);
    answering(zk, later, 23);
  });

  it("a one-shot that is taken back is called no more, and leaves the server with its last one", () => {
    const zk = new MachineClient().connect();
    const unwatch = (watcher: unknown, path = "/a"): void => {
      for (const table of ["data", "exist", "child"] as const)
        zk.step({ kind: "unwatched", table, path, watcher: watcher as () => void });
    };
    const one = watching(zk, OpCode.getData, "/a", "data");
    const two = watching(zk, OpCode.exists, "/a", "exist", -101);
    const list = watching(zk, OpCode.getChildren2, "/a", "child");
    zk.takeSent();
    unwatch(one.watcher);
    expect(zk.takeSent()).toEqual([]);
    unwatch(two.watcher);
    unwatch(list.watcher);
    const sent = zk.takeSent();
    expect(sent.map(({ type, body }) => [type, body.at(-1)])).toEqual([
      [OpCode.removeWatches, 2],
      [OpCode.removeWatches, 1],
    ]);
    // The event may have been under way before.
    zk.notify(3, "/a", 40);
    for (const { xid } of sent) zk.reply(xid, 41, -121);
    unwatch(one.watcher);
    expect(eventsOf(zk)).toEqual([]);
    expect(zk.takeSent()).toEqual([]);
    expect(zk.machine.state).toBe("connected");
  });

  it("a one-shot that is taken back does not take the watch of a read that is on its way", () => {
    const zk = new MachineClient().connect();
    const { watcher } = watching(zk, OpCode.getData, "/a", "data");
    const [other, same] = [asking(zk, OpCode.getData, "/a", "data"), new Call(OpCode.getData, "/a")];
    same.watcher = watcher;
    same.watchTable = "data";
    zk.step(same).takeSent();
    zk.step({ kind: "unwatched", table: "data", path: "/a", watcher });
    expect(zk.takeSent()).toEqual([]);
    answering(zk, other, 20);
    answering(zk, same, 20);
    zk.notify(3, "/a", 40);
    expect(zk.told.flatMap((d) => (d.kind === "event" ? [d.watchers] : []))).toEqual([[other.watcher]]);
  });

  it("the last persistent watcher takes the server's watch away, with the type that fits", () => {
    const zk = new MachineClient().connect();
    const first = watching(zk, OpCode.addWatch, "/a", "persistent");
    const second = watching(zk, OpCode.addWatch, "/a", "recursive");
    zk.takeSent();
    zk.step({ kind: "unwatched", table: "persistent", path: "/a", watcher: first.watcher });
    zk.step({ kind: "unwatched", table: "recursive", path: "/a", watcher: second.watcher });
    expect(zk.takeSent().map(({ type, body }) => [type, body.at(-1)])).toEqual([
      [OpCode.removeWatches, 4],
      [OpCode.removeWatches, 3],
    ]);
  });
});

describe("read-only servers and changing lists", () => {
  it("asks the other servers, moves when one takes writes, and starts a session of its own there", () => {
    const zk = new MachineClient({ servers: THREE, allowsReadOnly: true });
    expect(zk.open().readOnly).toBe(true);
    zk.accept({ readOnly: true });
    expect(zk.machine.state).toBe("connectedReadOnly");
    expect([zk.tick(), zk.tick(), zk.tick()]).toEqual([100, 200, 400]);
    expect(zk.probes).toEqual(["b", "b", "b"]);
    zk.step({ kind: "probed", server: THREE[1]!, isReadWrite: false });
    expect(zk.machine.state).toBe("connectedReadOnly");
    const call = zk.call(OpCode.sync, "/");
    zk.step({ kind: "probed", server: THREE[1]!, isReadWrite: true });
    expect(zk.machine.state).toBe("connectedReadOnly");
    zk.reply(call.xid, 3, 0, (writer) => writer.writeString("/"));
    expect(call.error).toBeNull();
    expect(zk.machine.state).toBe("suspended");
    const request = zk.open();
    expect(zk.dials).toEqual(["a", "b"]);
    expect(request.sessionId.isZero()).toBe(true);
    zk.accept({ sessionId: new Int64(8, 8) });
    expect(zk.states).toEqual(["connectedReadOnly", "suspended", "connected"]);
  });

  it("leaves a server that is not in the list any more, behind what is on its way; new calls wait", () => {
    const zk = new MachineClient({ servers: THREE }).connect();
    const under = zk.call(OpCode.delete, "/a", { number: -1 });
    zk.step({ kind: "servers", servers: [{ host: "d", port: 1 }] });
    const later = zk.call(OpCode.delete, "/b", { number: -1 });
    expect(zk.hangUps).toEqual([]);
    zk.reply(1, 1, 0);
    expect(under.error).toBeNull();
    expect(zk.hangUps).toEqual([1]);
    zk.open();
    zk.accept();
    expect(zk.dials.at(-1)).toBe("d");
    expect(settled(later)).toBe(false);
    expect(zk.takeSent().filter(({ type }) => type === OpCode.delete)).toHaveLength(1);
  });

  it("stays where it is when its server is in a shrinking list", () => {
    const zk = new MachineClient({ servers: THREE }).connect();
    zk.step({ kind: "servers", servers: [{ host: "a", port: 1 }] });
    expect(zk.machine.state).toBe("connected");
  });
});
