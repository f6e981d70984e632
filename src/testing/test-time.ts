// By name, not as globals: a test that fakes the global timers must not stop the server it talks to.
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { Clock, Instant, Timer } from "../base/ports.ts";

/** Above this Node fires at once. */
const TIMEOUT_MS_MAX = 0x7fff_ffff;

interface Alarm {
  /** On our clock, elapsed ms. */
  readonly dueMs: number;
  readonly callback: () => void;
  timeout: NodeJS.Timeout | undefined;
}

/**
 * The clock and the timers of a test server: real time, plus an offset that can be advanced, and a switch that stops
 * everything. While it is stopped the clock goes on, as for a process that does not get the processor; what became due
 * meanwhile happens afterwards.
 */
export class TestTime implements Clock, Timer {
  readonly #base: Clock;
  readonly #alarms = new Set<Alarm>();
  readonly #held: (() => void)[] = [];
  #soonCount = 0;
  #offsetMs = 0;
  #isStopped = false;

  constructor(base: Clock) {
    this.#base = base;
  }

  /** True when nothing is left to be called by now. */
  get isIdle(): boolean {
    const nowMs = this.now().elapsedMs;
    return this.#soonCount === 0 && ![...this.#alarms].some(({ dueMs }) => dueMs <= nowMs);
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  now(): Instant {
    const { elapsedMs, wallMs } = this.#base.now();
    return { elapsedMs: elapsedMs + this.#offsetMs, wallMs: wallMs + this.#offsetMs };
  }

  after(delayMs: number, callback: () => void): () => void {
    const alarm: Alarm = { dueMs: this.now().elapsedMs + delayMs, callback, timeout: undefined };
    this.#alarms.add(alarm);
    this.#arm(alarm, delayMs);
    return () => {
      this.#alarms.delete(alarm);
      clearTimeout(alarm.timeout);
    };
  }

  soon(callback: () => void): void {
    this.#soonCount++;
    setImmediate(() => {
      this.#soonCount--;
      if (this.#isStopped) this.#held.push(callback);
      else callback();
    });
  }

  /** Moves both clocks forward and calls what has become due, in order. */
  advance(ms: number): void {
    this.#offsetMs += ms;
    this.#ring();
  }

  /** Nothing is called any more until {@link go}. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Calls what was held back and what has become due meanwhile. */
  go(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    for (const callback of this.#held.splice(0)) callback();
    this.#ring();
  }

  /** Resolves one turn of the event loop later; not stopped by {@link stop}. */
  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #arm(alarm: Alarm, delayMs: number): void {
    alarm.timeout = setTimeout(() => this.#fire(alarm), Math.min(Math.max(0, delayMs), TIMEOUT_MS_MAX));
  }

  #ring(): void {
    if (this.#isStopped) return;
    const nowMs = this.now().elapsedMs;
    const due = [...this.#alarms].filter(({ dueMs }) => dueMs <= nowMs).sort((a, b) => a.dueMs - b.dueMs);
    for (const alarm of due) if (this.#alarms.has(alarm)) this.#fire(alarm);
    // The others come sooner now, too.
    for (const alarm of this.#alarms) {
      clearTimeout(alarm.timeout);
      this.#arm(alarm, alarm.dueMs - nowMs);
    }
  }

  #fire(alarm: Alarm): void {
    if (this.#isStopped) return;
    clearTimeout(alarm.timeout);
    this.#alarms.delete(alarm);
    alarm.callback();
  }
}
