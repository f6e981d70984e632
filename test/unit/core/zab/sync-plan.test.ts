import { describe, expect, it } from "vitest";
import { planSync, type SyncFacts } from "../../../../src/core/zab/master/sync-plan.ts";
import { makeZxid, type Zxid } from "../../../../src/protocol/zxid.ts";
import { range } from "../../../support/storage.ts";

const at = (epoch: number, counter: number): Zxid => makeZxid(epoch, counter);
const HISTORY = range(at(1, 1), at(1, 0x22)) as Zxid[];
const LATER = [at(3, 1), at(3, 2), at(3, 3)];

/** As in the table of 3.4: a leader of epoch 3, whose committed log has everything but for what a learner without data lacks. */
function facts(peer: Zxid, committed: readonly Zxid[], cutsExactly: boolean): SyncFacts {
  return {
    peer,
    committed,
    before: undefined,
    last: committed.at(-1)!,
    isSnapshotForced: false,
    epoch: 3,
    cutsExactly,
    survey: null,
    snapshotSizeFactor: 0.33,
  };
}

/** Mode and point of a plan, and how many txns follow. */
function planned(peer: Zxid, committed: readonly Zxid[], cutsExactly: boolean): string {
  const plan = planSync(facts(peer, committed, cutsExactly));
  if (plan.mode === "survey") return plan.mode;
  if (plan.mode === "SNAP") return `SNAP ${plan.zxid.toString(16)}`;
  const rest = committed.filter((zxid) => zxid > plan.after).length;
  return `${plan.mode} ${plan.zxid.toString(16)} + ${rest}`;
}

describe("C8: what an Apache and what a server of ours gets, by its last zxid (quorum-protocol 3.4)", () => {
  it.each([
    // last zxid, Apache without a txn in epoch 3, ours, and both with three of them
    [at(1, 0x22), "DIFF 100000022 + 0", "DIFF 100000022 + 0", "DIFF 300000003 + 3", "DIFF 300000003 + 3"],
    [at(1, 1), "DIFF 100000022 + 33", "DIFF 100000022 + 33", "DIFF 300000003 + 36", "DIFF 300000003 + 36"],
    [at(1, 0x21), "DIFF 100000022 + 1", "DIFF 100000022 + 1", "DIFF 300000003 + 4", "DIFF 300000003 + 4"],
    // What nobody has committed: ours is cut. Apache's gets a snapshot above it, as a start replays what is not below one.
    [at(1, 0x23), "SNAP 300000000", "TRUNC 100000022 + 0", "SNAP 300000003", "TRUNC 100000022 + 3"],
    [at(2, 5), "SNAP 300000000", "TRUNC 100000022 + 0", "SNAP 300000003", "TRUNC 100000022 + 3"],
    // Of the epoch that is led it comes again.
    [at(3, 0x50), "SNAP 300000000", "TRUNC 100000022 + 0", "TRUNC 300000003 + 0", "TRUNC 300000003 + 0"],
    // An epoch that began and had no txn is what was there before.
    [at(2, 0), "SNAP 300000000", "TRUNC 100000022 + 0", "DIFF 300000003 + 3", "DIFF 300000003 + 3"],
    [at(4, 0), "SNAP 300000000", "TRUNC 100000022 + 0", "SNAP 300000003", "TRUNC 300000003 + 0"],
    [at(0, 0), "SNAP 100000022", "SNAP 100000022", "SNAP 300000003", "SNAP 300000003"],
  ])("%o", (peer, apacheFresh, oursFresh, apacheLater, oursLater) => {
    const both = [...HISTORY, ...LATER];
    expect(planned(peer, HISTORY, false)).toBe(apacheFresh);
    expect(planned(peer, HISTORY, true)).toBe(oursFresh);
    expect(planned(peer, both, false)).toBe(apacheLater);
    expect(planned(peer, both, true)).toBe(oursLater);
  });

  it("C8: with forceSnapshotSync nobody is told to cut", () => {
    for (const cutsExactly of [true, false]) {
      const forced = { ...facts(at(1, 0x23), HISTORY, cutsExactly), isSnapshotForced: true };
      expect(planSync(forced).mode).toBe("SNAP");
    }
  });

  it("C8: a learner of Apache is told to cut nothing but what will be proposed again, and gets snapshots that are above its log", () => {
    for (const committed of [HISTORY, [...HISTORY, ...LATER]]) {
      for (const epoch of [1, 2, 3]) {
        for (const counter of [0, 1, 2, 3, 4, 0x22, 0x23, 0x50]) {
          const peer = at(epoch, counter);
          const plan = planSync(facts(peer, committed, false));
          if (plan.mode === "TRUNC") expect([epoch, Math.floor(plan.zxid / 2 ** 32)]).toEqual([3, 3]);
          if (plan.mode === "SNAP" && epoch < 3) expect(plan.zxid).toBeGreaterThan(peer);
        }
      }
    }
  });
});
