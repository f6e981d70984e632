import { JuteError, JuteReader } from "../../../protocol/jute-reader.ts";
import { OpCode } from "../../../protocol/opcode.ts";
import type { QuorumPacket } from "../../../protocol/records/quorum.ts";
import { counterOf, epochOf, makeZxid, type Zxid, zxidText } from "../../../protocol/zxid.ts";
import { formatMembership } from "../../quorum/membership-text.ts";
import { isKnown } from "../../quorum/quorum-view.ts";
import type { LogEntry } from "../../ready.ts";
import {
  decodeLearnerInfo,
  encodeInform,
  encodeInformAndActivate,
  encodeLeaderInfo,
  encodeNewLeader,
  encodeRequest,
  encodeWithData,
  PacketType,
  PROTOCOL_VERSION,
  SYNC_PACKET,
  UPTODATE_PACKET,
} from "../packets.ts";
import type { LinkAccepted, LinkId, LogSurveyed } from "../peer-face.ts";
import type { PeerState } from "../peer-state.ts";
import type { LearnerHandler } from "./learner-handler.ts";
import { LearnerRegistry } from "./learner-registry.ts";
import { LearnerSync } from "./learner-sync.ts";

/** How the observers of a follower reach its leader. */
export interface Upstream {
  /** Sends a packet on the link to the leader. */
  send(bytes: ReturnType<typeof encodeRequest>): void;
  /** A sync of `asker` has gone to the leader, or a question about a session. Answers come in the order of asking. */
  syncAsked(asker: LearnerHandler): void;
  revalidationAsked(asker: LearnerHandler): void;
}

/** A follower that feeds observers, so that the leader need not (quorum-protocol 3.16). */
export class ObserverMaster {
  readonly #state: PeerState;
  readonly #upstream: Upstream;
  readonly #sync: LearnerSync;
  readonly #learners: LearnerRegistry;
  /** Those that were offered an epoch while they followed in the one before, until they follow in it. */
  readonly #changing = new Map<LearnerHandler, "asked" | "accepted">();
  #epoch: number;
  #nextPingMs: number;

  constructor(state: PeerState, epoch: number, upstream: Upstream) {
    this.#state = state;
    this.#epoch = epoch;
    this.#upstream = upstream;
    this.#sync = new LearnerSync(state);
    this.#learners = new LearnerRegistry(state, (handler) => void this.#changing.delete(handler));
    this.#nextPingMs = state.nowMs + state.tickMs / 2;
    state.out.listen({ quorum: false, observerMaster: true });
  }

  get observers(): ReadonlyMap<LinkId, LearnerHandler> {
    return this.#learners.byLink;
  }

  get nextDeadline(): number {
    return Math.min(this.#nextPingMs, this.#learners.nextDeadline);
  }

  linkAccepted(input: LinkAccepted): void {
    this.#learners.accepted(input);
  }

  /** Whether the link is one of its observers'. */
  has(link: LinkId): boolean {
    return this.#learners.byLink.has(link);
  }

  linkDown(link: LinkId): void {
    const handler = this.#learners.get(link);
    if (handler !== undefined) this.#learners.forget(handler);
  }

  linkProgress(link: LinkId): void {
    this.#learners.progress(link);
  }

  packet(link: LinkId, packet: QuorumPacket): void {
    const handler = this.#learners.get(link);
    if (handler === undefined) return;
    handler.packetsReceived++;
    handler.heardMs = this.#state.nowMs;
    const isJoining = handler.phase === "connected" || handler.phase === "informed";
    const { nowMs, initLimitMs, syncLimitMs } = this.#state;
    handler.deadlineMs = nowMs + (isJoining ? initLimitMs : syncLimitMs);
    try {
      if (handler.phase === "connected") this.#introduced(handler, packet);
      else if (handler.phase === "informed") this.#epochAcknowledged(handler, packet);
      else this.#followed(handler, packet);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.#learners.close(handler, error.message);
    }
  }

  #introduced(handler: LearnerHandler, { type, data }: QuorumPacket): void {
    const { sid, protocolVersion, configVersion } = decodeLearnerInfo(data);
    if (type !== PacketType.OBSERVERINFO || sid === undefined || protocolVersion < PROTOCOL_VERSION) {
      this.#learners.close(handler, "an observer master takes observers of Zab 1.0 only");
      return;
    }
    const { options, view } = this.#state;
    if (configVersion > view.committed.version) {
      this.#learners.close(handler, "its configuration is ahead of ours");
      return;
    }
    if (!options.server.reconfigEnabled && !isKnown(sid, view)) {
      this.#learners.close(handler, `server ${sid} is not in the configuration`);
      return;
    }
    if (this.#isChangingEpoch) {
      this.#learners.close(handler, "the epoch is being changed: it is welcome in the next one");
      return;
    }
    handler.sid = sid;
    handler.isObserver = true;
    handler.protocolVersion = protocolVersion;
    handler.phase = "informed";
    this.#state.out.sendDurable(handler.link, encodeLeaderInfo(this.#epoch));
  }

