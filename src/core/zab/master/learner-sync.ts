import { unreachable } from "../../../base/invariant.ts";
import type { LogEntry } from "../../ready.ts";
import { encodeBare, encodeCommit, encodeProposal, PacketType } from "../packets.ts";
import type { PeerState } from "../peer-state.ts";
import type { SyncMode } from "../role.ts";
import { BegunWalk } from "./begun-walk.ts";
import type { LearnerHandler } from "./learner-handler.ts";
import { type LogSurvey, planSync, type SyncPlan } from "./sync-plan.ts";

type DecidedPlan = Exclude<SyncPlan, { readonly mode: "survey" }>;

/** Brings a learner to what the leader has (quorum-protocol 3.4), by packets that leave in the order in which they are given. */
export class LearnerSync {
  readonly #state: PeerState;

  constructor(state: PeerState) {
    this.#state = state;
  }

  /** Why the learner may not be synced now, or undefined: too many observers at once (`learner` throttling, 3.11). */
  refusalOf(handler: LearnerHandler, others: Iterable<LearnerHandler>): string | undefined {
    if (!handler.isObserver) return undefined;
    const { snapSyncsMax, diffSyncsMax } = this.#state.ensemble;
    const { snapshots, diffs } = syncing(others);
    if (snapshots >= snapSyncsMax) {
      return `${snapshots} learners get snapshots already (leader.maxConcurrentSnapSyncs)`;
    }
    if (diffs >= diffSyncsMax)
      return `${diffs} learners are being synced already (leader.maxConcurrentDiffSyncs)`;
    return undefined;
  }

  /**
   * Sends what the learner lacks of what is committed. False: the disk is asked first, and this is to be called again with
   * its answer.
   */
  plan(handler: LearnerHandler, survey: LogSurvey | undefined, others: Iterable<LearnerHandler>): boolean {
    const { currentEpoch, database, ensemble, out } = this.#state;
    const { committed } = database;
    const plan = planSync({
      peer: handler.lastZxid,
      committed: Array.from(committed, ({ zxid }) => zxid),
      before: committed.zxidBefore,
      last: database.lastProcessedZxid,
      isSnapshotForced: ensemble.forcesSnapshotSync,
      epoch: currentEpoch,
      cutsExactly: handler.isOurs,
      survey,
      snapshotSizeFactor: ensemble.snapshotSizeFactor,
    });
    if (plan.mode === "survey") {
      handler.phase = "surveying";
      out.survey({ link: handler.link, zxid: handler.lastZxid });
      return false;
    }
    handler.syncMode = plan.mode;
    this.#count(plan.mode, others);
    this.#send(handler, plan);
    return true;
  }

  #count(mode: SyncMode, others: Iterable<LearnerHandler>): void {
    const { counters, summaries } = this.#state.peerStats;
    const { snapshots, diffs } = syncing(others);
    if (mode === "SNAP") {
      counters.snap_count++;
      summaries.inflight_snap_count.add(snapshots + 1);
    } else {
      counters.diff_count++;
      summaries.inflight_diff_count.add(diffs + 1);
    }
  }

  #send({ link }: LearnerHandler, plan: DecidedPlan): void {
    const { database, out } = this.#state;
    switch (plan.mode) {
      case "SNAP":
        out.send(link, encodeBare(PacketType.SNAP, plan.zxid));
        out.stream({ kind: "snapshot", link, walk: new BegunWalk(database.snapshotSource()) });
        return;
      case "DIFF":
      case "TRUNC": {
        out.send(link, encodeBare(PacketType[plan.mode], plan.zxid));
        const { diskThrough } = plan;
        if (diskThrough !== undefined)
          out.stream({ kind: "log", link, after: plan.after, through: diskThrough });
        const after = diskThrough ?? plan.after;
        for (const { zxid, bytes } of database.committed) {
          if (zxid <= after) continue;
          out.send(link, encodeProposal(zxid, bytes));
          out.send(link, encodeCommit(zxid));
        }
        return;
      }
      default:
        unreachable(plan, "sync plan");
    }
  }

  /** What is proposed and not committed: its COMMIT comes like everybody's. */
  outstanding(handler: LearnerHandler, entries: readonly LogEntry[]): void {
    for (const { zxid, bytes } of entries) {
      handler.proposed(zxid, this.#state.nowMs);
      this.#state.out.send(handler.link, encodeProposal(zxid, bytes));
    }
  }
}

/** How many learners are being synchronised, and how. */
function syncing(handlers: Iterable<LearnerHandler>): { readonly snapshots: number; readonly diffs: number } {
  let snapshots = 0;
  let diffs = 0;
  for (const { phase, syncMode } of handlers) {
    if (phase !== "syncing") continue;
    if (syncMode === "SNAP") snapshots++;
    else diffs++;
  }
  return { snapshots, diffs };
}
