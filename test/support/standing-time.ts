import { vi } from "vitest";

/**
 * While it lasts, time stands still for the clients and recipes of this process, and passes when a test says so: a deadline comes
 * after what a test has waited for, however long that took. Sockets, disks and test servers go on by themselves. Make it before the
 * clients: those that are there have read the clock.
 */
export class StandingTime implements Disposable {
  constructor() {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  }

  /** Calls what is due by then, in order. */
  pass(ms: number): void {
    vi.advanceTimersByTime(ms);
  }

  [Symbol.dispose](): void {
    vi.useRealTimers();
  }
}
