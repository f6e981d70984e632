import { OpCode, Xid } from "../../src/protocol/opcode.ts";
import { GetDataRequest, SetDataRequest } from "../../src/protocol/records/proto.ts";
import { WATCHED_PATH } from "./bench-tree.ts";
import { Interval } from "./interval.ts";
import type { LoadResult, WatchersJob } from "./jobs.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import { SetupClient } from "./setup-client.ts";
import { encodeFrame } from "./templates.ts";
import { type FrameSink, WireConnection } from "./wire-connection.ts";

const ARM = encodeFrame(OpCode.getData, (w) => GetDataRequest.write(w, { path: WATCHED_PATH, watch: true }));
const DATA_CHANGED = 3;
/** How many sessions are opened at a time. */
const OPENING = 50;

/** What the watchers report to. */
interface Crowd {
  opened(): void;
  armed(): void;
  notified(): void;
  failed(error: Error): void;
}

/** One client that watches the znode. */
class WatcherConnection implements FrameSink {
  readonly #connection: WireConnection;
  readonly #crowd: Crowd;
  #isClosed = false;

  constructor(port: number, crowd: Crowd) {
    this.#crowd = crowd;
    this.#connection = new WireConnection(port, this);
  }

  arm(): void {
    this.#connection.write(ARM);
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.destroy();
  }

  opened(sessionTimeoutMs: number): void {
    if (sessionTimeoutMs > 0) this.#crowd.opened();
    else this.#crowd.failed(new Error("the server refused a new session"));
  }

  frame(bytes: Buffer, start: number): void {
    const xid = bytes.readInt32BE(start);
    if (xid !== Xid.notification) {
      if (bytes.readInt32BE(start + 12) !== 0) this.#crowd.failed(new Error("setting a watch failed"));
      this.#crowd.armed();
    } else if (bytes.readInt32BE(start + 16) === DATA_CHANGED) this.#crowd.notified();
    else this.#crowd.failed(new Error(`a watch event of type ${bytes.readInt32BE(start + 16)}`));
  }

  turnEnd(): void {}

  closed(error: Error | undefined): void {
    if (!this.#isClosed) this.#crowd.failed(error ?? new Error("the server closed a watcher's connection"));
  }
}

/** Counts what all watchers do, and wakes whoever waits for the last of them. */
class WatcherCrowd implements Crowd {
  #left = 0;
  #wake: () => void = () => {};
  #error: Error | undefined;
  #fail: (error: Error) => void = () => {};

  /** Resolves when `count` more reports have come. */
  expect(count: number): Promise<void> {
    this.#left = count;
    return new Promise((resolve, reject) => {
      if (this.#error !== undefined) reject(this.#error);
      this.#wake = resolve;
      this.#fail = reject;
    });
  }

  opened(): void {
    this.#one();
  }

  armed(): void {
    this.#one();
  }

  notified(): void {
    this.#one();
  }

  failed(error: Error): void {
    this.#error = error;
    this.#fail(error);
  }

  #one(): void {
    if (this.#left === 0) this.failed(new Error("a watcher heard more than one event of one write"));
    else if (--this.#left === 0) this.#wake();
  }
}

async function openWatchers(job: WatchersJob, crowd: WatcherCrowd): Promise<WatcherConnection[]> {
  const watchers: WatcherConnection[] = [];
  while (watchers.length < job.watchers) {
    const count = Math.min(OPENING, job.watchers - watchers.length);
    const open = crowd.expect(count);
    for (let i = 0; i < count; i++)
      watchers.push(new WatcherConnection(job.ports[i % job.ports.length]!, crowd));
    await open;
  }
  return watchers;
}

/** Writes to the watched znode again and again; a duration is from the write's request until the last watcher has its event. */
export async function runWatchers(job: WatchersJob): Promise<LoadResult> {
  const crowd = new WatcherCrowd();
  const writer = await SetupClient.connect(job.ports[0]!);
  const watchers = await openWatchers(job, crowd);
  const request = { path: WATCHED_PATH, data: Buffer.alloc(8), version: -1 };
  const frame = encodeFrame(OpCode.setData, (w) => SetDataRequest.write(w, request));
  try {
    const histogram = new LatencyHistogram();
    const measureAt = performance.now() + job.warmupMs;
    let interval: Interval | undefined;
    for (;;) {
      if (interval === undefined && performance.now() >= measureAt) {
        interval = new Interval(job.serverPids);
        histogram.reset();
      }
      const armed = crowd.expect(watchers.length);
      for (const watcher of watchers) watcher.arm();
      await armed;
      const notified = crowd.expect(watchers.length);
      const startedAt = performance.now();
      const [body] = await Promise.all([writer.demand(frame, "the write"), notified]);
      histogram.record((performance.now() - startedAt) * 1000);
      if (body.length === 0) throw new Error("a setData was answered without a Stat");
      const isOver = performance.now() >= measureAt + job.measureMs;
      if (interval !== undefined && isOver) return interval.end(histogram.count, histogram);
    }
  } finally {
    for (const watcher of watchers) watcher.close();
    await writer.close();
  }
}
