import type { Log, Timer } from "../base/ports.ts";

export interface PurgeScheduleOptions {
  readonly timer: Timer;
  readonly log: Log;
  /** `autopurge.purgeInterval`; 0 means that nothing is purged. */
  readonly intervalMs: number;
  readonly purge: () => Promise<{ readonly removed: readonly string[]; readonly damaged: readonly string[] }>;
}

/**
 * Purges old snapshots and logs, at once and then every interval (`autopurge.*`). A purge that fails costs disk space and
 * nothing else: it is told, and tried again the next time. Returns what ends it, once a purge under way is done.
 */
export function startPurgeSchedule(options: PurgeScheduleOptions): () => Promise<void> {
  const { timer, intervalMs } = options;
  if (intervalMs <= 0) return async () => {};
  let cancel = (): void => {};
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  const run = (): void => {
    running = purgeOnce(options).then(() => {
      if (!isStopped) cancel = timer.after(intervalMs, run);
    });
  };
  run();
  return async () => {
    isStopped = true;
    cancel();
    await running;
  };
}

async function purgeOnce({ log, purge }: PurgeScheduleOptions): Promise<void> {
  try {
    const { removed, damaged } = await purge();
    for (const file of damaged)
      log.warn({ file }, "purge: this snapshot is damaged; an older one is kept for it");
    if (removed.length > 0) log.info({ files: removed.length }, "purged old snapshots and logs");
  } catch (error) {
    log.warn({}, `purge failed, the next one will try again: ${(error as Error).message}`);
  }
}
