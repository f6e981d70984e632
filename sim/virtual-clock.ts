import type { Clock, Instant, Timer } from "../src/base/ports.ts";

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * Time that stands still until told to move, then jumps from one timer to the next: an hour of timeouts takes as long as
 * its callbacks. Callbacks of one moment run in the order in which they were asked for.
 */
export class VirtualClock implements Clock, Timer {
  #elapsedMs: number;
  readonly #wallOffsetMs: number;
  #timers: Entry[] = [];
  #soon: (() => void)[] = [];
  #order = 0;

  /** `wallMs` is what the wall clock shows at elapsed time 0. */
  constructor(options: { readonly elapsedMs?: number; readonly wallMs?: number } = {}) {
    this.#elapsedMs = options.elapsedMs ?? 0;
    this.#wallOffsetMs = options.wallMs ?? 1_700_000_000_000;
  }

  now(): Instant {
    return { elapsedMs: this.#elapsedMs, wallMs: this.#wallOffsetMs + Math.floor(this.#elapsedMs) };
  }

  after(delayMs: number, callback: () => void): () => void {
    const entry = { atMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.push(entry);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== entry);
    };
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  /** When the next callback is due: now for those of `soon`, Infinity when there is none. */
  get nextDeadlineMs(): number {
    if (this.#soon.length > 0) return this.#elapsedMs;
    return this.#timers.reduce((next, entry) => Math.min(next, entry.atMs), Number.POSITIVE_INFINITY);
  }

  /** Runs the next callback, moving the time to it; false when there is none. */
  runNext(): boolean {
    const soon = this.#soon.shift();
    if (soon !== undefined) {
      soon();
      return true;
    }
    let next: Entry | undefined;
    for (const entry of this.#timers) {
      if (
        next === undefined ||
        entry.atMs < next.atMs ||
        (entry.atMs === next.atMs && entry.order < next.order)
      ) {
        next = entry;
      }
    }
    if (next === undefined) return false;
    const due = next;
    this.#timers = this.#timers.filter((entry) => entry !== due);
    this.#elapsedMs = Math.max(this.#elapsedMs, due.atMs);
    due.callback();
    return true;
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
