import { unreachable } from "../../base/invariant.ts";
import type { ErrorCode } from "../../protocol/error-code.ts";
import { JuteError, JuteReader } from "../../protocol/jute-reader.ts";
import { JuteWriter } from "../../protocol/jute-writer.ts";
import type { ReconfigRequest } from "../../protocol/records/proto.ts";
import type { QuorumPacket } from "../../protocol/records/quorum.ts";
import { counterOf, EPOCH_MAX, epochOf, makeZxid, type Zxid } from "../../protocol/zxid.ts";
import { leaderChain } from "../pipeline/chains.ts";
import { type Membership, memberOf, sameAddresses } from "../quorum/membership.ts";
import { formatMembership } from "../quorum/membership-text.ts";
import { quorumSystemOf } from "../quorum/quorum-system.ts";
import { containsAllQuorums } from "../quorum/quorum-view.ts";
import { decideReconfig } from "../quorum/reconfig.ts";
import type { LogEntry } from "../ready.ts";
import { EpochRoll } from "./epoch-roll.ts";
import { LearnerHandler } from "./learner-handler.ts";
import { LearnerSync } from "./learner-sync.ts";
import {
  decodeLearnerInfo,
  encodeBare,
  encodeLeaderInfo,
  encodeNewLeader,
  encodeWithData,
  PacketType,
  PROTOCOL_VERSION,
  SYNC_PACKET,
  UPTODATE_PACKET,
} from "./packets.ts";
import type { LinkAccepted, LinkId, LogSurveyed } from "./peer-face.ts";
import type { PeerState } from "./peer-state.ts";
import { type Activation, type Outstanding, Proposals } from "./proposals.ts";
import type { Role, RoleEnd, ZabPhase } from "./role.ts";

/**
 * The leader's side of Zab 1.0 (quorum-protocol 3.2, 3.4, 3.9 to 3.14). Its phases:
 * - `discovery`: an epoch is sought that a quorum has not accepted before
 * - `synchronization`: the epoch is accepted, a quorum is to acknowledge it and then the leader's history
 * - `broadcast`: a quorum has both; clients are served
 */
export class Leader implements Role {
  readonly state = "leading";
  readonly #state: PeerState;
  readonly #end: RoleEnd;
  readonly #handlers = new Map<LinkId, LearnerHandler>();
  readonly #sync: LearnerSync;
  readonly #roll: EpochRoll;
  #phase: ZabPhase = "discovery";
  #epoch = 0;
  /** Participants that have told their accepted epoch, and those that have acknowledged the new one. */
  readonly #connecting = new Set<number>();
  readonly #electing = new Set<number>();
  #isEpochAcknowledged = false;
  #hasOwnHistory = false;
  #phaseDeadlineMs: number;
  readonly #startedMs: number;
  #nextPingMs: number;
  #isTickDue = false;
  #lastTickMs: number;
  #proposals: Proposals | undefined;
  #lastProposed: Zxid;
  #decided: Membership | undefined;
  #servingSinceMs: number | undefined;
  /**
   * Epochs between two that were led here, passed over for a voter that had accepted one of them. Their leaders came to nothing,
   * since a quorum was here: no history of this ensemble is of them.
   */
  readonly #gaps: { readonly above: number; readonly below: number }[] = [];

