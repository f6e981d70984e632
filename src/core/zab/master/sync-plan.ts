import { counterOf, epochOf, makeZxid, type Zxid } from "../../../protocol/zxid.ts";

/** What the leader knows when a learner has told its last zxid. */
export interface SyncFacts {
  /** The learner's last zxid, from ACKEPOCH. */
  readonly peer: Zxid;
  /** Zxids of the committed log in memory, oldest first; empty when there is none. */
  readonly committed: readonly Zxid[];
  /** The zxid in front of `committed`: a learner that has exactly that needs all of it. */
  readonly before: Zxid | undefined;
  /** The last txn in the leader's tree: that of `committed`, if that holds any. */
  readonly last: Zxid;
  readonly isSnapshotForced: boolean;
  /** The epoch that is led. */
  readonly epoch: number;
  /** The learner cuts its log right when it is told to, whatever is in it (a server of ours). */
  readonly cutsExactly: boolean;
  /** What is on disk; undefined when that is not known, null when it must not be used. */
  readonly survey: LogSurvey | null | undefined;
  /** `snapshotSizeFactor`. */
  readonly snapshotSizeFactor: number;
}

export interface LogSurvey {
  readonly atOrBelow: Zxid | undefined;
  readonly above: Zxid | undefined;
  readonly bytes: number;
  readonly snapshotBytes: number;
}

/** How the learner comes to have what the leader has. */
export type SyncPlan =
  /** Nothing to take back: the txns behind `after`, from the disk up to `diskThrough`, then from memory. */
  | {
      readonly mode: "DIFF";
      readonly zxid: Zxid;
      readonly after: Zxid;
      readonly diskThrough: Zxid | undefined;
    }
  /** The learner has more than was committed: it goes back to `zxid`, then as with a DIFF. */
  | { readonly mode: "TRUNC"; readonly zxid: Zxid; readonly after: Zxid; readonly diskThrough: undefined }
  | { readonly mode: "SNAP"; readonly zxid: Zxid }
  /** The disk has to be asked first. */
  | { readonly mode: "survey" };

/**
 * DIFF, TRUNC or SNAP (quorum-protocol 3.4), stricter than Apache: only who cuts exactly is told to cut what nobody will propose
 * again. Apache's servers keep what follows a zxid that came to them as a snapshot (F64). A snapshot takes nothing out of their
 * logs either: a start replays all that is above it. So one for a learner that is ahead is of the zxid at which the epoch begins.
 */
export function planSync(facts: SyncFacts): SyncPlan {
  const { peer, committed, before, last, isSnapshotForced, cutsExactly, survey } = facts;
  const snapshot: SyncPlan = { mode: "SNAP", zxid: cutsExactly || peer <= last ? last : epochStart(facts) };
  if (isSnapshotForced) return snapshot;
  if (peer === last) return diff(last, peer);
  if (peer > last) return canCut(facts, last) ? trunc(last) : snapshot;
  const min = committed[0];
  if (min !== undefined && peer === before) return diff(last, peer);
  if (min !== undefined && peer >= min) {
    const at = lastAtOrBelow(committed, peer);
    if (at === peer) return diff(last, peer);
    // An epoch without txns stands for what was there when it began.
    if (counterOf(peer) === 0) return diff(last, at);
    return canCut(facts, at) ? trunc(at) : snapshot;
  }
  if (facts.snapshotSizeFactor < 0 || survey === null) return snapshot;
  if (survey === undefined) return { mode: "survey" };
  return planFromDisk(facts, survey) ?? snapshot;
}

/** Records from the disk up to the committed log in memory; only for a learner whose last record is among them. */
function planFromDisk(facts: SyncFacts, survey: LogSurvey): SyncPlan | undefined {
  const { peer, committed, before, last, snapshotSizeFactor } = facts;
  if (survey.atOrBelow !== peer || survey.above === undefined) return undefined;
  if (snapshotSizeFactor > 0 && survey.bytes > snapshotSizeFactor * survey.snapshotBytes) return undefined;
  const through = committed.length === 0 ? last : before;
  if (through === undefined || through < survey.above) return undefined;
  return { mode: "DIFF", zxid: last, after: peer, diskThrough: through };
}

function canCut({ peer, cutsExactly, epoch }: SyncFacts, to: Zxid): boolean {
  if (counterOf(to) === 0) return false;
  // What it has of the epoch that is led comes again.
  return cutsExactly || (epochOf(peer) === epoch && epochOf(to) === epoch);
}

/** Where the epoch begins, or the last txn, when there is one in it. */
function epochStart({ epoch, last }: SyncFacts): Zxid {
  const start = makeZxid(epoch, 0);
  return start > last ? start : last;
}

function diff(zxid: Zxid, after: Zxid): SyncPlan {
  return { mode: "DIFF", zxid, after, diskThrough: undefined };
}

function trunc(zxid: Zxid): SyncPlan {
  return { mode: "TRUNC", zxid, after: zxid, diskThrough: undefined };
}

function lastAtOrBelow(zxids: readonly Zxid[], wanted: Zxid): Zxid {
  let found = zxids[0]!;
  for (const zxid of zxids) {
    if (zxid > wanted) break;
    found = zxid;
  }
  return found;
}
