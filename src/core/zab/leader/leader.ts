import { unreachable } from "../../../base/invariant.ts";
import { JuteError } from "../../../protocol/jute-reader.ts";
import type { QuorumPacket } from "../../../protocol/records/quorum.ts";
import { counterOf, makeZxid, type Zxid, zxidText } from "../../../protocol/zxid.ts";
import { leaderChain } from "../../pipeline/chains.ts";
import { quorumSystemOf } from "../../quorum/quorum-system.ts";
import { containsAllQuorums } from "../../quorum/quorum-view.ts";
import type { LogEntry } from "../../ready.ts";
import type { LearnerHandler } from "../master/learner-handler.ts";
import { LearnerRegistry } from "../master/learner-registry.ts";
import { PacketType, requireData } from "../packets.ts";
import type { LinkAccepted, LinkId, LogSurveyed } from "../peer-face.ts";
import type { PeerState } from "../peer-state.ts";
import type { Role, RoleEnd, ZabPhase } from "../role.ts";
import { EpochChoice } from "./epoch-choice.ts";
import { EpochRoll } from "./epoch-roll.ts";
import { Leadership } from "./leadership.ts";
import { LearnerAdmission } from "./learner-admission.ts";
import { LearnerRequests } from "./learner-requests.ts";
import { type Activation, Proposals } from "./proposals.ts";
import { Reconfiguration } from "./reconfiguration.ts";

/**
 * The leader's side of Zab 1.0 (quorum-protocol 3.2, 3.4, 3.9 to 3.14): gives each packet of a learner to the part that it is for,
 * begins to serve, and gives up when its time or its quorum is gone. See {@link Leadership} for its phases.
 */
export class Leader implements Role {
  readonly state = "leading";
  readonly #state: PeerState;
  readonly #end: RoleEnd;
  readonly #leadership: Leadership;
  readonly #learners: LearnerRegistry;
  readonly #roll: EpochRoll;
  readonly #epochChoice: EpochChoice;
  readonly #admission: LearnerAdmission;
  readonly #requests: LearnerRequests;
  readonly #reconfiguration: Reconfiguration;
  readonly #startedMs: number;
  #servingSinceMs: number | undefined;
  #nextPingMs: number;
  #isTickDue = false;
  #lastTickMs: number;