  constructor(state: PeerState, end: RoleEnd) {
    this.#state = state;
    this.#end = end;
    this.#sync = new LearnerSync(state);
    const currentEpoch = (): number => this.#epoch;
    this.#roll = new EpochRoll(state, this.#handlers, {
      get epoch() {
        return currentEpoch();
      },
      close: (handler, reason) => this.#close(handler, reason),
      failed: (reason) => end.ended(reason),
      done: (epoch) => {
        this.#epoch = epoch;
        end.established(epoch);
      },
    });
    this.#startedMs = this.#lastTickMs = state.nowMs;
    this.#phaseDeadlineMs = state.nowMs + this.#initLimitMs;
    this.#nextPingMs = state.nowMs + state.tickMs / 2;
    this.#lastProposed = state.lastZxid;
    this.#epoch = state.acceptedEpoch + 1;
    state.out.listen({ quorum: true, observerMaster: false });
    this.#connecting.add(state.sid);
    this.#chooseEpoch();
  }

  get leaderSid(): number {
    return this.#state.sid;
  }

  /** Learners that are connected, by link. */
  get learners(): ReadonlyMap<LinkId, LearnerHandler> {
    return this.#handlers;
  }

  get isServing(): boolean {
    return this.#phase === "broadcast";
  }

  get zabPhase(): ZabPhase {
    return this.#phase;
  }

  /** `Instant.elapsedMs` since when it serves; undefined before. */
  get servingSinceMs(): number | undefined {
    return this.#servingSinceMs;
  }

  /** Syncs of learners that wait for a commit. */
  get pendingSyncs(): number {
    return this.#proposals?.pendingSyncs ?? 0;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The last zxid proposed; before that, the last of the own history. */
  get lastProposed(): Zxid {
    return this.#proposals?.proposed ?? this.#lastProposed;
  }

  /** Proposals that are not committed. */
  get outstandingCount(): number {
    return this.#proposals?.outstanding.length ?? 0;
  }

  get #initLimitMs(): number {
    return this.#state.ensemble.initLimitTicks * this.#state.tickMs;
  }

  get #syncLimitMs(): number {
    return this.#state.ensemble.syncLimitTicks * this.#state.tickMs;
  }

  get nextDeadline(): number {
    let next = this.#nextPingMs;
    if (this.#phase !== "broadcast") next = Math.min(next, this.#phaseDeadlineMs);
    for (const { deadlineMs } of this.#handlers.values()) next = Math.min(next, deadlineMs);
    return Math.min(next, this.#roll.nextDeadline);
  }

  // Learners come and go

  linkAccepted({ link, remote }: LinkAccepted): void {
    const { nowMs, turn } = this.#state;
    const handler = new LearnerHandler(link, remote, nowMs + this.#initLimitMs, turn.wallMs);
    this.#handlers.set(link, handler);
  }

  linkUp(): void {}

  linkDown(link: LinkId, reason: string): void {
    const handler = this.#handlers.get(link);
    if (handler === undefined) return;
    if (handler.phase !== "connected") this.#state.notice("info", `lost ${handler.name}: ${reason}`);
    this.#forget(handler);
  }

  linkProgress(link: LinkId): void {
    const handler = this.#handlers.get(link);
    if (handler !== undefined) handler.deadlineMs = this.#state.nowMs + this.#initLimitMs;
  }

  #forget(handler: LearnerHandler): void {
    this.#handlers.delete(handler.link);
    this.#proposals?.forget(handler);
    this.#roll.advance();
  }

  #close(handler: LearnerHandler, reason: string): void {
    this.#state.notice("warn", `closing the connection of ${handler.name}: ${reason}`);
    this.#state.out.close(handler.link);
    this.#forget(handler);
  }

  packet(link: LinkId, packet: QuorumPacket): void {
    const handler = this.#handlers.get(link);
    if (handler === undefined) return;
    handler.packetsReceived++;
    try {
      this.#packet(handler, packet);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.#close(handler, error.message);
    }
  }

  #packet(handler: LearnerHandler, packet: QuorumPacket): void {
    switch (handler.phase) {
      case "connected":
        this.#introduced(handler, packet);
        break;
      case "informed":
        this.#epochAcknowledged(handler, packet);
        break;
      case "introduced":
      case "electing":
      case "surveying":
        this.#close(handler, `packet of type ${packet.type} before it was asked for anything`);
        break;
      case "syncing":
      case "synced":
      case "serving":
        handler.deadlineMs = this.#state.nowMs + this.#syncLimitMs;
        this.#broadcastPacket(handler, packet);
        break;
      default:
        unreachable(handler.phase, "learner phase");
    }
  }

  // Discovery

  #introduced(handler: LearnerHandler, { type, zxid, data }: QuorumPacket): void {
    if (type !== PacketType.FOLLOWERINFO && type !== PacketType.OBSERVERINFO) {
      this.#close(handler, `its first packet has type ${type}, not FOLLOWERINFO or OBSERVERINFO`);
      return;
    }
    const { sid, protocolVersion, configVersion } = decodeLearnerInfo(data);
    const refusal = this.#refusalOf(sid, protocolVersion, epochOf(zxid), configVersion);
    if (refusal !== undefined || sid === undefined) {
      this.#close(handler, refusal ?? "it has no server id");
      return;
    }
    handler.sid = sid;
    handler.isObserver = type === PacketType.OBSERVERINFO;
    handler.protocolVersion = protocolVersion;
    handler.phase = "introduced";
    for (const other of this.#handlers.values()) {
      if (other !== handler && other.sid === sid && other.phase !== "connected") {
        this.#close(other, `server ${sid} has connected anew from ${handler.remote}`);
      }
    }
    if (this.#roll.isRolling) {
      this.#close(handler, "the epoch is being changed: it is welcome in the next one");
      return;
    }
    if (epochOf(zxid) > this.#epoch && this.#phase === "broadcast" && !handler.isObserver) {
      const epoch = this.#epoch;
      if (this.#roll.raise(epochOf(zxid))) {
        this.#gaps.push({ above: epoch, below: epochOf(zxid) + 1 });
        return;
      }
    }
    if (this.#phase !== "discovery") {
      this.#inform(handler);
      return;
    }
    this.#epoch = Math.max(this.#epoch, epochOf(zxid) + 1);
    if (this.#isCounted(handler)) this.#connecting.add(sid);
    this.#chooseEpoch();
  }

  #refusalOf(
    sid: number | undefined,
    protocolVersion: number,
    acceptedEpoch: number,
    configVersion: Zxid,
  ): string | undefined {
    const { view, sid: own, options } = this.#state;
    if (sid === undefined) return "it has no server id (servers of before 3.4 cannot join)";
    if (protocolVersion < PROTOCOL_VERSION)
      return `its protocol version 0x${protocolVersion.toString(16)} is before Zab 1.0`;
    if (sid === own)
      return `it says that it is server ${sid}, which is this one: two servers have the same myid`;
    if (acceptedEpoch < 0 || acceptedEpoch >= EPOCH_MAX)
      return `acceptedEpoch ${acceptedEpoch} is out of range`;
    if (configVersion > view.committed.version) {
      return `its configuration is of version ${configVersion.toString(16)}, ahead of ours, ${view.committed.version.toString(16)}`;
    }
    const isKnown = memberOf(view.committed, sid) ?? (view.lastSeen && memberOf(view.lastSeen, sid));
    if (!isKnown && !options.server.reconfigEnabled) return `server ${sid} is not in the configuration`;
    return undefined;
  }

  /**
   * Whether a learner's word counts, if it is a voter. One that a pending reconfig makes a voter comes as an observer, because it
   * knows nothing of that yet; the reconfig cannot be decided without it.
   */
  #isCounted({ sid, isObserver }: LearnerHandler): boolean {
    if (!isObserver) return true;
    const { committed, lastSeen } = this.#state.view;
    const isVoter = memberOf(committed, sid)?.peerType === "participant";
    return !isVoter && lastSeen !== null && memberOf(lastSeen, sid)?.peerType === "participant";
  }

  /** A quorum has told its accepted epoch: the new one is above all of them (getEpochToPropose). */
  #chooseEpoch(): void {
    const state = this.#state;
    if (this.#phase !== "discovery" || !containsAllQuorums(state.view, this.#connecting)) return;
    this.#phase = "synchronization";
    this.#phaseDeadlineMs = state.nowMs + this.#initLimitMs;
    state.storeAccepted(this.#epoch);
    state.notice("info", `proposing epoch ${this.#epoch}`);
    const { committed, lastSeen } = state.view;
    if (state.options.server.reconfigEnabled && committed.version === 0 && (lastSeen?.version ?? 0) === 0) {
      state.setLastSeen({ ...committed, version: makeZxid(this.#epoch, 0) });
    }
    for (const handler of this.#handlers.values()) if (handler.phase === "introduced") this.#inform(handler);
    this.#electing.add(state.sid);
    this.#countEpochAcks();
  }

  #inform(handler: LearnerHandler): void {
    handler.phase = "informed";
    handler.deadlineMs = this.#state.nowMs + this.#initLimitMs;
    this.#state.out.sendDurable(handler.link, encodeLeaderInfo(this.#epoch));
  }

  #epochAcknowledged(handler: LearnerHandler, { type, zxid, data }: QuorumPacket): void {
    const state = this.#state;
    if (type !== PacketType.ACKEPOCH || data === null) {
      this.#close(handler, `packet of type ${type} where ACKEPOCH must come`);
      return;
    }
    const currentEpoch = new JuteReader(data).readInt();
    if (!this.#isEpochAcknowledged && isAhead(currentEpoch, zxid, state.currentEpoch, state.lastZxid)) {
      this.#close(
        handler,
        `it is ahead of this leader: epoch ${currentEpoch}, zxid 0x${zxid.toString(16)}, ` +
          `here ${state.currentEpoch}, 0x${state.lastZxid.toString(16)}`,
      );
      return;
    }
    const historyEpoch = Math.max(currentEpoch, epochOf(zxid));
    if (this.#gaps.some(({ above, below }) => historyEpoch > above && historyEpoch < below)) {
      this.#close(
        handler,
        `its data (epoch ${historyEpoch}, zxid 0x${zxid.toString(16)}) is of another ensemble, or this ensemble has lost its ` +
          "own: it is left as it is. To have it join with this leader's data, move its version-2 aside (keep myid) and start it again",
      );
      return;
    }
    handler.currentEpoch = currentEpoch;
    handler.lastZxid = zxid;
    handler.phase = "electing";
    // It waits for others now, and says nothing meanwhile.
    handler.deadlineMs = state.nowMs + this.#initLimitMs;
    if (currentEpoch !== -1 && this.#isCounted(handler)) this.#electing.add(handler.sid);
    if (this.#isEpochAcknowledged) this.#startSync(handler);
    else this.#countEpochAcks();
  }

  #countEpochAcks(): void {
    const state = this.#state;
    if (this.#isEpochAcknowledged || !containsAllQuorums(state.view, this.#electing)) return;
    this.#isEpochAcknowledged = true;
    this.#phaseDeadlineMs = state.nowMs + this.#initLimitMs;
    state.storeCurrent(this.#epoch);
    for (const handler of this.#handlers.values()) if (handler.phase === "electing") this.#startSync(handler);
  }

  // Synchronization

  #startSync(handler: LearnerHandler): void {
    const refusal = this.#sync.refusalOf(handler, this.#handlers.values());
    if (refusal !== undefined) this.#close(handler, refusal);
    else if (this.#sync.plan(handler, undefined, this.#handlers.values())) this.#forward(handler);
  }

  logSurveyed(survey: LogSurveyed): void {
    const handler = this.#handlers.get(survey.link);
    if (handler?.phase !== "surveying") return;
    if (this.#sync.plan(handler, survey, this.#handlers.values())) this.#forward(handler);
  }

  snapshotSent(link: LinkId): void {
    const handler = this.#handlers.get(link);
    if (handler?.phase === "syncing") this.#sendNewLeader(handler);
  }

  /**
   * The learner has been given what was committed: what comes from here on it gets like all others, and then NEWLEADER. A
   * snapshot is walked while txns go on, and holds parts of them: NEWLEADER comes behind these.
   */
  #forward(handler: LearnerHandler): void {
    const { nowMs } = this.#state;
    handler.phase = "syncing";
    handler.deadlineMs = nowMs + this.#initLimitMs;
    handler.isForwarding = true;
    if (this.#proposals !== undefined && !handler.isObserver)
      this.#sync.outstanding(handler, this.#proposals.outstanding);
    if (handler.syncMode !== "SNAP") this.#sendNewLeader(handler);
  }

  #sendNewLeader(handler: LearnerHandler): void {
    const { out, view } = this.#state;
    const isAwaiting = this.#proposals !== undefined && this.#proposals.outstanding.length > 0;
    if (isAwaiting && !handler.isObserver) handler.heldCommits = [];
    // A learner takes it for committed at UPTODATE. That is right of what this leader begins with, and would not be of a reconfig
    // that is proposed meanwhile: of that a learner hears by its PROPOSAL and COMMIT.
    const membership = this.#phase === "broadcast" ? view.committed : (view.lastSeen ?? view.committed);
    out.send(handler.link, encodeNewLeader(this.#epoch, formatMembership(membership)));
  }

  epochsStored(current: number | undefined): void {
    this.#roll.epochsStored(current);
    if (current !== this.#epoch || this.#hasOwnHistory) return;
    this.#hasOwnHistory = true;
    this.#countNewLeaderAcks();
  }

  #countNewLeaderAcks(): void {
    if (this.#phase !== "synchronization" || !this.#hasOwnHistory) return;
    const acked = new Set([this.#state.sid]);
    for (const handler of this.#handlers.values()) {
      if (handler.phase === "synced" && this.#isCounted(handler)) acked.add(handler.sid);
    }
    if (containsAllQuorums(this.#state.view, acked)) this.#establish();
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
    const epochZxid = makeZxid(this.#epoch, 0);
    this.#phase = "broadcast";
    this.#servingSinceMs = state.nowMs;
    const proposals = new Proposals(
      state,
      epochZxid,
      () => this.#handlers.values(),
      (proposal, later) => this.#designate(proposal, later),
    );
    this.#proposals = proposals;
    this.#roll.begin(proposals);
    const chain = this.#roll.chain(leaderChain(proposals));
    state.startServer(chain, {
      epochZxid,
      reconfigDesk: {
        decide: (request, zxid) => this.#decideReconfig(request, zxid),
        propose: () => this.#proposeReconfig(),
      },
    });
    state.event({ kind: "serving", state: "leading", epoch: this.#epoch });
    this.#end.established(this.#epoch);
    for (const handler of this.#handlers.values()) if (handler.phase === "synced") this.#upToDate(handler);
  }

  #upToDate(handler: LearnerHandler): void {
    handler.phase = "serving";
    handler.restartAckClock(this.#state.nowMs);
    this.#state.out.send(handler.link, UPTODATE_PACKET);
    for (const commit of handler.heldCommits ?? []) this.#state.out.send(handler.link, commit);
    handler.heldCommits = null;
    this.#state.notice(
      "info",
      `${handler.name} is in sync (${handler.syncMode} from 0x${handler.lastZxid.toString(16)})`,
    );
  }

  // Broadcast

  #broadcastPacket(handler: LearnerHandler, { type, zxid, data, authinfo }: QuorumPacket): void {
    switch (type) {
      case PacketType.ACK:
        this.#acked(handler, zxid);
        break;
      case PacketType.PING:
        this.#touched(data);
        break;
      case PacketType.REQUEST:
        if (handler.phase === "serving" && data !== null) this.#request(handler, data, authinfo);
        break;
      case PacketType.REVALIDATE:
        if (handler.phase === "serving" && data !== null) this.#revalidate(handler, data);
        break;
      case PacketType.ACKEPOCH:
        if (this.#roll.epochAcknowledged(handler, zxid)) break;
        this.#close(handler, "an ACKEPOCH that it was not asked for");
        break;
      default:
        this.#state.notice("warn", `${handler.name} has sent a packet of type ${type}: ignored`);
    }
  }

  #acked(handler: LearnerHandler, zxid: Zxid): void {
    if (counterOf(zxid) === 0) {
      this.#newLeaderAcked(handler, zxid);
      return;
    }
    if (zxid > this.lastProposed) {
      this.#close(handler, `ACK of 0x${zxid.toString(16)}, which was never proposed`);
      return;
    }
    this.#proposals?.countAck(handler.sid, zxid);
    handler.ackedUpTo(zxid);
    this.#advance();
  }

  /** Only this one counts as the acknowledgement of NEWLEADER (ZOOKEEPER-4685); after UPTODATE the same comes again. */
  #newLeaderAcked(handler: LearnerHandler, zxid: Zxid): void {
    if (this.#roll.newLeaderAcknowledged(handler, zxid)) {
      this.#advance();
      return;
    }
    if (handler.phase !== "syncing" || zxid !== makeZxid(this.#epoch, 0)) return;
    handler.phase = "synced";
    handler.followedEpoch = this.#epoch;
    // It waits for others now, and answers no ping before it serves.
    handler.deadlineMs = this.#state.nowMs + this.#initLimitMs;
    if (this.#phase !== "broadcast") {
      this.#countNewLeaderAcks();
      return;
    }
    this.#upToDate(handler);
    this.#advance();
  }

  #advance(): void {
    this.#proposals?.advance();
    this.#state.server?.commitsAdvanced();
    this.#advanced();
  }

  /** The own disk has what was appended: the server has counted that itself, this is for what comes behind. */
  persisted(): void {
    this.#advanced();
  }

  #advanced(): void {
    this.#roll.advance();
    const activation = this.#proposals?.takeActivation();
    if (activation !== undefined) this.#reconfigured(activation);
  }

  #touched(data: Uint8Array | null): void {
    const server = this.#state.server;
    if (data === null || server === null) return;
    const reader = new JuteReader(data);
    while (reader.remaining >= 12) {
      const session = reader.readInt64();
      server.leaderSide.touch(session, reader.readInt());
    }
  }

  #request(handler: LearnerHandler, data: Uint8Array, authinfo: QuorumPacket["authinfo"]): void {
    handler.requests++;
    const kind = this.#state.server?.leaderSide.request(handler.link, data, authinfo);
    if (kind !== "sync") return;
    if (this.#proposals === undefined) this.#state.out.send(handler.link, SYNC_PACKET);
    else this.#proposals.sync(handler);
  }

  #revalidate(handler: LearnerHandler, data: Uint8Array): void {
    this.#state.peerStats.counters.revalidate_count++;
    const reader = new JuteReader(data);
    const session = reader.readInt64();
    const timeoutMs = reader.readInt();
    const isValid = this.#state.server?.leaderSide.revalidate(handler.link, session, timeoutMs) ?? false;
    const answer = new JuteWriter(9);
    answer.writeInt64(session);
    answer.writeBoolean(isValid);
    this.#state.out.send(handler.link, encodeWithData(PacketType.REVALIDATE, -1 as Zxid, answer.bytes()));
  }

  // Time

  tick(): void {
    const { nowMs, tickMs } = this.#state;
    this.#forgiveStall();
    if (this.#phase !== "broadcast" && nowMs >= this.#phaseDeadlineMs) {
      this.#end.ended(`no quorum has joined this leader within initLimit (${this.#initLimitMs} ms)`);
      return;
    }
    for (const handler of [...this.#handlers.values()]) this.#checkAlive(handler);
    if (this.#roll.isOverdue) {
      this.#end.ended("the change of the epoch was not acknowledged in time");
      return;
    }
    if (nowMs < this.#nextPingMs) return;
    this.#nextPingMs = nowMs + tickMs / 2;
    this.#isTickDue = !this.#isTickDue;
    if (!this.#isTickDue && this.#phase === "broadcast" && !this.#hasQuorum()) {
      this.#end.ended("not enough followers are alive and in sync for a quorum");
      return;
    }
    this.#ping();
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

  #checkAlive(handler: LearnerHandler): void {
    const { nowMs } = this.#state;
    if (nowMs >= handler.deadlineMs) this.#close(handler, "nothing was heard of it within its limit of time");
    else if (handler.phase === "serving" && handler.isLate(nowMs, this.#syncLimitMs)) {
      this.#close(handler, `a proposal was not acknowledged within syncLimit (${this.#syncLimitMs} ms)`);
    }
  }

  #hasQuorum(): boolean {
    const alive = new Set([this.#state.sid]);
    // Only who acknowledges proposals: an observer of which a reconfig makes a voter does not yet, and without it none commits.
    for (const { isForwarding, isObserver, sid } of this.#handlers.values()) {
      if (isForwarding && !isObserver) alive.add(sid);
    }
    return containsAllQuorums(this.#state.view, alive);
  }

  #ping(): void {
    const ping = encodeBare(PacketType.PING, this.lastProposed);
    for (const { link, isForwarding } of this.#handlers.values()) {
      if (isForwarding) this.#state.out.send(link, ping);
    }
  }

  /** One of the voters looks for a leader: with `leader.maxTimeToWaitForEpoch` a leader that has waited longer gives up. */
  disloyal(): void {
    const { waitForEpochMaxMs } = this.#state.ensemble;
    if (waitForEpochMaxMs < 0 || this.#phase !== "discovery") return;
    if (this.#state.nowMs - this.#startedMs < waitForEpochMaxMs) return;
    this.#state.peerStats.counters.quit_leading_due_to_disloyal_voter++;
    this.#end.ended(
      `no epoch within leader.maxTimeToWaitForEpoch (${waitForEpochMaxMs} ms), and a voter looks for a leader`,
    );
  }

  // Reconfiguration

  #decideReconfig(request: ReconfigRequest, zxid: Zxid): string | ErrorCode {
    const connected = new Set([this.#state.sid]);
    // An observer acknowledges nothing: a reconfig that needs it for its quorum would never commit, nor anything behind it.
    for (const { phase, isObserver, sid } of this.#handlers.values()) {
      if (phase === "serving" && !isObserver) connected.add(sid);
    }
    const { joiningServers, leavingServers, newMembers, curConfigId } = request;
    const { view, ensemble } = this.#state;
    const decision = decideReconfig(
      { joining: joiningServers, leaving: leavingServers, newMembers, curConfigId },
      view,
      ensemble.rules,
      connected,
    );
    if ("error" in decision) {
      this.#state.notice("info", `reconfig refused: ${decision.reason}`);
      return decision.error;
    }
    this.#decided = { ...decision.proposed, version: zxid };
    return formatMembership(this.#decided);
  }

  #proposeReconfig(): void {
    if (this.#decided !== undefined) this.#state.setLastSeen(this.#decided);
    this.#decided = undefined;
  }

  /**
   * Who leads once a reconfig is committed (quorum-protocol 5.7): this server while it is a voter at the same addresses; else the
   * voter that has acknowledged the most of what follows.
   */
  #designate({ reconfig, entry }: Outstanding, laterZxids: readonly Zxid[]): number {
    const { sid, view } = this.#state;
    if (reconfig === undefined) return sid;
    const before = memberOf(view.committed, sid);
    const after = memberOf(reconfig, sid);
    const { voters } = quorumSystemOf(reconfig);
    const staysAt = before === undefined || after === undefined || sameAddresses(before, after);
    if (voters.has(sid) && staysAt) return sid;
    let candidates = [...this.#handlers.values()].filter(
      (handler) => voters.has(handler.sid) && handler.hasAcked(entry.zxid),
    );
    for (const zxid of laterZxids) {
      const left = candidates.filter(({ acked }) => acked >= zxid);
      if (left.length === 0) break;
      candidates = left;
    }
    return candidates[0]?.sid ?? sid;
  }

  #reconfigured({ membership, leader }: Activation): void {
    const state = this.#state;
    this.#end.reconfigured(membership, leader);
    if (leader !== state.sid) return;
    for (const handler of this.#handlers.values()) {
      const member = memberOf(membership, handler.sid);
      if (member?.peerType === "observer" || !handler.isObserver) continue;
      state.notice("info", `${handler.name} is a voter now: it will come back as a follower`);
    }
  }

  stop(): readonly LogEntry[] {
    for (const { link } of this.#handlers.values()) this.#state.out.close(link);
    this.#handlers.clear();
    this.#state.out.listen({ quorum: false, observerMaster: false });
    return this.#proposals?.entries() ?? [];
  }
}

/** Whether the learner's history is newer than the leader's, which then must not lead (quorum-protocol 3.2 step 6). */
function isAhead(epoch: number, zxid: Zxid, ownEpoch: number, ownZxid: Zxid): boolean {
  if (epoch === -1 || epoch < ownEpoch) return false;
  if (epoch > ownEpoch) return true;
  // An Apache that has led says (epoch, 0) where it has had no txn: that is the history it began with, and so had we.
  return counterOf(zxid) !== 0 && zxid > ownZxid;
}
