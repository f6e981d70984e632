import type { ObservedDisk } from "./observed-disk.ts";
import type { TestTime } from "./test-time.ts";

/**
 * Resolves when nothing is left to happen by now: nothing is due, and the disks have answered everything, however long that takes them.
 *
 * @param roundsMax what servers are given that are never idle: turns of the event loop and answers of a disk
 */
export async function settle(
  time: TestTime,
  disks: readonly ObservedDisk[],
  roundsMax: number,
): Promise<void> {
  for (let round = 0; round < roundsMax; round++) {
    await time.turn();
    const busy = disks.find(({ isIdle }) => !isIdle);
    if (busy !== undefined) await busy.answered();
    else if (time.isIdle) return;
    else time.completeMillisecond();
  }
}
