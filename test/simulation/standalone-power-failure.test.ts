import { describe, expect, it } from "vitest";
import { runStandalone } from "../../sim/standalone-run.ts";
import type { CrashKind } from "../../sim/virtual-disk.ts";

const CRASHES: readonly CrashKind[] = ["lost", "kept", "torn", "reordered"];

/** A failure names the options that replay it. */
async function replayable(options: Parameters<typeof runStandalone>[0]): ReturnType<typeof runStandalone> {
  try {
    return await runStandalone(options);
  } catch (error) {
    throw new Error(`runStandalone(${JSON.stringify(options)}): ${(error as Error).message}`, {
      cause: error,
    });
  }
}

describe("a whole standalone server through power failures", () => {
  it.each(CRASHES)(
    "cut before every change of the disk in turn, what was not synced is %s",
    async (crash) => {
      const { changes, acknowledged } = await replayable({ seed: 7, crash });
      expect(acknowledged).toBeGreaterThan(20);
      expect(changes).toBeGreaterThan(60);
      let recoveries = 0;
      let interruptedStarts = 0;
      for (let cutAt = 0; cutAt < changes; cutAt++) {
        const run = await replayable({ seed: 7, crash, cutAt });
        recoveries += run.recoveries;
        interruptedStarts += run.interruptedStarts;
      }
      expect(recoveries).toBeGreaterThan(changes);
      expect(interruptedStarts).toBeGreaterThan(0);
    },
  );

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("seed %i: several lives in a row, cut at random", async (seed) => {
    const crash = CRASHES[seed % CRASHES.length]!;
    const run = await replayable({ seed, crash, lives: 6, compression: seed % 2 === 0 ? "snappy" : "" });
    expect(run.recoveries).toBeGreaterThan(1);
  });

  it("the alarm rings: a server that acknowledges before the disk has it is caught", async () => {
    const caught: string[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      await runStandalone({ seed, crash: "lost", lives: 4, hasAckBeforeSync: true }).catch((error: Error) =>
        caught.push(error.message),
      );
    }
    expect(caught.join("\n")).toMatch(/lost: zxid \d+ was acknowledged/);
  });
});
