import type { Clock, Log, Timer } from "../base/ports.ts";

export interface StallMonitorOptions {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Log;
  /** `jvm.pause.sleep.time.ms`: how often to look. */
  readonly sampleMs: number;
  /** `jvm.pause.info-threshold.ms` and `jvm.pause.warn-threshold.ms`: how late is worth a line. */
  readonly infoMs: number;
  readonly warnMs: number;
  /** Every delay, in ms. */
  readonly observe: (delayMs: number) => void;
}

/**
 * Watches for stalls of the event loop, as Apache's JvmPauseMonitor does for its virtual machine: a timer that comes late
 * tells how long nothing else could run either (`jvm.pause.monitor`). Returns what ends it.
 */
export function startStallMonitor(options: StallMonitorOptions): () => void {
  const { clock, timer, log, sampleMs, infoMs, warnMs, observe } = options;
  let cancel = (): void => {};
  const sample = (dueMs: number): void => {
    const nowMs = clock.now().elapsedMs;
    const delayMs = Math.max(0, nowMs - dueMs);
    observe(delayMs);
    if (delayMs > warnMs) log.warn({ delayMs, thresholdMs: warnMs }, "the event loop was stalled");
    else if (delayMs > infoMs) log.info({ delayMs, thresholdMs: infoMs }, "the event loop was stalled");
    arm(nowMs);
  };
  const arm = (nowMs: number): void => {
    cancel = timer.after(sampleMs, () => sample(nowMs + sampleMs));
  };
  arm(clock.now().elapsedMs);
  return () => cancel();
}
