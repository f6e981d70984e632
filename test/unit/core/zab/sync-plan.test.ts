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
    cutsExactly,
    survey: null,
    snapshotSizeFactor: 0.33,
  };
}

/** Mode and point of a plan, and behind what the txns begin that follow. */
function planned(peer: Zxid, committed: readonly Zxid[], cutsExactly: boolean): string {
  const plan = planSync(facts(peer, committed, cutsExactly));
  if (plan.mode === "survey" || plan.mode === "SNAP") return plan.mode;
  const rest = committed.filter((zxid) => zxid > plan.after).length;
  return `${plan.mode} ${plan.zxid.toString(16)} + ${rest}`;
}

describe("C8: what an Apache and what a server of ours gets, by its last zxid (quorum-protocol 3.4)", () => {
  it.each([
    // last zxid, Apache without a txn in epoch 3, ours, and both with three of them
    [at(1, 0x22), "DIFF 100000022 + 0", "DIFF 100000022 + 0", "DIFF 300000003 + 3", "DIFF 300000003 + 3"],
    [at(1, 1), "DIFF 100000022 + 33", "DIFF 100000022 + 33", "DIFF 300000003 + 36", "DIFF 300000003 + 36"],
    [at(1, 0x21), "DIFF 100000022 + 1", "DIFF 100000022 + 1", "DIFF 300000003 + 4", "DIFF 300000003 + 4"],
    // What nobody has committed, of the same epoch as the last record in front of it: cut. Apache's own leaders SNAP in the third.
    [at(1, 0x23), "TRUNC 100000022 + 0", "TRUNC 100000022 + 0", "TRUNC 100000022 + 3", "TRUNC 100000022 + 3"],
    [at(3, 0x50), "SNAP", "TRUNC 100000022 + 0", "TRUNC 300000003 + 0", "TRUNC 300000003 + 0"],
    // Of an epoch in between: a TRUNC over epochs is for those alone that cut exactly.
    [at(2, 5), "SNAP", "TRUNC 100000022 + 0", "SNAP", "TRUNC 100000022 + 3"],
    // An epoch that began and had no txn is what was there before.
    [at(2, 0), "SNAP", "TRUNC 100000022 + 0", "DIFF 300000003 + 3", "DIFF 300000003 + 3"],
    [at(4, 0), "SNAP", "TRUNC 100000022 + 0", "SNAP", "TRUNC 300000003 + 0"],
    [at(0, 0), "SNAP", "SNAP", "SNAP", "SNAP"],
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

  it("C8: a learner of Apache is told to cut at a record of the epoch of its last one, or not at all", () => {
    const committed = [...HISTORY, ...LATER];
    for (const epoch of [1, 2, 3, 4]) {
      for (const counter of [0, 1, 2, 3, 4, 0x22, 0x23, 0x50]) {
        const peer = at(epoch, counter);
        const plan = planSync(facts(peer, committed, false));
        if (plan.mode !== "TRUNC") continue;
        // Its log has every record of that epoch below its last one, back to where a snapshot came, if one did (F64).
        expect(Math.floor(plan.zxid / 2 ** 32)).toBe(epoch);
        expect(plan.zxid).toBeLessThan(peer);
        expect(committed).toContain(plan.zxid);
      }
    }
  });
});
