import { describe, expect, it } from "vitest";
import { Call, CallState } from "../../../../src/client/machine/call.ts";
import type { SaslExchange } from "../../../../src/client/machine/sasl-exchange.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { MachineClient } from "../../../support/machine-client.ts";

const settled = (call: Call): boolean => call.state === CallState.settled;

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
