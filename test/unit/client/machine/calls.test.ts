import { describe, expect, it } from "vitest";
import { OPEN_ACL } from "../../../../src/client/acl.ts";
import { Call, CallState } from "../../../../src/client/machine/call.ts";
import type { WatchEvent } from "../../../../src/client/types.ts";
import type { JuteWriter } from "../../../../src/protocol/jute-writer.ts";
import { writeMultiResponse } from "../../../../src/protocol/multi.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { MachineClient } from "../../../support/machine-client.ts";

const settled = (call: Call): boolean => call.state === CallState.settled;

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
