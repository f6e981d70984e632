import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../sim/virtual-clock.ts";
import type { Instant } from "../../../src/base/ports.ts";
import type { Input, Ready } from "../../../src/core/ready.ts";
import type { Zxid } from "../../../src/protocol/zxid.ts";
import { type Machine, Replica } from "../../../src/server/replica.ts";

const NOTHING: Ready = {
  append: [],
  mustSync: false,
  output: [],
  pauseReading: [],
  resumeReading: [],
  reportTaken: [],
  events: [],
};

class ScriptedMachine implements Machine {
  readonly inputs: { input: Input; now: Instant }[] = [];
  nextDeadline = Number.POSITIVE_INFINITY;
  next: Partial<Ready> = {};
  failure: Error | undefined;
  taken = 0;
  readonly reused: number[] = [];

  step(input: Input, now: Instant): void {
    if (this.failure !== undefined) throw this.failure;
    this.inputs.push({ input: { ...input }, now });
  }
  takeReady(): Ready {
    this.taken++;
    const ready = { ...NOTHING, ...this.next };
    this.next = {};
    return ready;
  }
  reuse(output: Ready["output"][number]): void {
    this.reused.push(output.connection);
  }
  kinds(): string[] {
    return this.inputs.map(({ input }) => input.kind);
  }
}

function create() {
  const machine = new ScriptedMachine();
  const time = new VirtualClock({ elapsedMs: 1_000_000 });
  const done: string[] = [];
  const failures: unknown[] = [];
  const turns: number[][] = [];
  const performers = {
    append: (entries: Ready["append"]) => void done.push(`append ${entries.map((e) => e.zxid).join(",")}`),
    send: (output: Ready["output"][number]) => {
      done.push(`send ${output.connection}`);
      return !output.isClosing;
    },
    pauseReading: (connection: number) => void done.push(`pause ${connection}`),
    resumeReading: (connection: number) => void done.push(`resume ${connection}`),
    reportTaken: (connection: number) => void done.push(`taken ${connection}`),
    report: (event: Ready["events"][number]) => void done.push(event.kind),
  };
  const replica = new Replica({
    machine,
    clock: time,
    timer: time,
    performers,
    failed: (error) => failures.push(error),
    observe: (...turn) => turns.push(turn),
  });
  return { machine, time, done, failures, turns, performers, replica };
}

const closed = (connection: number): Input => ({ kind: "connectionClosed", connection });

