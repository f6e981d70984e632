import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../sim/virtual-clock.ts";
import type { Zxid } from "../../../src/protocol/zxid.ts";
import { startPurgeSchedule } from "../../../src/server/purge-schedule.ts";
import { SnapshotWorker } from "../../../src/server/snapshot-worker.ts";
import { startStallMonitor } from "../../../src/server/stall-monitor.ts";
import type { SnapshotSource } from "../../../src/storage/snapshot/snapshot-port.ts";
import { RecordedLog } from "../../support/test-server.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("SnapshotWorker", () => {
  function create() {
    const log = new RecordedLog();
    const clock = new VirtualClock({ elapsedMs: 5_000 });
    const failures: unknown[] = [];
    const times: number[] = [];
    const writes: { resolve: (zxid: number) => void; reject: (error: Error) => void }[] = [];
    const worker = new SnapshotWorker({
      store: {
        write: () =>
          new Promise((resolve, reject) => {
            writes.push({
              resolve: (zxid) => resolve({ path: `snapshot.${zxid}`, zxid: zxid as Zxid, bytes: 10 }),
              reject,
            });
          }),
      },
      source: () => ({}) as SnapshotSource,
      clock,
      log,
      newest: undefined,
      failed: (error) => failures.push(error),
      observe: (elapsedMs) => times.push(elapsedMs),
    });
    return { log, clock, failures, times, writes, worker };
  }

  it("writes one at a time and remembers the newest", async () => {
    const { log, clock, times, writes, worker } = create();
    worker.start();
    worker.start();
    expect(writes).toHaveLength(1);
    expect(log.messages("warn").join()).toMatch(/skipped/);
    await clock.advance(40);
    writes[0]!.resolve(7);
    await worker.idle();
    expect(worker.last).toEqual({ zxid: 7, timestampS: Math.floor(clock.now().wallMs / 1000) });
    expect(times).toEqual([40]);
    worker.start();
    expect(writes).toHaveLength(2);
    writes[1]!.resolve(9);
    await worker.idle();
    expect(worker.last?.zxid).toBe(9);
  });

  it("tells of one that fails and keeps the one before as the newest", async () => {
    const { failures, writes, worker } = create();
    const failure = new Error("ENOSPC");
    worker.start();
    writes[0]!.reject(failure);
    await worker.idle();
    expect(failures).toEqual([failure]);
    expect(worker.last).toBeUndefined();
  });
});

describe("purge schedule", () => {
  it("purges at once and then every interval, also after a failure, until it is stopped", async () => {
    const clock = new VirtualClock();
    const log = new RecordedLog();
    let count = 0;
    const stop = startPurgeSchedule({
      timer: clock,
      log,
      intervalMs: 1000,
      async purge() {
        if (++count === 2) throw new Error("EIO");
        return { removed: ["log.1"], damaged: count === 3 ? ["snapshot.5"] : [] };
      },
    });
    await settle();
    expect(count).toBe(1);
    await clock.advance(999);
    expect(count).toBe(1);
    await clock.advance(1);
    expect(count).toBe(2);
    await clock.advance(1000);
    expect(count).toBe(3);
    expect(log.messages("warn")).toEqual([
      "purge failed, the next one will try again: EIO",
      "purge: this snapshot is damaged; an older one is kept for it",
    ]);
    await stop();
    await clock.advance(5000);
    expect(count).toBe(3);
  });

  it("does nothing with interval 0", async () => {
    const clock = new VirtualClock();
    const stop = startPurgeSchedule({
      timer: clock,
      log: new RecordedLog(),
      intervalMs: 0,
      purge: () => Promise.reject(new Error("must not be called")),
    });
    await clock.advance(100_000);
    await stop();
  });
});

describe("stall monitor", () => {
  it("measures how late a timer comes, and tells above the thresholds", async () => {
    const clock = new VirtualClock();
    const log = new RecordedLog();
    const delays: number[] = [];
    let stalledMs = 0;
    const stop = startStallMonitor({
      clock: { now: () => ({ elapsedMs: clock.now().elapsedMs + stalledMs, wallMs: 0 }) },
      timer: clock,
      log,
      sampleMs: 500,
      infoMs: 1000,
      warnMs: 10_000,
      observe: (delayMs) => delays.push(delayMs),
    });
    await clock.advance(500);
    stalledMs += 1500;
    await clock.advance(500);
    stalledMs += 20_000;
    await clock.advance(500);
    expect(delays).toEqual([0, 1500, 20_000]);
    expect(log.lines.map(({ level }) => level)).toEqual(["info", "warn"]);
    stop();
    await clock.advance(5000);
    expect(delays).toHaveLength(3);
  });
});