  constructor(state: PeerState, end: RoleEnd) {
    this.#state = state;
    this.#end = end;
    this.#startedMs = this.#lastTickMs = state.nowMs;
    this.#nextPingMs = state.nowMs + state.tickMs / 2;
    const leadership = new Leadership(state);
    const learners = new LearnerRegistry(state, (handler) => this.#gone(handler));
    this.#leadership = leadership;
    this.#learners = learners;
    this.#roll = new EpochRoll(state, learners, {
      get epoch() {
        return leadership.epoch;
      },
      failed: (reason) => end.ended(reason),
      done: (epoch) => {
        leadership.epoch = epoch;
        state.notice("info", `leads epoch ${epoch} from here on`);
        end.established(epoch);
      },
    });
    this.#admission = new LearnerAdmission(state, leadership, learners, () => this.#establish());
    this.#epochChoice = new EpochChoice(state, {
      leadership,
      learners,
      roll: this.#roll,
      epochAgreed: (handler) => this.#admission.start(handler),
    });
    this.#requests = new LearnerRequests(state, leadership);
    this.#reconfiguration = new Reconfiguration(state, learners);
    state.out.listen({ quorum: true, observerMaster: false });
    this.#epochChoice.begin();
  }

  get leaderSid(): number {
    return this.#state.sid;
  }

  /** Learners that are connected, by link. */
  get learners(): ReadonlyMap<LinkId, LearnerHandler> {
    return this.#learners.byLink;
  }

  get isServing(): boolean {
    return this.zabPhase === "broadcast";
  }

  get zabPhase(): ZabPhase {
    return this.#leadership.phase;
  }

  /** `Instant.elapsedMs` since when it serves; undefined before. */
  get servingSinceMs(): number | undefined {
    return this.#servingSinceMs;
  }

  /** Syncs of learners that wait for a commit. */
  get pendingSyncs(): number {
    return this.#leadership.proposals?.pendingSyncs ?? 0;
  }

  get epoch(): number {
    return this.#leadership.epoch;
  }

  /** The last zxid proposed; before that, the last of the own history. */
  get lastProposed(): Zxid {
    return this.#leadership.lastProposed;
  }

  get nextDeadline(): number {
    return Math.min(
      this.#nextPingMs,
      this.#leadership.deadlineMs,
      this.#learners.nextDeadline,
      this.#roll.nextDeadline,
    );
  }

  // Links

  linkAccepted(input: LinkAccepted): void {
    this.#learners.accepted(input);
  }

  linkUp(): void {}

  linkDown(link: LinkId, reason: string): void {
    const handler = this.#learners.get(link);
    if (handler === undefined) return;
    if (handler.phase !== "connected") this.#state.notice("info", `lost ${handler.name}: ${reason}`);
    this.#learners.forget(handler);
  }

  linkProgress(link: LinkId): void {
    this.#learners.progress(link);
  }

  #gone(handler: LearnerHandler): void {
    this.#leadership.proposals?.forget(handler);
    this.#roll.advance();
  }

  snapshotSent(link: LinkId): void {
    this.#admission.snapshotSent(link);
  }

  // Packets of learners

  packet(link: LinkId, packet: QuorumPacket): void {
    const handler = this.#learners.get(link);
    if (handler === undefined) return;
    handler.packetsReceived++;
    handler.heardMs = this.#state.nowMs;
    try {
      this.#packet(handler, packet);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.#learners.close(handler, error.message);
    }
  }

  #packet(handler: LearnerHandler, packet: QuorumPacket): void {
    const { nowMs, syncLimitMs } = this.#state;
    switch (handler.phase) {
      case "connected":
        this.#epochChoice.introduced(handler, packet);
        break;
      case "informed":
        this.#epochChoice.acknowledged(handler, packet);
        break;
      case "introduced":
      case "electing":
      case "surveying":
        this.#learners.close(handler, `packet of type ${packet.type} before it was asked for anything`);
        break;
      case "syncing":
      case "synced":
      case "serving":
        handler.deadlineMs = nowMs + syncLimitMs;
        this.#following(handler, packet);
        break;
      default:
        unreachable(handler.phase, "learner phase");
    }
  }

  #following(handler: LearnerHandler, { type, zxid, data, authinfo }: QuorumPacket): void {
    const isServing = handler.phase === "serving";
    switch (type) {
      case PacketType.ACK:
        this.#acked(handler, zxid);
        break;
      case PacketType.PING:
        this.#requests.touched(data);
        break;
      case PacketType.REQUEST:
        if (isServing) this.#requests.request(handler, requireData(data), authinfo);
        break;
      case PacketType.REVALIDATE:
        if (isServing) this.#requests.revalidate(handler, requireData(data));
        break;
      case PacketType.ACKEPOCH:
        if (this.#roll.epochAcknowledged(handler, zxid)) break;
        this.#learners.close(handler, "an ACKEPOCH that it was not asked for");
        break;
      default:
        this.#learners.close(handler, `packet of type ${type}, which no learner sends`);
    }
  }

  #acked(handler: LearnerHandler, zxid: Zxid): void {
    if (counterOf(zxid) === 0) {
      const isNews =
        this.#roll.newLeaderAcknowledged(handler, zxid) || this.#admission.acknowledged(handler, zxid);
      if (isNews) this.#advance();
      return;
    }
    if (zxid > this.lastProposed) {
      this.#learners.close(handler, `ACK of ${zxidText(zxid)}, which was never proposed`);
      return;
    }
    this.#leadership.proposals?.countAck(handler.sid, zxid);
    handler.ackedUpTo(zxid);
    this.#advance();
  }

  #advance(): void {
    this.#leadership.proposals?.advance();
    this.#state.server?.commitsAdvanced();
    this.#advanced();
  }

  #advanced(): void {
    this.#roll.advance();
    const activation = this.#leadership.proposals?.takeActivation();
    if (activation !== undefined) this.#reconfigured(activation);
  }

  #reconfigured({ membership, leader }: Activation): void {
    this.#end.reconfigured(membership, leader);
    if (leader === this.#state.sid) this.#reconfiguration.noteNewVoters(membership);
  }

  // The own disk

  epochsStored(current: number | undefined): void {
    this.#roll.epochsStored(current);
    this.#admission.epochsStored(current);
  }

  /** The own disk has what was appended: the server has counted that itself, this is for what comes behind. */
  persisted(): void {
    this.#advanced();
  }

  logSurveyed(survey: LogSurveyed): void {
    this.#admission.logSurveyed(survey);
  }

  /** A quorum has this leader's history: it leads (quorum-protocol 3.9). */
  #establish(): void {
    const state = this.#state;
    const { lastSeen } = state.view;
    if (lastSeen !== null) state.setCommitted(lastSeen);
    state.showConfiguration();
    if (!quorumSystemOf(state.view.committed).voters.has(state.sid)) {
      // Nobody could find it as a leader. It tells what is committed now, and the voters elect one of theirs.
      this.#end.ended("it has completed a reconfiguration by which it has no vote any more");
      return;
    }
    const { epoch } = this.#leadership;
    const epochZxid = makeZxid(epoch, 0);
    const proposals = new Proposals(state, epochZxid, this.#learners, (proposal, later) =>
      this.#reconfiguration.designate(proposal, later),
    );
    this.#leadership.startBroadcast(proposals);
    this.#servingSinceMs = state.nowMs;
    this.#roll.begin(proposals);
    const chain = this.#roll.chain(leaderChain(proposals));
    state.startServer(chain, {
      epochZxid,
      completeBeforeEpoch: epoch,
      reconfigDesk: this.#reconfiguration,
    });
    state.event({ kind: "serving", state: "leading", epoch });
    this.#end.established(epoch);
    this.#admission.admitSynced();
  }

  // Time

  tick(): void {
    const { nowMs, tickMs, initLimitMs } = this.#state;
    this.#forgiveStall();
    if (nowMs >= this.#leadership.deadlineMs) {
      this.#end.ended(`no quorum has joined this leader within initLimit (${initLimitMs} ms)`);
      return;
    }
    this.#learners.closeLate();
    if (this.#roll.isOverdue) {
      this.#end.ended("the change of the epoch was not acknowledged in time");
      return;
    }
    if (nowMs < this.#nextPingMs) return;
    this.#nextPingMs = nowMs + tickMs / 2;
    this.#isTickDue = !this.#isTickDue;
    if (!this.#isTickDue && this.isServing && !this.#hasQuorum()) {
      this.#end.ended("not enough followers are alive and in sync for a quorum");
      return;
    }
    this.#learners.ping(this.lastProposed);
  }

  /**
   * This process did not get the processor for so long that its learners were not asked which sessions live: they are, and the
   * sessions wait for the answer, instead of expiring beside clients that had sent their pings.
   */
  #forgiveStall(): void {
    const { nowMs, tickMs, server } = this.#state;
    const isStall = nowMs - this.#lastTickMs > 2 * tickMs;
    this.#lastTickMs = nowMs;
    if (isStall) server?.sessions.postponeExpiry(nowMs + tickMs, nowMs);
  }

  #hasQuorum(): boolean {
    const alive = new Set([this.#state.sid]);
    // Only who acknowledges proposals: an observer of which a reconfig makes a voter does not yet, and without it none commits.
    for (const { isForwarding, isObserver, sid } of this.#learners) {
      if (isForwarding && !isObserver) alive.add(sid);
    }
    return containsAllQuorums(this.#state.view, alive);
  }

  /** One of the voters looks for a leader: with `leader.maxTimeToWaitForEpoch` a leader that has waited longer gives up. */
  disloyal(): void {
    const { ensemble, nowMs, peerStats } = this.#state;
    const { waitForEpochMaxMs } = ensemble;
    if (waitForEpochMaxMs < 0 || this.zabPhase !== "discovery") return;
    if (nowMs - this.#startedMs < waitForEpochMaxMs) return;
    peerStats.counters.quit_leading_due_to_disloyal_voter++;
    this.#end.ended(
      `no epoch within leader.maxTimeToWaitForEpoch (${waitForEpochMaxMs} ms), and a voter looks for a leader`,
    );
  }

  stop(): readonly LogEntry[] {
    this.#learners.closeAll();
    this.#state.out.listen({ quorum: false, observerMaster: false });
    return this.#leadership.proposals?.entries() ?? [];
  }
}
