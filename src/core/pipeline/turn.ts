import type { Instant } from "../../base/ports.ts";

/** The moment of the input that is being stepped; every part of the machine reads the same one. */
export class Turn implements Instant {
  elapsedMs = 0;
  wallMs = 0;

  /** Fractions of a ms, as some clocks have them, are cut off: times and latencies are whole numbers. */
  set(now: Instant): void {
    this.elapsedMs = Math.floor(now.elapsedMs);
    this.wallMs = Math.floor(now.wallMs);
  }
}
