import { describe, expect, it } from "vitest";
import type { CrashKind } from "../../sim/virtual-disk.ts";
import { createPrng } from "../../src/base/prng.ts";
import { truncateLog } from "../../src/storage/log/log-truncate.ts";
import { range, recoverZxids, zx } from "../support/storage.ts";
import { writeHistory } from "../support/storage-history.ts";

/**
 * The power fails at every write boundary of a truncation. The next start finds a prefix of the old history that reaches
 * at least to the cut, and once the truncation was acknowledged, exactly to the cut.
 */

async function truncateWithCut(seed: number, kind: CrashKind, to: number, cutAt: number): Promise<boolean> {
  const rng = createPrng(seed);
  const disk = (await writeHistory([20, 40, 60], 5)).disk.reboot("kept", rng);
  const { directory } = await recoverZxids(disk);
  disk.cutPowerAt(disk.changes + cutAt);
  const isDone = await truncateLog({ disk, directory, zxid: zx(to) }).then(
    () => true,
    () => false,
  );
  const rebooted = disk.reboot(kind, rng);
  const { lastZxid, target, directory: again } = await recoverZxids(rebooted);
  expect([...target.txns.keys()].sort((a, b) => a - b)).toEqual(range(1, lastZxid));
  if (isDone) {
    expect(lastZxid).toBe(to);
    return true;
  }
  expect(lastZxid).toBeGreaterThanOrEqual(to);
  // The leader asks again after the restart.
  await truncateLog({ disk: rebooted, directory: again, zxid: zx(to) });
  const after = await recoverZxids(rebooted.reboot("lost", rng));
  expect(after.lastZxid).toBe(to);
  expect([...after.target.txns.keys()].sort((a, b) => a - b)).toEqual(range(1, to));
  return false;
}

describe("F25, F66: a power failure at every write boundary of a truncation", () => {
  it.each<CrashKind>(["lost", "kept", "torn", "reordered"])("unsynced writes %s", async (kind) => {
    for (const to of [58, 45, 44, 21, 7]) {
      let cuts = 0;
      while (!(await truncateWithCut(to * 100 + cuts, kind, to, cuts))) cuts++;
      expect(cuts).toBeGreaterThanOrEqual(2);
    }
  });
});
