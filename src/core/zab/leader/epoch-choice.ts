import { JuteReader } from "../../../protocol/jute-reader.ts";
import type { QuorumPacket } from "../../../protocol/records/quorum.ts";
import { counterOf, epochOf, makeZxid, type Zxid, zxidText } from "../../../protocol/zxid.ts";
import { containsAllQuorums, isKnown } from "../../quorum/quorum-view.ts";
import type { LearnerHandler } from "../master/learner-handler.ts";
import type { LearnerRegistry } from "../master/learner-registry.ts";
import { decodeLearnerInfo, encodeLeaderInfo, PacketType } from "../packets.ts";
import type { PeerState } from "../peer-state.ts";
import type { EpochRoll } from "./epoch-roll.ts";
import { refusalOf } from "./introduction.ts";
import type { Leadership } from "./leadership.ts";

/** The parts of the leader that have to do with the choice of an epoch. */
interface Parts {
  readonly leadership: Leadership;
  readonly learners: LearnerRegistry;
  readonly roll: EpochRoll;
  /** The learner has the epoch, and so has a quorum: it can be brought up to date. */
  readonly epochAgreed: (handler: LearnerHandler) => void;
}

/**
 * Which epoch a leader leads: above all that a quorum has accepted, and acknowledged by a quorum (quorum-protocol 3.2). Also says
 * the epoch to the learners that come later.
 */
export class EpochChoice {
  readonly #state: PeerState;
  readonly #parts: Parts;
  /** Participants that have told their accepted epoch, and those that have acknowledged the new one. */
  readonly #connecting = new Set<number>();
  readonly #electing = new Set<number>();
  #isAcknowledged = false;
  /**
   * Epochs between two that were led here, passed over for a voter that had accepted one of them. Their leaders came to nothing,
   * since a quorum was here: no history of this ensemble is of them.
   */
  readonly #gaps: { readonly above: number; readonly below: number }[] = [];

  constructor(state: PeerState, parts: Parts) {
    this.#state = state;
    this.#parts = parts;
  }

  /** This server has told its own accepted epoch. */
  begin(): void {
    this.#connecting.add(this.#state.sid);
    this.#choose();
  }

