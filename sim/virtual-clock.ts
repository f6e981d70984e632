import type { Clock, Instant, Timer } from "../src/base/ports.ts";
import { EventQueue } from "./event-queue.ts";

/** Callbacks of one moment; more come of a loop that never lets the time go on. */
const CALLBACKS_PER_MOMENT_MAX = 200_000;

/**
 * Time that stands still until told to move, then jumps from one timer to the next: an hour of timeouts takes as long as
 * its callbacks. Callbacks of one moment run in the order in which they were asked for.
 */
export class VirtualClock implements Clock, Timer {
  #elapsedMs: number;
  readonly #wallOffsetMs: number;
  readonly #timers = new EventQueue();
  #soon: (() => void)[] = [];
  /** How many of `#soon` have run. */
  #soonAt = 0;
  #momentMs = -1;
  #momentCallbacks = 0;

  /** `wallMs` is what the wall clock shows at elapsed time 0. */
  constructor(options: { readonly elapsedMs?: number; readonly wallMs?: number } = {}) {
    this.#elapsedMs = options.elapsedMs ?? 0;
    this.#wallOffsetMs = options.wallMs ?? 1_700_000_000_000;
  }

  now(): Instant {
    return { elapsedMs: this.#elapsedMs, wallMs: this.#wallOffsetMs + Math.floor(this.#elapsedMs) };
  }

  after(delayMs: number, callback: () => void): () => void {
    const event = this.#timers.add(this.#elapsedMs + Math.max(0, delayMs), callback);
    return () => this.#timers.cancel(event);
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  /** When the next callback is due: now for those of `soon`, Infinity when there is none. */
  get nextDeadlineMs(): number {
    return this.#soon.length > 0 ? this.#elapsedMs : this.#timers.nextAtMs;
  }

  /** Runs the next callback, moving the time to it; false when there is none. */
  runNext(): boolean {
    this.#boundMoment();
    if (this.#soon.length > 0) {
      const soon = this.#soon[this.#soonAt++]!;
      if (this.#soonAt === this.#soon.length) {
        this.#soon = [];
        this.#soonAt = 0;
      }
      soon();
      return true;
    }
    const due = this.#timers.take();
    if (due === undefined) return false;
    this.#elapsedMs = Math.max(this.#elapsedMs, due.atMs);
    due.callback();
    return true;
  }

  #boundMoment(): void {
    if (this.#momentMs !== this.#elapsedMs) {
      this.#momentMs = this.#elapsedMs;
      this.#momentCallbacks = 0;
    }
    if (++this.#momentCallbacks < CALLBACKS_PER_MOMENT_MAX) return;
    this.#momentCallbacks = 0;
    throw new Error(
      `${CALLBACKS_PER_MOMENT_MAX} callbacks, and the virtual time is still ${this.#elapsedMs} ms`,
    );
  }

  /**
   * Moves the time by `ms`, running everything that falls due, with a turn of the event loop's microtasks after each, so
   * that promises settle between callbacks as they do in production.
   */
  async advance(ms: number): Promise<void> {
    const target = this.#elapsedMs + ms;
    await settle();
    while (this.nextDeadlineMs <= target) {
      this.runNext();
      await settle();
    }
    this.#elapsedMs = target;
  }

  /** Runs callbacks until `promise` settles; an error when nothing is left that could settle it. */
  async runUntil<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const mark = (): void => {
      isSettled = true;
    };
    promise.then(mark, mark);
    await settle();
    while (!isSettled) {
      if (!this.runNext()) throw new Error("the virtual clock has run dry: nothing can settle this promise");
      await settle();
    }
    return await promise;
  }
}

/** Lets chains of promises that need no outside event run to their ends: they all do before the next turn. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
