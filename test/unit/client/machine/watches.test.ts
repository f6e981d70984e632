import { describe, expect, it } from "vitest";
import { Call } from "../../../../src/client/machine/call.ts";
import type { GapEvent, WatchEvent } from "../../../../src/client/types.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { SetWatches, SetWatches2 } from "../../../../src/protocol/records/proto.ts";
import { MachineClient } from "../../../support/machine-client.ts";

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
