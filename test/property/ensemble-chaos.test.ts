import fc from "fast-check";
import { expect, test } from "vitest";
import { chaosRun } from "../support/chaos/chaos-run.ts";

/**
 * Members, links and disks that do one small thing at a time, in an order left to chance, under crashes, cuts, hanging links
 * and disks, snapshots, ends of epochs and reconfigs. After each thing: one leader per epoch, one txn per zxid, one tree per
 * zxid, logs without holes, epochs that never fall, votes that the disk bears out, answers in order; each acknowledged write
 * would win any election of any quorum. At the end, everybody has everything.
 */
test("an ensemble keeps what it has acknowledged, whatever happens and in whatever order", () => {
  let acked = 0;
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      acked += chaosRun(seed).counts.acked;
    }),
    // A failure names its seed; a smaller number is no smaller run.
    { numRuns: 30, interruptAfterTimeLimit: 10_000, endOnFailure: true },
  );
  expect(acked).toBeGreaterThan(0);
}, 60_000);