describe("Replica", () => {
  it("steps inputs at once and performs what they led to once, at the end of the turn", () => {
    const { machine, time, done, turns, replica } = create();
    replica.step(closed(1));
    replica.step(closed(2));
    replica.step(closed(3));
    expect(machine.inputs).toHaveLength(3);
    expect(machine.taken).toBe(0);
    machine.next = { output: [{ connection: 7, bytes: new Uint8Array(1), isClosing: false }] };
    time.runNext();
    expect(machine.taken).toBe(1);
    expect(done).toEqual(["send 7"]);
    expect(turns).toEqual([[3, 0, 0]]);
    expect(time.runNext()).toBe(false);
    expect(machine.taken).toBe(1);
  });

  it("gives the log its work before anything is sent, and resumes last", () => {
    const { machine, time, done, replica } = create();
    replica.step(closed(1));
    machine.next = {
      append: [
        { zxid: 5 as Zxid, bytes: new Uint8Array(1) },
        { zxid: 6 as Zxid, bytes: new Uint8Array(1) },
      ],
      output: [
        { connection: 1, bytes: new Uint8Array(1), isClosing: false },
        { connection: 2, bytes: new Uint8Array(1), isClosing: true },
      ],
      pauseReading: [3],
      resumeReading: [4],
      events: [{ kind: "staleRequestDropped", connection: 1, reason: "test" }],
    };
    time.runNext();
    expect(done).toEqual(["append 5,6", "send 1", "send 2", "pause 3", "staleRequestDropped", "resume 4"]);
    // Only what the transport is done with.
    expect(machine.reused).toEqual([1]);
  });

  it("takes what a resumed connection hands over as the next turn's input", () => {
    const { machine, time, performers, replica } = create();
    performers.resumeReading = () => void replica.step(closed(9));
    replica.step(closed(1));
    machine.next = { resumeReading: [4] };
    time.runNext();
    expect(machine.taken).toBe(1);
    time.runNext();
    expect(machine.taken).toBe(2);
    expect(machine.inputs.at(-1)?.input).toEqual(closed(9));
  });

  it("reads the clock once for a turn", () => {
    const { machine, time, replica } = create();
    let reads = 0;
    const now = time.now.bind(time);
    time.now = () => ({ ...now(), elapsedMs: ++reads });
    replica.step(closed(1));
    replica.step(closed(2));
    time.runNext();
    replica.step(closed(3));
    const [first, second, third] = machine.inputs.map((input) => input.now.elapsedMs);
    expect(second).toBe(first);
    expect(third).toBeGreaterThan(first!);
  });

  it("ticks at the machine's deadline with one timer, and keeps it when the deadline moves back", async () => {
    const { machine, time, replica } = create();
    const startMs = time.now().elapsedMs;
    machine.nextDeadline = startMs + 100;
    replica.start();
    time.runNext();
    expect(machine.kinds()).toEqual(["tick"]);
    expect(time.nextDeadlineMs).toBe(startMs + 100);
    machine.nextDeadline = startMs + 500;
    replica.step(closed(1));
    time.runNext();
    expect(time.nextDeadlineMs).toBe(startMs + 100);
    machine.nextDeadline = startMs + 50;
    replica.step(closed(2));
    time.runNext();
    expect(time.nextDeadlineMs).toBe(startMs + 50);
    time.runNext();
    expect(time.now().elapsedMs).toBe(startMs + 50);
    time.runNext();
    expect(machine.kinds().at(-1)).toBe("tick");
    machine.nextDeadline = Number.POSITIVE_INFINITY;
    time.runNext();
    expect(time.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("lets what has arrived during a stall go before the tick", () => {
    const { machine, time, replica } = create();
    machine.nextDeadline = time.now().elapsedMs + 100;
    replica.start();
    time.runNext();
    // The timer is late, and with it comes what waited in the sockets.
    time.runNext();
    expect(machine.kinds()).toEqual(["tick"]);
    replica.step(closed(1));
    time.runNext();
    expect(machine.kinds()).toEqual(["tick", "connectionClosed", "tick"]);
  });

  it("tells how late a tick comes", () => {
    let elapsedMs = 0;
    const due: { delayMs: number; callback: () => void }[] = [];
    const late: number[] = [];
    const machine = new ScriptedMachine();
    const replica = new Replica({
      machine,
      clock: { now: () => ({ elapsedMs, wallMs: 0 }) },
      timer: {
        after(delayMs, callback) {
          due.push({ delayMs, callback });
          return () => {};
        },
        soon: (callback) => callback(),
      },
      performers: create().performers,
      failed: (error) => expect.unreachable(String(error)),
      observe() {},
      late: (delayMs) => late.push(delayMs),
    });
    machine.nextDeadline = 250;
    replica.start();
    elapsedMs = 250;
    machine.nextDeadline = 500;
    due.shift()!.callback();
    expect(due).toMatchObject([{ delayMs: 250 }]);
    elapsedMs = 4100;
    due.shift()!.callback();
    expect(late).toEqual([0, 3600]);
  });

  it("ticks at once when the deadline has passed", () => {
    const { machine, time, replica } = create();
    machine.nextDeadline = time.now().elapsedMs - 10;
    replica.start();
    time.runNext();
    expect(time.nextDeadlineMs).toBe(time.now().elapsedMs);
  });

  it("tells of a machine that throws, once, and leaves it alone then", async () => {
    const { machine, time, done, failures, replica } = create();
    machine.nextDeadline = time.now().elapsedMs + 10;
    replica.step(closed(1));
    time.runNext();
    const failure = new Error("broken");
    machine.failure = failure;
    replica.step(closed(2));
    replica.step(closed(3));
    machine.next = { output: [{ connection: 1, bytes: new Uint8Array(1), isClosing: false }] };
    await time.advance(100);
    expect(failures).toEqual([failure]);
    expect(done).toEqual([]);
    expect(machine.inputs).toHaveLength(1);
  });

  it("performs nothing after stop", async () => {
    const { machine, time, done, replica } = create();
    replica.step(closed(1));
    machine.next = { output: [{ connection: 1, bytes: new Uint8Array(1), isClosing: false }] };
    replica.stop();
    await time.advance(0);
    expect(done).toEqual([]);
    expect(time.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });
});
