import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../sim/virtual-clock.ts";
import type { Zxid } from "../../../src/protocol/zxid.ts";
import { LogWorker, type LogWorkerOptions } from "../../../src/server/log-worker.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A log whose disk writes end when the test says so, each with everything that was appended when it began. */
class SlowLog {
  fileBytes = 0;
  readonly done: string[] = [];
  failure: Error | undefined;
  #appended = 0 as Zxid;
  #waiters: { zxid: Zxid; resolve: (zxid: Zxid) => void; reject: (error: Error) => void }[] = [];

  append(zxid: Zxid, bytes: Uint8Array): void {
    if (this.failure !== undefined) throw this.failure;
    this.#appended = zxid;
    this.fileBytes += bytes.length;
    this.done.push(`append ${zxid}`);
  }
  commit(): Promise<Zxid> {
    this.done.push("commit");
    return new Promise((resolve, reject) => this.#waiters.push({ zxid: this.#appended, resolve, reject }));
  }
  roll(): void {
    this.done.push("roll");
  }
  async close(): Promise<void> {
    this.done.push("close");
  }

  /** The write under way ends; it held everything up to `zxid`. */
  async written(zxid: number): Promise<void> {
    const ready = this.#waiters.filter((waiter) => waiter.zxid <= zxid);
    this.#waiters = this.#waiters.filter((waiter) => waiter.zxid > zxid);
    for (const waiter of ready) waiter.resolve(zxid as Zxid);
    await settle();
  }
  async fails(error: Error): Promise<void> {
    this.failure = error;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    await settle();
  }
}

function create(options: Partial<LogWorkerOptions> = {}) {
  const log = new SlowLog();
  const time = new VirtualClock({ elapsedMs: 1_000_000 });
  const persisted: number[] = [];
  const failures: unknown[] = [];
  const flushes: number[][] = [];
  let snapshots = 0;
  const worker = new LogWorker({
    log,
    policy: { appended: () => false },
    clock: time,
    timer: time,
    flushDelayMs: 0,
    idleFlushMs: 0,
    batchRecordsMax: 1000,
    persisted: (zxid) => persisted.push(zxid),
    snapshotDue: () => snapshots++,
    failed: (error) => failures.push(error),
    observe: { appended() {}, flushed: (...flush) => flushes.push(flush) },
    ...options,
  });
  return { log, time, persisted, failures, flushes, worker, snapshots: () => snapshots };
}

const entries = (...zxids: number[]) =>
  zxids.map((zxid) => ({ zxid: zxid as Zxid, bytes: new Uint8Array(10) }));

describe("LogWorker", () => {
  it("asks for one commit per turn and reports each durable zxid once", async () => {
    const { log, persisted, worker } = create();
    worker.append(entries(1, 2));
    worker.append(entries(3));
    worker.append(entries(4));
    expect(log.done).toEqual(["append 1", "append 2", "commit", "append 3", "commit", "append 4", "commit"]);
    expect(worker.waiting).toBe(4);
    await log.written(2);
    expect(persisted).toEqual([2]);
    await log.written(4);
    expect(persisted).toEqual([2, 4]);
    expect(worker.waiting).toBe(0);
  });

  it("reports nothing before the disk has answered", async () => {
    const { persisted, worker } = create();
    worker.append(entries(1));
    await settle();
    expect(persisted).toEqual([]);
  });

  it("rolls the log and asks for a snapshot behind the record that the policy names", () => {
    let count = 0;
    const { log, worker, snapshots } = create({ policy: { appended: () => ++count === 2 } });
    worker.append(entries(1, 2, 3));
    expect(log.done).toEqual(["append 1", "append 2", "roll", "append 3", "commit"]);
    expect(snapshots()).toBe(1);
  });

  it("tells of a failed append or commit once, and takes nothing more", async () => {
    const { log, persisted, failures, worker } = create();
    worker.append(entries(1));
    worker.append(entries(2));
    const failure = new Error("ENOSPC");
    await log.fails(failure);
    worker.append(entries(3));
    await settle();
    expect(failures).toEqual([failure]);
    expect(persisted).toEqual([]);
    const other = create();
    other.log.failure = failure;
    other.worker.append(entries(1));
    expect(other.failures).toEqual([failure]);
  });

  it("with flushDelay, waits until that long after the last flush, or until nothing more comes", async () => {
    const { log, time, worker } = create({ flushDelayMs: 30, idleFlushMs: 10 });
    worker.append(entries(1));
    await time.advance(9);
    worker.append(entries(2));
    expect(log.done).not.toContain("commit");
    await time.advance(9);
    worker.append(entries(3));
    await time.advance(9);
    worker.append(entries(4));
    await time.advance(2);
    expect(log.done).not.toContain("commit");
    await time.advance(1);
    expect(log.done.at(-1)).toBe("commit");
    await time.advance(25);
    worker.append(entries(5));
    await time.advance(5);
    expect(log.done.filter((what) => what === "commit")).toHaveLength(2);
    worker.append(entries(6));
    await time.advance(9);
    expect(log.done.filter((what) => what === "commit")).toHaveLength(2);
    await time.advance(1);
    expect(log.done.filter((what) => what === "commit")).toHaveLength(3);
  });

  it("with flushDelay, does not let a full batch wait", () => {
    const { log, worker, time } = create({ flushDelayMs: 30, idleFlushMs: 30, batchRecordsMax: 3 });
    worker.append(entries(1, 2));
    expect(log.done).not.toContain("commit");
    worker.append(entries(3));
    expect(log.done.at(-1)).toBe("commit");
    expect(time.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("makes everything durable before it closes", async () => {
    const { log, worker } = create({ flushDelayMs: 30, idleFlushMs: 30 });
    worker.append(entries(1));
    await worker.close();
    expect(log.done).toEqual(["append 1", "commit", "close"]);
  });

  it("measures how long the first record of a flush waited and how long the flush took", async () => {
    const { log, time, flushes, worker } = create({ flushDelayMs: 30, idleFlushMs: 30, batchRecordsMax: 2 });
    worker.append(entries(1));
    await time.advance(4);
    worker.append(entries(2));
    await time.advance(3);
    await log.written(2);
    expect(flushes).toEqual([[2, 4, 3]]);
  });
});
