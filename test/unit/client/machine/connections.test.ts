import { describe, expect, it } from "vitest";
import { type Call, CallState } from "../../../../src/client/machine/call.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { MachineClient, SESSION_ID, SESSION_PASSWORD } from "../../../support/machine-client.ts";

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
