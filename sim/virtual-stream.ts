import type { Rng } from "../src/base/ports.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import type { VirtualPath } from "./virtual-path.ts";

/** Bytes that the two systems hold before a writer sees that they are not taken: send and receive buffers. */
const WINDOW_BYTES = 256 * 1024;
const DRAINED_BYTES = 16 * 1024;

/** Who takes what comes out of a stream. */
export interface StreamEnd {
  /** False: it takes nothing now; `pump` is called when it does again. */
  readonly isTaking: boolean;
  /** The bytes are the receiver's. False: nobody is there any more. */
  received(bytes: Uint8Array): boolean;
  /** The writer has closed behind its last byte. */
  ended(): void;
}

export interface StreamOptions {
  readonly clock: VirtualClock;
  readonly rng: Rng;
  readonly path: VirtualPath;
  readonly to: StreamEnd;
  /** How long bytes may go unanswered before the writer's system gives up, in ms of the world. */
  readonly giveUpMs: number;
  readonly gaveUp: () => void;
  /** Bytes arrived where nobody is. */
  readonly refused: () => void;
}

/**
 * One direction of a connection: bytes in order, each write after its delay, in portions cut at any place. While the path is
 * cut they wait to be sent again, and the writer's system gives up after a while.
 */
export class VirtualStream {
  readonly #options: StreamOptions;
  readonly #segments: { bytes: Uint8Array | null; atMs: number }[] = [];
  #at = 0;
  #bytes = 0;
  #lastAtMs = 0;
  #isDead = false;
  #cancelArrival: (() => void) | undefined;
  #cancelGiveUp: (() => void) | undefined;
  #drainCallbacks: (() => void)[] = [];

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  get bufferedBytes(): number {
    return Math.max(0, this.#bytes - WINDOW_BYTES);
  }

  write(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#add(bytes);
  }

  /** No more will be written: the other side hears of it behind the last byte. */
  end(): void {
    this.#add(null);
  }

  /** Nothing that has not arrived arrives any more. */
  kill(): void {
    this.#isDead = true;
    this.#segments.length = this.#at = 0;
    this.#cancelArrival?.();
    this.#cancelGiveUp?.();
    this.#drainCallbacks = [];
  }

  /** What has not arrived is lost; more may be written. */
  drop(): void {
    this.#segments.length = this.#at = 0;
    this.#bytes = 0;
    this.#cancelArrival?.();
    this.#cancelArrival = undefined;
  }

  whenDrained(callback: () => void): void {
    if (this.bufferedBytes <= DRAINED_BYTES) this.#options.clock.soon(() => !this.#isDead && callback());
    else this.#drainCallbacks.push(callback);
  }

  #add(bytes: Uint8Array | null): void {
    if (this.#isDead) return;
    const { clock, path } = this.#options;
    const nowMs = clock.now().elapsedMs;
    this.#lastAtMs = Math.max(this.#lastAtMs, nowMs + path.delayMs(bytes?.length ?? 0));
    this.#segments.push({ bytes, atMs: this.#lastAtMs });
    this.#bytes += bytes?.length ?? 0;
    if (this.#segments.length === this.#at + 1) this.#arm();
  }

  /** The path works again: what was lost on it is sent again, after the time that TCP takes to try. */
  sendAgain(): void {
    const { clock, rng } = this.#options;
    const againMs = clock.now().elapsedMs + rng.below(200);
    for (let i = this.#at; i < this.#segments.length; i++) {
      const segment = this.#segments[i]!;
      segment.atMs = Math.max(segment.atMs, againMs);
    }
    this.#lastAtMs = Math.max(this.#lastAtMs, againMs);
    this.#arm();
  }

  /** Hands over what has arrived. */
  pump(): void {
    const { clock, path, to, rng, refused } = this.#options;
    this.#cancelArrival?.();
    this.#cancelArrival = undefined;
    if (this.#isDead || this.#at === this.#segments.length) return;
    if (path.isCut) {
      this.#awaitPath();
      return;
    }
    this.#cancelGiveUp?.();
    this.#cancelGiveUp = undefined;
    if (!to.isTaking) return;
    const nowMs = clock.now().elapsedMs;
    const arrived = this.#takeArrived(nowMs);
    if (arrived !== undefined && arrived.length > 0) {
      const isCutShort = arrived.length > 1 && rng.below(8) === 0;
      const portion = isCutShort ? arrived.subarray(0, 1 + rng.below(arrived.length - 1)) : arrived;
      if (isCutShort) this.#putBack(arrived.subarray(portion.length), nowMs + rng.below(3));
      this.#bytes -= portion.length;
      if (!to.received(new Uint8Array(portion))) {
        refused();
        return;
      }
      this.#drain();
    } else if (this.#segments[this.#at]?.bytes === null && this.#segments[this.#at]!.atMs <= nowMs) {
      this.kill();
      to.ended();
      return;
    }
    this.#arm();
  }

  /** All bytes that are there by now, in one piece. */
  #takeArrived(nowMs: number): Uint8Array | undefined {
    const first = this.#segments[this.#at]!;
    if (first.atMs > nowMs || first.bytes === null) return undefined;
    let end = this.#at;
    let length = 0;
    for (; end < this.#segments.length; end++) {
      const { bytes, atMs } = this.#segments[end]!;
      if (bytes === null || atMs > nowMs) break;
      length += bytes.length;
    }
    const segments = this.#segments.slice(this.#at, end);
    this.#forget(end);
    if (segments.length === 1) return segments[0]!.bytes!;
    const out = new Uint8Array(length);
    let at = 0;
    for (const { bytes } of segments) {
      out.set(bytes!, at);
      at += bytes!.length;
    }
    return out;
  }

  #forget(end: number): void {
    this.#at = end;
    if (this.#at < 64 && this.#at < this.#segments.length) return;
    this.#segments.splice(0, this.#at);
    this.#at = 0;
  }

  #putBack(bytes: Uint8Array, atMs: number): void {
    this.#segments.splice(this.#at, 0, { bytes, atMs });
    this.#lastAtMs = Math.max(this.#lastAtMs, atMs);
  }

  #arm(): void {
    this.#cancelArrival?.();
    this.#cancelArrival = undefined;
    const next = this.#segments[this.#at];
    if (this.#isDead || next === undefined) return;
    const { clock } = this.#options;
    const leftMs = next.atMs - clock.now().elapsedMs;
    this.#cancelArrival = clock.after(leftMs, () => this.pump());
  }

  #awaitPath(): void {
    const { clock, giveUpMs, gaveUp } = this.#options;
    this.#cancelGiveUp ??= clock.after(giveUpMs, gaveUp);
  }

  #drain(): void {
    if (this.#drainCallbacks.length === 0 || this.bufferedBytes > DRAINED_BYTES) return;
    for (const callback of this.#drainCallbacks.splice(0)) callback();
  }
}
