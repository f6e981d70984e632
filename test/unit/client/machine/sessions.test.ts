import { describe, expect, it } from "vitest";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { MachineClient, SESSION_ID } from "../../../support/machine-client.ts";

const THREE = ["a", "b", "c"].map((host) => ({ host, port: 1 }));

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
