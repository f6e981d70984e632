import { type RequestTemplate, XID_AT } from "./templates.ts";
import { type FrameSink, type SessionKey, WireConnection } from "./wire-connection.ts";

/** Pause between two attempts to connect: short beside what is measured, long enough that attempts are no load. */
const RETRY_MS = 10;

export interface FailoverListener {
  /** The first write that was sent after the kill has been acknowledged. */
  servedAgain(): void;
  failed(error: Error): void;
}

/**
 * Keeps `depth` sets in flight; a connection that is lost is opened anew, on the surviving servers in turn, with the same session.
 * Which of the sets that were in flight then have happened it does not know.
 */
export class FailoverConnection implements FrameSink {
  acknowledged = 0;
  unknown = 0;
  /** Resolves behind {@link stop} when nothing is in flight. */
  readonly drained: Promise<void>;
  readonly #survivors: readonly number[];
  readonly #templates: readonly RequestTemplate[];
  readonly #depth: number;
  readonly #listener: FailoverListener;
  #port: number;
  #connection: WireConnection;
  #session: SessionKey | undefined;
  #lastZxid = 0n;
  #sent = 0;
  #replied = 0;
  #attempts: number;
  /** The first request that was sent after the kill; Infinity before that. */
  #firstAfterKill = Number.POSITIVE_INFINITY;
  #isKilled = false;
  #isServedAgain = false;
  #isStopping = false;
  #isClosed = false;
  #resolveDrained: () => void = () => {};

  constructor(
    port: number,
    survivors: readonly number[],
    templates: readonly RequestTemplate[],
    depth: number,
    listener: FailoverListener,
  ) {
    this.#port = port;
    this.#survivors = survivors;
    this.#templates = templates;
    this.#depth = depth;
    this.#listener = listener;
    this.#attempts = port;
    this.drained = new Promise((resolve) => {
      this.#resolveDrained = resolve;
    });
    this.#connection = new WireConnection(port, this);
  }

  /** The leader is being killed: what is sent from here on counts. */
  killed(): void {
    this.#isKilled = true;
    this.#firstAfterKill = this.#sent;
  }

  stop(): void {
    this.#isStopping = true;
    if (this.#sent === this.#replied) this.#resolveDrained();
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.destroy();
  }

  opened(sessionTimeoutMs: number, session: SessionKey): void {
    if (sessionTimeoutMs <= 0) {
      this.#fail("a session did not outlive the leader");
      return;
    }
    this.#session = session;
    for (let i = 0; i < this.#depth; i++) this.#send();
  }

  frame(bytes: Buffer, start: number): void {
    if (this.#isClosed) return;
    const xid = bytes.readInt32BE(start);
    const err = bytes.readInt32BE(start + 12);
    if (xid !== this.#replied + 1) this.#fail(`reply ${xid} where ${this.#replied + 1} was due`);
    if (err !== 0) this.#fail(`error ${err} in a reply`);
    const zxid = bytes.readBigInt64BE(start + 4);
    if (zxid <= this.#lastZxid) this.#fail("the zxid of a write's reply did not go forward");
    this.#lastZxid = zxid;
    this.acknowledged++;
    if (++this.#replied > this.#firstAfterKill && !this.#isServedAgain) {
      this.#isServedAgain = true;
      this.#listener.servedAgain();
    }
    if (!this.#isStopping) this.#send();
    else this.stop();
  }

  turnEnd(): void {}

  closed(error: Error | undefined): void {
    if (this.#isClosed) return;
    if (!this.#isKilled) {
      this.#fail(`a connection was lost before the leader was killed: ${error?.message ?? "closed"}`);
      return;
    }
    this.unknown += this.#sent - this.#replied;
    this.#replied = this.#sent;
    this.#firstAfterKill = this.#sent;
    if (this.#isStopping) this.stop();
    else setTimeout(() => this.#reconnect(), RETRY_MS);
  }

  #reconnect(): void {
    if (this.#isClosed || this.#isStopping) return;
    this.#port = this.#survivors[this.#attempts++ % this.#survivors.length]!;
    const resume = this.#session && { key: this.#session, lastZxid: this.#lastZxid };
    this.#connection = new WireConnection(this.#port, this, resume);
  }

  #send(): void {
    const { frame } = this.#templates[this.#sent % this.#templates.length]!;
    const copy = Buffer.from(frame);
    copy.writeInt32BE(++this.#sent, XID_AT);
    this.#connection.write(copy);
  }

  #fail(reason: string): void {
    this.close();
    this.#listener.failed(new Error(`load generator: ${reason}`));
  }
}
