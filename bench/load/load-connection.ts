import type { LatencyHistogram } from "./latency-histogram.ts";
import { type RequestTemplate, XID_AT } from "./templates.ts";
import { type FrameSink, WireConnection } from "./wire-connection.ts";

const XID_MAX = 0x7fff_ffff;

/** What all connections of a run add to. */
export interface LoadCounters {
  replies: number;
  /** setData that succeeded, those in multis too. */
  sets: number;
  /** Where durations go while the run is measured. */
  histogram: LatencyHistogram | undefined;
}

export interface LoadListener {
  opened(): void;
  /** All requests that were sent have been answered; after {@link LoadConnection.stop} only. */
  drained(): void;
  failed(error: Error): void;
}

/** When requests are due: every `everyMs`, the first `offsetMs` after the start. */
export interface Pace {
  readonly everyMs: number;
  readonly offsetMs: number;
}

/**
 * Keeps `depth` requests in flight, or with a pace sends those that are due, at most `depth` at once, and counts their time
 * from when they were due, so that a server that stalls does not hide it by being asked less. They are taken in turn from a list of templates. Every reply is checked: its xid is the next one, its
 * err is 0, it has the length of a success, its zxid does not go back (and goes forward for a write), its data is the znode's.
 */
export class LoadConnection implements FrameSink {
  readonly #connection: WireConnection;
  readonly #templates: readonly RequestTemplate[];
  readonly #depth: number;
  readonly #unit: number;
  readonly #counters: LoadCounters;
  readonly #listener: LoadListener;
  readonly #sentAt: Float64Array;
  #out: Buffer;
  #outLength = 0;
  #sent = 0;
  #replied = 0;
  #zxidHigh = 0;
  #zxidLow = 0;
  #turnAt = 0;
  readonly #pace: Pace | undefined;
  #nextDueAt = 0;
  #isStopping = false;
  #isClosed = false;

  /** @param unit how many requests in a row belong together: a run ends at a multiple of it */
  constructor(
    port: number,
    templates: readonly RequestTemplate[],
    depth: number,
    counters: LoadCounters,
    listener: LoadListener,
    unit = 1,
    pace?: Pace,
  ) {
    this.#templates = templates;
    this.#unit = unit;
    this.#pace = pace;
    this.#depth = depth;
    this.#counters = counters;
    this.#listener = listener;
    this.#sentAt = new Float64Array(depth);
    const frameBytes = templates.reduce((max, { frame }) => Math.max(max, frame.length), 0);
    this.#out = Buffer.allocUnsafe(frameBytes * depth);
    this.#connection = new WireConnection(port, this);
  }

  opened(sessionTimeoutMs: number): void {
    if (sessionTimeoutMs <= 0) this.#fail("the server refused a new session");
    else this.#listener.opened();
  }

  /** Sends the first `depth` requests, or begins to count the time. */
  start(): void {
    if (this.#pace !== undefined) {
      this.#nextDueAt = performance.now() + this.#pace.offsetMs;
      return;
    }
    for (let i = 0; i < this.#depth; i++) this.#enqueue();
    this.turnEnd();
  }

  /** With a pace: sends what has become due. */
  sendDue(): void {
    if (this.#isStopping || this.#isClosed) return;
    this.#enqueueDue();
    this.turnEnd();
  }

  /** Sends nothing more; `drained` follows when the last reply is here. */
  stop(): void {
    this.#isStopping = true;
    this.#wind();
    this.turnEnd();
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.destroy();
  }

  frame(bytes: Buffer, start: number, end: number): void {
    if (this.#isClosed) return;
    const template = this.#templates[this.#replied % this.#templates.length]!;
    this.#check(template, bytes, start, end);
    if (this.#turnAt === 0) this.#turnAt = performance.now();
    const histogram = this.#counters.histogram;
    if (histogram !== undefined) {
      histogram.record((this.#turnAt - this.#sentAt[this.#replied % this.#depth]!) * 1000);
    }
    this.#replied++;
    this.#counters.replies++;
    this.#counters.sets += template.sets;
    if (this.#isStopping) this.#wind();
    else if (this.#pace === undefined) this.#enqueue();
    else this.#enqueueDue();
  }

  turnEnd(): void {
    this.#turnAt = 0;
    if (this.#outLength === 0 || this.#isClosed) return;
    const now = performance.now();
    for (let i = this.#replied; i < this.#sent; i++) {
      const slot = i % this.#depth;
      if (this.#sentAt[slot] === -1) this.#sentAt[slot] = now;
    }
    this.#connection.write(this.#out.subarray(0, this.#outLength));
    this.#outLength = 0;
    if (!this.#connection.isFlushed) this.#out = Buffer.allocUnsafe(this.#out.length);
  }

  closed(error: Error | undefined): void {
    if (!this.#isClosed) this.#fail(error?.message ?? "the server closed the connection");
  }

  /** Completes the round of templates' last unit (what was created must be deleted), then reports the last reply. */
  #wind(): void {
    while (this.#sent % this.#unit !== 0 && this.#sent - this.#replied < this.#depth) this.#enqueue();
    if (this.#replied === this.#sent) this.#listener.drained();
  }

  #enqueueDue(): void {
    const now = performance.now();
    while (this.#nextDueAt <= now && this.#sent - this.#replied < this.#depth) {
      this.#enqueue(this.#nextDueAt);
      this.#nextDueAt += this.#pace!.everyMs;
    }
  }

  /** @param sentAt from when its time counts; when it is written, if this is not given */
  #enqueue(sentAt = -1): void {
    const { frame } = this.#templates[this.#sent % this.#templates.length]!;
    const at = this.#outLength;
    frame.copy(this.#out, at);
    this.#out.writeInt32BE((this.#sent % XID_MAX) + 1, at + XID_AT);
    this.#outLength = at + frame.length;
    this.#sentAt[this.#sent % this.#depth] = sentAt;
    this.#sent++;
  }

  #check(template: RequestTemplate, bytes: Buffer, start: number, end: number): void {
    const xid = bytes.readInt32BE(start);
    const zxidHigh = bytes.readInt32BE(start + 4);
    const zxidLow = bytes.readUInt32BE(start + 8);
    const err = bytes.readInt32BE(start + 12);
    if (xid !== (this.#replied % XID_MAX) + 1) this.#fail(`reply ${xid} where ${this.#replied + 1} was due`);
    if (err !== 0) this.#fail(`error ${err} in a reply`);
    if (end - start !== template.replyBytes) {
      this.#fail(`a reply of ${end - start} bytes where ${template.replyBytes} were due`);
    }
    const step = zxidHigh - this.#zxidHigh || zxidLow - this.#zxidLow;
    if (step < 0 || (template.isWrite && step === 0)) this.#fail("the zxid of a reply went back");
    this.#zxidHigh = zxidHigh;
    this.#zxidLow = zxidLow;
    if (template.tag !== undefined && bytes.readInt32BE(start + 20) !== template.tag) {
      this.#fail("a read returned the data of another znode");
    }
  }

  #fail(reason: string): void {
    this.close();
    this.#listener.failed(new Error(`load generator: ${reason}`));
  }
}
