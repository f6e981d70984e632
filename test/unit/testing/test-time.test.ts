import { describe, expect, it } from "vitest";
import { durationMs } from "../../../src/testing/duration.ts";
import { TestTime } from "../../../src/testing/test-time.ts";

const NEVER_MS = 1e9;

/** A time whose base stands still: only `advance` moves it. */
function standing(): TestTime {
  return new TestTime({ now: () => ({ elapsedMs: 1000, wallMs: 5000 }) });
}

describe("the time of a test server", () => {
  it("advances both clocks", () => {
    const time = standing();
    time.advance(250);
    expect(time.now()).toEqual({ elapsedMs: 1250, wallMs: 5250 });
  });

  it("calls what has become due, in the order in which it was due, and nothing twice", () => {
    const time = standing();
    const calls: string[] = [];
    const cancels = [
      time.after(NEVER_MS + 20, () => calls.push("b")),
      time.after(NEVER_MS + 10, () => calls.push("a")),
      time.after(NEVER_MS + 30, () => calls.push("c")),
    ];
    time.advance(NEVER_MS + 20);
    expect(calls).toEqual(["a", "b"]);
    time.advance(10);
    time.advance(NEVER_MS);
    expect(calls).toEqual(["a", "b", "c"]);
    for (const cancel of cancels) cancel();
  });

  it("does not call what was cancelled, also by another call at the same moment", () => {
    const time = standing();
    const calls: string[] = [];
    let cancelSecond = (): void => {};
    time.after(NEVER_MS, () => {
      calls.push("first");
      cancelSecond();
    });
    cancelSecond = time.after(NEVER_MS + 1, () => calls.push("second"));
    time.advance(NEVER_MS + 1);
    expect(calls).toEqual(["first"]);
  });

  it("is not idle before a millisecond is over in which something is due; the rest of it passes when that is asked for", () => {
    const time = standing();
    const calls: string[] = [];
    time.after(0.25, () => calls.push("part"));
    const cancel = time.after(1.5, () => calls.push("later"));
    expect(time.isIdle).toBe(false);
    const before = time.now().elapsedMs;
    time.completeMillisecond();
    expect(calls).toEqual(["part"]);
    expect(time.now().elapsedMs).toBe(before + 1);
    cancel();
    expect(time.isIdle).toBe(true);
    time.completeMillisecond();
    expect(time.now().elapsedMs).toBe(before + 1);
  });

  it("lets real timers come at their time, too", async () => {
    const time = new TestTime({ now: () => ({ elapsedMs: performance.now(), wallMs: Date.now() }) });
    await new Promise<void>((resolve) => time.after(1, resolve));
    expect(time.isIdle).toBe(true);
  });

  it("does not go on while this process does not run", () => {
    let realMs = 1000;
    const time = new TestTime({ now: () => ({ elapsedMs: realMs, wallMs: 4000 + realMs }) });
    const calls: number[] = [];
    const cancel = time.after(NEVER_MS, () => {});
    time.after(100, () => calls.push(time.now().elapsedMs));
    realMs += 60;
    expect(time.now().elapsedMs).toBe(1060);
    // What is due after 40 ms is not called for a minute.
    realMs += 60_000;
    expect(time.now()).toEqual({ elapsedMs: 1150, wallMs: 5150 });
    realMs += 60_000;
    expect(time.now()).toEqual({ elapsedMs: 1150, wallMs: 5150 });
    time.advance(0);
    expect(calls).toEqual([1150]);
    // While nothing is due, time passes.
    realMs += 60_000;
    expect(time.now()).toEqual({ elapsedMs: 61_150, wallMs: 65_150 });
    time.advance(10);
    expect(time.now().elapsedMs).toBe(61_160);
    cancel();
  });

  it("goes on while it is stopped, however much is due", () => {
    let realMs = 1000;
    const time = new TestTime({ now: () => ({ elapsedMs: realMs, wallMs: realMs }) });
    const calls: number[] = [];
    time.after(100, () => calls.push(time.now().elapsedMs));
    time.stop();
    realMs += 60_000;
    time.go();
    expect(calls).toEqual([61_000]);
  });

  it("calls nothing before its time, when the clock has not gone on as the system's timers have", async () => {
    const time = new TestTime({ now: () => ({ elapsedMs: performance.now() / 10, wallMs: 0 }) });
    const began = time.now().elapsedMs;
    await new Promise<void>((resolve) => time.after(4, resolve));
    expect(time.now().elapsedMs - began).toBeGreaterThanOrEqual(3);
  });

  it("holds everything back while it is stopped, and then does it in order", async () => {
    const time = standing();
    const calls: string[] = [];
    time.stop();
    time.after(NEVER_MS, () => calls.push("later"));
    time.soon(() => calls.push("soon"));
    await time.turn();
    await time.turn();
    time.advance(NEVER_MS);
    expect(calls).toEqual([]);
    time.go();
    expect(calls).toEqual(["soon", "later"]);
    time.go();
    expect(calls).toEqual(["soon", "later"]);
  });

  it("is idle when nothing is left to be called by now", async () => {
    const time = standing();
    const cancel = time.after(NEVER_MS, () => {});
    expect(time.isIdle).toBe(true);
    time.soon(() => {});
    expect(time.isIdle).toBe(false);
    await time.turn();
    expect(time.isIdle).toBe(true);
    cancel();
  });
});

describe("durations", () => {
  it.each([
    [1500, 1500],
    ["250ms", 250],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1.5h", 5_400_000],
    ["2d", 172_800_000],
  ] as const)("%s is %d ms", (duration, ms) => {
    expect(durationMs(duration)).toBe(ms);
  });

  it.each(["30", "s", "-1s", "1 s", "", "1w", -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "%s is none",
    (duration) => {
      expect(() => durationMs(duration as "1s")).toThrow(/is no duration: give milliseconds/);
    },
  );
});