  #epochAcknowledged(handler: LearnerHandler, { type, zxid }: QuorumPacket): void {
    if (type !== PacketType.ACKEPOCH) {
      this.#learners.close(handler, `packet of type ${type} where ACKEPOCH must come`);
      return;
    }
    handler.lastZxid = zxid;
    const refusal = this.#aheadOfUs(zxid) ?? this.#sync.refusalOf(handler, this.#learners);
    if (refusal !== undefined) this.#learners.close(handler, refusal);
    else if (this.#sync.plan(handler, undefined, this.#learners)) this.#forward(handler);
  }

  /**
   * Why an observer that has more of this epoch than was committed here must wait, undefined when it has not: what another
   * master has given it is decided, and its clients have seen it. A cut would take that back (S19, S22).
   */
  #aheadOfUs(zxid: Zxid): string | undefined {
    const { lastProcessedZxid } = this.#state.database;
    const isOfEpoch = epochOf(zxid) === this.#epoch && counterOf(zxid) !== 0;
    if (!isOfEpoch || zxid <= lastProcessedZxid) return undefined;
    return `it has ${zxidText(zxid)}, and ${zxidText(lastProcessedZxid)} is the last that is committed here`;
  }

  logSurveyed(survey: LogSurveyed): void {
    const handler = this.#learners.get(survey.link);
    if (handler?.phase === "surveying" && this.#sync.plan(handler, survey, this.#learners))
      this.#forward(handler);
  }

  /** NEWLEADER comes behind the txns of which a snapshot may hold parts. */
  #forward(handler: LearnerHandler): void {
    handler.phase = "syncing";
    handler.isForwarding = true;
    if (handler.syncMode !== "SNAP") this.#sendNewLeader(handler);
  }

  snapshotSent(link: LinkId): void {
    const handler = this.#learners.get(link);
    if (handler?.phase === "syncing") this.#sendNewLeader(handler);
  }

  #sendNewLeader({ link }: LearnerHandler): void {
    const { view, out } = this.#state;
    out.send(link, encodeNewLeader(this.#epoch, formatMembership(view.committed)));
  }

  #followed(handler: LearnerHandler, { type, zxid, data, authinfo }: QuorumPacket): void {
    switch (type) {
      case PacketType.ACK:
        if (zxid === makeZxid(this.#epoch, 0)) this.#newLeaderAcknowledged(handler);
        return;
      case PacketType.ACKEPOCH:
        this.#epochAccepted(handler);
        return;
      case PacketType.PING:
        this.#touched(data);
        return;
      case PacketType.REQUEST:
        handler.requests++;
        if (data === null || data.length < 16) throw new JuteError("a REQUEST without its header");
        if (new JuteReader(data.subarray(12)).readInt() === OpCode.sync) this.#upstream.syncAsked(handler);
        this.#upstream.send(encodeRequest(data, authinfo));
        return;
      case PacketType.REVALIDATE:
        this.#state.peerStats.counters.revalidate_count++;
        if (data === null) throw new JuteError("a REVALIDATE without a session");
        this.#upstream.revalidationAsked(handler);
        this.#upstream.send(encodeWithData(PacketType.REVALIDATE, zxid, data));
        return;
      default:
        this.#learners.close(handler, `packet of type ${type}, which no observer sends`);
    }
  }

  #newLeaderAcknowledged(handler: LearnerHandler): void {
    const isJoining = handler.phase === "syncing";
    if (!isJoining && this.#changing.get(handler) !== "accepted") return;
    this.#changing.delete(handler);
    handler.followedEpoch = this.#epoch;
    this.#state.out.send(handler.link, UPTODATE_PACKET);
    if (!isJoining) return;
    handler.phase = "serving";
    this.#state.notice("info", `${handler.name} is in sync (${handler.syncMode})`);
  }

  /**
   * The leader goes on to another epoch without an election, and this follower has accepted it: so shall the observers that know how,
   * over the links that they have, while their clients stay connected (3.14). Everything of the epoch before went to them before.
   */
  offerEpoch(epoch: number): void {
    for (const handler of [...this.#learners]) {
      // Nor one that has not come along with the change before: its answers could not be told apart.
      const comesAlong =
        handler.isOurs && handler.phase === "serving" && handler.followedEpoch === this.#epoch;
      if (comesAlong) {
        this.#changing.set(handler, "asked");
        this.#state.out.sendDurable(handler.link, encodeLeaderInfo(epoch));
      } else this.#learners.close(handler, "the epoch is being changed: it is welcome in the next one");
    }
  }

  /** This follower serves in the epoch that it has offered. */
  beginEpoch(epoch: number): void {
    this.#epoch = epoch;
    for (const [handler, stage] of this.#changing) if (stage === "accepted") this.#sendNewLeader(handler);
  }

  #epochAccepted(handler: LearnerHandler): void {
    if (this.#changing.get(handler) !== "asked") throw new JuteError("an ACKEPOCH that nobody asked for");
    this.#changing.set(handler, "accepted");
    if (!this.#isChangingEpoch) this.#sendNewLeader(handler);
  }

  /** Offered to the observers, and not begun. */
  get #isChangingEpoch(): boolean {
    return this.#state.acceptedEpoch !== this.#epoch;
  }

  #touched(data: Uint8Array | null): void {
    const { server } = this.#state;
    if (data === null || server === null) return;
    const reader = new JuteReader(data);
    while (reader.remaining >= 12) {
      const session = server.sessions.get(reader.readInt64());
      reader.readInt();
      if (session !== undefined) server.sessions.touch(session, this.#state.nowMs);
    }
  }

  /** The leader has committed a txn, and it has been applied here. */
  committed({ zxid, bytes }: LogEntry, leader: number | undefined): void {
    if (this.#learners.byLink.size === 0) return;
    const packet =
      leader === undefined ? encodeInform(zxid, bytes) : encodeInformAndActivate(zxid, leader, bytes);
    for (const { link, isForwarding } of this.#learners) {
      if (isForwarding) this.#state.out.send(link, packet);
    }
  }

  syncAnswered(asker: LearnerHandler): void {
    if (this.#learners.get(asker.link) === asker) this.#state.out.send(asker.link, SYNC_PACKET);
  }

  revalidated(asker: LearnerHandler, zxid: Zxid, data: Uint8Array): void {
    if (this.#learners.get(asker.link) !== asker) return;
    this.#state.out.send(asker.link, encodeWithData(PacketType.REVALIDATE, zxid, data));
  }

  tick(): void {
    const { nowMs, tickMs, lastZxid } = this.#state;
    this.#learners.closeLate();
    if (nowMs < this.#nextPingMs) return;
    this.#nextPingMs = nowMs + tickMs / 2;
    this.#learners.ping(lastZxid);
  }

  /** The follower changes its role: its observers look for another master. */
  stop(): void {
    this.#learners.closeAll();
    this.#state.out.listen({ quorum: false, observerMaster: false });
  }
}
