import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../sim/virtual-clock.ts";

describe("VirtualClock", () => {
  it("stands still until it is moved", () => {
    const clock = new VirtualClock({ elapsedMs: 5, wallMs: 1000 });
    expect(clock.now()).toEqual({ elapsedMs: 5, wallMs: 1005 });
    clock.after(10, () => undefined);
    expect(clock.now().elapsedMs).toBe(5);
    expect(clock.nextDeadlineMs).toBe(15);
  });

  it("jumps from one timer to the next, in order of time and then of asking", () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${clock.now().elapsedMs}`);
    clock.after(30, note("c"));
    clock.after(10, note("a"));
    clock.after(10, note("b"));
    clock.soon(note("soon"));
    while (clock.runNext());
    expect(seen).toEqual(["soon@0", "a@10", "b@10", "c@30"]);
    expect(clock.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("does not call what was cancelled", async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const cancel = clock.after(10, () => calls++);
    clock.after(5, cancel);
    await clock.advance(100);
    expect(calls).toBe(0);
    expect(clock.now().elapsedMs).toBe(100);
  });

  it("runs an hour of a chain of timers and promises at once", async () => {
    const clock = new VirtualClock();
    let beats = 0;
    const loop = async () => {
      for (;;) {
        await new Promise<void>((resolve) => void clock.after(1000, resolve));
        beats++;
      }
    };
    void loop();
    await clock.advance(3_600_000);
    expect(beats).toBe(3600);
    expect(clock.now().elapsedMs).toBe(3_600_000);
  });

  it("runs until a promise settles, and says so when nothing can settle it", async () => {
    const clock = new VirtualClock();
    const later = new Promise<number>(
      (resolve) => void clock.after(500, () => resolve(clock.now().elapsedMs)),
    );
    expect(await clock.runUntil(later)).toBe(500);
    const failing = new Promise<never>((_, reject) => void clock.after(5, () => reject(new Error("no"))));
    await expect(clock.runUntil(failing)).rejects.toThrow("no");
    await expect(clock.runUntil(new Promise(() => undefined))).rejects.toThrow("has run dry");
  });
});
