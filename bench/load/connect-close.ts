import { OpCode } from "../../src/protocol/opcode.ts";
import { Interval, wait } from "./interval.ts";
import type { ConnectJob, LoadResult } from "./jobs.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import { encodeFrame } from "./templates.ts";
import { type FrameSink, WireConnection } from "./wire-connection.ts";

const CLOSE_SESSION = encodeFrame(OpCode.closeSession, () => undefined);

/** Connects, opens a session, closes it, sees the server close the connection; then calls `onEnd`. */
class OneSession implements FrameSink {
  readonly #connection: WireConnection;
  readonly #onEnd: (error?: Error) => void;
  #isAnswered = false;

  constructor(port: number, onEnd: (error?: Error) => void) {
    this.#onEnd = onEnd;
    this.#connection = new WireConnection(port, this);
  }

  opened(sessionTimeoutMs: number): void {
    if (sessionTimeoutMs > 0) this.#connection.write(CLOSE_SESSION);
    else this.#connection.destroy();
  }

  frame(bytes: Buffer, start: number): void {
    this.#isAnswered = bytes.readInt32BE(start + 12) === 0;
  }

  turnEnd(): void {}

  closed(error: Error | undefined): void {
    const failure = error ?? new Error("a session was not opened and closed in order");
    this.#onEnd(this.#isAnswered ? undefined : failure);
  }
}

/** Keeps `concurrency` sessions coming and going; a duration is from connecting until the server has closed the connection. */
export async function runConnectClose(job: ConnectJob): Promise<LoadResult> {
  const histogram = new LatencyHistogram();
  let begun = 0;
  let completed = 0;
  let running = 0;
  let isStopping = false;
  let fail: (error: Error) => void = () => {};
  let finish: () => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const next = (): void => {
    const startedAt = performance.now();
    running++;
    new OneSession(job.ports[begun++ % job.ports.length]!, (error) => {
      running--;
      if (error !== undefined) return fail(error);
      completed++;
      histogram.record((performance.now() - startedAt) * 1000);
      if (!isStopping) next();
      else if (running === 0) finish();
    });
  };
  for (let i = 0; i < job.concurrency; i++) next();
  await Promise.race([wait(job.warmupMs), failed]);
  const interval = new Interval(job.serverPids);
  histogram.reset();
  completed = 0;
  await Promise.race([wait(job.measureMs), failed]);
  const result = interval.end(completed, histogram);
  isStopping = true;
  await Promise.race([finished, failed]);
  return result;
}