  /** The first packet of a learner. @throws JuteError when it has no form that is known */
  introduced(handler: LearnerHandler, { type, zxid, data }: QuorumPacket): void {
    const { learners, leadership, roll } = this.#parts;
    if (type !== PacketType.FOLLOWERINFO && type !== PacketType.OBSERVERINFO) {
      learners.close(handler, `its first packet has type ${type}, not FOLLOWERINFO or OBSERVERINFO`);
      return;
    }
    const introduction = decodeLearnerInfo(data);
    const { sid, protocolVersion } = introduction;
    const acceptedEpoch = epochOf(zxid);
    const refusal = refusalOf(introduction, acceptedEpoch, this.#state, learners);
    if (refusal !== undefined || sid === undefined) {
      learners.close(handler, refusal ?? "it has no server id");
      return;
    }
    handler.sid = sid;
    handler.isObserver = type === PacketType.OBSERVERINFO;
    handler.protocolVersion = protocolVersion;
    handler.phase = "introduced";
    learners.closeOthersOf(handler);
    if (roll.isRolling) {
      learners.close(handler, "the epoch is being changed: it is welcome in the next one");
      return;
    }
    if (this.#raises(handler, acceptedEpoch)) return;
    if (leadership.phase !== "discovery") {
      this.#inform(handler);
      return;
    }
    if (isKnown(sid, this.#state.view)) leadership.epoch = Math.max(leadership.epoch, acceptedEpoch + 1);
    if (handler.countsIn(this.#state.view)) this.#connecting.add(sid);
    this.#choose();
  }

  /** Whether the leader goes on to a higher epoch, so that a voter can follow it that has accepted one above its own. */
  #raises({ isObserver, name, sid }: LearnerHandler, acceptedEpoch: number): boolean {
    const { leadership, roll } = this.#parts;
    const { epoch, phase } = leadership;
    const isVoter = !isObserver && isKnown(sid, this.#state.view);
    if (acceptedEpoch <= epoch || phase !== "broadcast" || !isVoter || !roll.raise(acceptedEpoch))
      return false;
    this.#state.notice(
      "warn",
      `${name} has accepted epoch ${acceptedEpoch}, above ${epoch}: going on beyond it`,
    );
    this.#gaps.push({ above: epoch, below: acceptedEpoch + 1 });
    return true;
  }

  /** A quorum has told its accepted epoch: the new one is above all of them (getEpochToPropose). */
  #choose(): void {
    const state = this.#state;
    const { leadership, learners } = this.#parts;
    if (leadership.phase !== "discovery" || !containsAllQuorums(state.view, this.#connecting)) return;
    leadership.startSynchronization();
    state.storeAccepted(leadership.epoch);
    state.notice("info", `proposing epoch ${leadership.epoch}`);
    const { committed, lastSeen } = state.view;
    if (state.options.server.reconfigEnabled && committed.version === 0 && (lastSeen?.version ?? 0) === 0) {
      state.setLastSeen({ ...committed, version: makeZxid(leadership.epoch, 0) });
    }
    for (const handler of learners) if (handler.phase === "introduced") this.#inform(handler);
    this.#electing.add(state.sid);
    this.#count();
  }

  #inform(handler: LearnerHandler): void {
    handler.phase = "informed";
    handler.deadlineMs = this.#state.nowMs + this.#state.initLimitMs;
    this.#state.out.sendDurable(handler.link, encodeLeaderInfo(this.#parts.leadership.epoch));
  }

  /** The answer to that. @throws JuteError when it is too short */
  acknowledged(handler: LearnerHandler, { type, zxid, data }: QuorumPacket): void {
    const state = this.#state;
    const { learners, epochAgreed } = this.#parts;
    if (type !== PacketType.ACKEPOCH || data === null) {
      learners.close(handler, `packet of type ${type} where ACKEPOCH must come`);
      return;
    }
    const currentEpoch = new JuteReader(data).readInt();
    const refusal = this.#historyRefusal(currentEpoch, zxid);
    if (refusal !== undefined) {
      learners.close(handler, refusal);
      return;
    }
    handler.lastZxid = zxid;
    handler.phase = "electing";
    // It waits for others now, and says nothing meanwhile.
    handler.deadlineMs = state.nowMs + state.initLimitMs;
    if (currentEpoch !== -1 && handler.countsIn(state.view)) this.#electing.add(handler.sid);
    if (this.#isAcknowledged) epochAgreed(handler);
    else this.#count();
  }

  /** Why a learner with such a history cannot be brought to what is here; undefined: it can. */
  #historyRefusal(currentEpoch: number, zxid: Zxid): string | undefined {
    const { currentEpoch: ownEpoch, lastZxid: ownZxid } = this.#state;
    if (!this.#isAcknowledged && isAhead(currentEpoch, zxid, ownEpoch, ownZxid)) {
      return (
        `it is ahead of this leader: epoch ${currentEpoch}, zxid ${zxidText(zxid)}, ` +
        `here ${ownEpoch}, ${zxidText(ownZxid)}`
      );
    }
    const historyEpoch = Math.max(currentEpoch, epochOf(zxid));
    if (this.#gaps.some(({ above, below }) => historyEpoch > above && historyEpoch < below)) {
      return (
        `its data (epoch ${historyEpoch}, zxid ${zxidText(zxid)}) is of another ensemble, or this ensemble has lost its ` +
        "own: it is left as it is. To have it join with this leader's data, move its version-2 aside (keep myid) and start it again"
      );
    }
    return undefined;
  }

  #count(): void {
    const state = this.#state;
    const { leadership, learners, epochAgreed } = this.#parts;
    if (this.#isAcknowledged || !containsAllQuorums(state.view, this.#electing)) return;
    this.#isAcknowledged = true;
    leadership.restartClock();
    state.storeCurrent(leadership.epoch);
    for (const handler of learners) if (handler.phase === "electing") epochAgreed(handler);
  }
}

/** Whether the learner's history is newer than the leader's, which then must not lead (quorum-protocol 3.2 step 6). */
function isAhead(epoch: number, zxid: Zxid, ownEpoch: number, ownZxid: Zxid): boolean {
  if (epoch === -1 || epoch < ownEpoch) return false;
  if (epoch > ownEpoch) return true;
  // An Apache that has led says (epoch, 0) where it has had no txn: that is the history it began with, and so had we.
  return counterOf(zxid) !== 0 && zxid > ownZxid;
}
