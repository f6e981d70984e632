// By name, not as globals: a test that fakes the global timers must not stop the server it talks to.
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { Clock, Instant, Timer } from "../base/ports.ts";

/** Above this Node fires at once. */
const TIMEOUT_MS_MAX = 0x7fff_ffff;

/** So late may be what is due: a machine with much to do. What is later is late because this process did not run. */
const LATE_MS = 50;

/** What the clock counts in. */
const CLOCK_MS = 1;

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
 *
 * When this process really does not get the processor (a busy machine, a debugger) the clock does not go on: servers, proxies and
 * programs in one process have all stood still, and none of them has been silent.
 */
export class TestTime implements Clock, Timer {
  readonly #base: Clock;
  readonly #alarms = new Set<Alarm>();
  readonly #held: (() => void)[] = [];
  #soonCount = 0;
  #offsetMs = 0;
  /** The latest time, elapsed ms, that anybody was told. */
  #toldMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  constructor(base: Clock) {
    this.#base = base;
  }

  /** True when nothing is left to be called before the clock's next millisecond. */
  get isIdle(): boolean {
    return this.#soonCount === 0 && this.#nextDueMs() >= this.now().elapsedMs + CLOCK_MS;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  now(): Instant {
    const { elapsedMs, wallMs } = this.#base.now();
    if (!this.#isStopped) {
      const lostMs = elapsedMs + this.#offsetMs - Math.max(this.#toldMs, this.#nextDueMs() + LATE_MS);
      if (lostMs > 0) this.#offsetMs -= lostMs;
    }
    this.#toldMs = elapsedMs + this.#offsetMs;
    return { elapsedMs: this.#toldMs, wallMs: wallMs + this.#offsetMs };
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
    this.now();
    this.#offsetMs += ms;
    this.#toldMs += ms;
    this.#ring();
  }

  /**
   * What is due before the clock's next millisecond is due now: the clock counts whole ones, and servers wait for parts of one, as between
   * two deletions of TTL znodes. The millisecond passes at once.
   */
  completeMillisecond(): void {
    const leftMs = this.#nextDueMs() - this.now().elapsedMs;
    if (leftMs > 0 && leftMs < CLOCK_MS) this.advance(CLOCK_MS);
  }

  /** Nothing is called any more until {@link go}. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Calls what was held back and what has become due meanwhile. */
  go(): void {
    if (!this.#isStopped) return;
    // Before it goes: all of the time that has passed is told.
    this.now();
    this.#isStopped = false;
    for (const callback of this.#held.splice(0)) callback();
    this.#ring();
  }

  /** Resolves one turn of the event loop later; not stopped by {@link stop}. */
  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #arm(alarm: Alarm, delayMs: number): void {
    alarm.timeout = setTimeout(() => this.#rang(alarm), Math.min(Math.max(0, delayMs), TIMEOUT_MS_MAX));
  }

  /** The system's timer knows nothing of the time that did not count, and may be a millisecond early anyway. */
  #rang(alarm: Alarm): void {
    const leftMs = alarm.dueMs - this.now().elapsedMs;
    if (leftMs > 1) this.#arm(alarm, leftMs);
    else this.#fire(alarm);
  }

  #nextDueMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { dueMs } of this.#alarms) nextMs = Math.min(nextMs, dueMs);
    return nextMs;
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
