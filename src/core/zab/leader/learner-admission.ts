import { makeZxid, type Zxid, zxidText } from "../../../protocol/zxid.ts";
import { formatMembership } from "../../quorum/membership-text.ts";
import { containsAllQuorums } from "../../quorum/quorum-view.ts";
import type { LearnerHandler } from "../master/learner-handler.ts";
import type { LearnerRegistry } from "../master/learner-registry.ts";
import { LearnerSync } from "../master/learner-sync.ts";
import { encodeNewLeader, UPTODATE_PACKET } from "../packets.ts";
import type { LinkId, LogSurveyed } from "../peer-face.ts";
import type { PeerState } from "../peer-state.ts";
import type { Leadership } from "./leadership.ts";

/**
 * From the epoch to UPTODATE: gives a learner the leader's history and counts who has it (quorum-protocol 3.4, 3.9). When a quorum
 * has, this server leads.
 */
export class LearnerAdmission {
  readonly #state: PeerState;
  readonly #leadership: Leadership;
  readonly #learners: LearnerRegistry;
  readonly #onQuorum: () => void;
  readonly #sync: LearnerSync;
  #hasOwnHistory = false;

  /** @param onQuorum a quorum has the leader's history, and nothing is broadcast yet */
  constructor(state: PeerState, leadership: Leadership, learners: LearnerRegistry, onQuorum: () => void) {
    this.#state = state;
    this.#leadership = leadership;
    this.#learners = learners;
    this.#onQuorum = onQuorum;
    this.#sync = new LearnerSync(state);
  }

  start(handler: LearnerHandler): void {
    const refusal = this.#sync.refusalOf(handler, this.#learners);
    if (refusal !== undefined) this.#learners.close(handler, refusal);
    else if (this.#sync.plan(handler, undefined, this.#learners)) this.#forward(handler);
  }

  logSurveyed(survey: LogSurveyed): void {
    const handler = this.#learners.get(survey.link);
    if (handler?.phase !== "surveying") return;
    if (this.#sync.plan(handler, survey, this.#learners)) this.#forward(handler);
  }

  snapshotSent(link: LinkId): void {
    const handler = this.#learners.get(link);
    if (handler?.phase === "syncing") this.#sendNewLeader(handler);
  }

  /**
   * The learner has been given what was committed: what comes from here on it gets like all others, and then NEWLEADER. A
   * snapshot is walked while txns go on, and holds parts of them: NEWLEADER comes behind these.
   */
  #forward(handler: LearnerHandler): void {
    const { nowMs, initLimitMs } = this.#state;
    const { proposals } = this.#leadership;
    handler.phase = "syncing";
    handler.deadlineMs = nowMs + initLimitMs;
    handler.isForwarding = true;
    if (proposals !== undefined && !handler.isObserver) this.#sync.outstanding(handler, proposals.entries());
    if (handler.syncMode !== "SNAP") this.#sendNewLeader(handler);
  }

  #sendNewLeader(handler: LearnerHandler): void {
    const { out, view } = this.#state;
    const { epoch, phase, proposals } = this.#leadership;
    const isAwaiting = proposals !== undefined && proposals.outstanding.length > 0;
    if (isAwaiting && !handler.isObserver) handler.heldCommits = [];
    // A learner takes it for committed at UPTODATE. That is right of what this leader begins with, and would not be of a reconfig
    // that is proposed meanwhile: of that a learner hears by its PROPOSAL and COMMIT.
    const membership = phase === "broadcast" ? view.committed : (view.lastSeen ?? view.committed);
    out.send(handler.link, encodeNewLeader(epoch, formatMembership(membership)));
  }

  /** `current` is on this server's disk, and with it its own history. */
  epochsStored(current: number | undefined): void {
    if (current !== this.#leadership.epoch || this.#hasOwnHistory) return;
    this.#hasOwnHistory = true;
    this.#count();
  }

  /**
   * A learner's ACK of a zxid with counter 0. Only this one counts as the acknowledgement of NEWLEADER (ZOOKEEPER-4685); after
   * UPTODATE the same comes again.
   *
   * @returns whether a learner that acknowledges proposals has been won by it, so that more may be committed
   */
  acknowledged(handler: LearnerHandler, zxid: Zxid): boolean {
    const { epoch, phase } = this.#leadership;
    if (handler.phase !== "syncing" || zxid !== makeZxid(epoch, 0)) return false;
    handler.phase = "synced";
    handler.followedEpoch = epoch;
    // It waits for others now, and answers no ping before it serves.
    handler.deadlineMs = this.#state.nowMs + this.#state.initLimitMs;
    if (phase !== "broadcast") {
      this.#count();
      return false;
    }
    this.#upToDate(handler);
    return true;
  }

  #count(): void {
    const { sid, view } = this.#state;
    if (this.#leadership.phase !== "synchronization" || !this.#hasOwnHistory) return;
    const acked = new Set([sid]);
    for (const handler of this.#learners) {
      if (handler.phase === "synced" && handler.countsIn(view)) acked.add(handler.sid);
    }
    if (containsAllQuorums(view, acked)) this.#onQuorum();
  }

  /** The leader serves: all that have its history may, too. */
  admitSynced(): void {
    for (const handler of this.#learners) if (handler.phase === "synced") this.#upToDate(handler);
  }

  #upToDate(handler: LearnerHandler): void {
    const { nowMs, out } = this.#state;
    handler.phase = "serving";
    handler.restartAckClock(nowMs);
    out.send(handler.link, UPTODATE_PACKET);
    for (const commit of handler.heldCommits ?? []) out.send(handler.link, commit);
    handler.heldCommits = null;
    this.#state.notice(
      "info",
      `${handler.name} is in sync (${handler.syncMode} from ${zxidText(handler.lastZxid)})`,
    );
  }
}
