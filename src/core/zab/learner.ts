import { unreachable } from "../../base/invariant.ts";
import { JuteError, JuteReader } from "../../protocol/jute-reader.ts";
import { JuteWriter } from "../../protocol/jute-writer.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { QuorumPacket } from "../../protocol/records/quorum.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import { decodeTxn } from "../../protocol/txn.ts";
import { counterOf, epochOf, ZXID_NONE, ZXID_ZERO, type Zxid } from "../../protocol/zxid.ts";
import { learnerChain } from "../pipeline/chains.ts";
import type { Request } from "../pipeline/connection.ts";
import { Fifo } from "../pipeline/fifo.ts";
import { type Membership, MembershipError } from "../quorum/membership.ts";
import { parseMembershipText } from "../quorum/membership-text.ts";
import type { LogEntry } from "../ready.ts";
import { LeaderDial } from "./leader-dial.ts";
import type { LearnerHandler } from "./learner-handler.ts";
import { ObserverMaster } from "./observer-master.ts";
import {
  encodeAck,
  encodeAckEpoch,
  encodeLearnerInfo,
  encodeRequest,
  encodeWithData,
  PacketType,
  PROTOCOL_VERSION_OURS,
} from "./packets.ts";
import type { JobDone, LinkAccepted, LinkId, LogSurveyed, SnapshotReceived } from "./peer-face.ts";
import type { LoggedEntry, PeerState } from "./peer-state.ts";
import type { Role, RoleEnd, SyncMode, ZabPhase } from "./role.ts";

/**
 * - `dialing`: no link to the leader
 * - `introduced`: waits for LEADERINFO
 * - `acknowledged`: has accepted the epoch, waits for DIFF, TRUNC or SNAP
 * - `receiving`: the leader's snapshot is coming; `cutting`: the own log is being cut
 * - `syncing`: gets what it lacks, up to NEWLEADER
 * - `installing`: the leader's history is being made durable as a snapshot
 * - `following`: has the leader's history, and waits for UPTODATE
 * - `serving`: clients are served
 */
type LearnerPhase =
  | "dialing"
  | "introduced"
  | "acknowledged"
  | "receiving"
  | "cutting"
  | "syncing"
  | "installing"
  | "following"
  | "serving";

const NO_OBSERVERS: ReadonlyMap<LinkId, LearnerHandler> = new Map();
const NEVER = Number.POSITIVE_INFINITY;
const UNDECIDED = Object.freeze({ zxid: ZXID_ZERO, membership: null });

/** The side of Zab 1.0 of a follower and of an observer (quorum-protocol 3.3, 3.5, 3.12, 3.15). */
export class Learner implements Role {
  readonly state: "following" | "observing";
  readonly leaderSid: number;
  readonly #state: PeerState;
  readonly #end: RoleEnd;
  readonly #dial: LeaderDial;
  #phase: LearnerPhase = "dialing";
  #link: LinkId = 0;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #epoch = 0;
  /** A leader of ours takes an ACK for all proposals up to it; Apache's wants one for each. */
  #isLeaderOurs = false;
  /** The last txn that the leader has sent, or that it takes for granted. */
  #received: Zxid = ZXID_ZERO;
  /** Proposals that are not committed; while `syncing` they are not in the log either. */
  readonly #pending = new Fifo<LoggedEntry>();
  /** While `syncing`: how many of them have been committed, and come into the log first. */
  #committed = 0;
  /** The history comes as a whole: it is on disk only once its snapshot is. */
  #isWhole = false;
  /** The own log could not be cut to the leader's wish: everything is to come anew. */
  #asksForAll = false;
  #syncedBy: SyncMode | undefined;
  #linkedAtMs = 0;
  /** Up to here acknowledgements are in the metrics. */
  #ackCounted: Zxid = ZXID_ZERO;
  #newLeader: { readonly zxid: Zxid; readonly membership: Membership | null } = UNDECIDED;
  /** What came while the log, or the epoch, was being changed. */
  readonly #held = new Fifo<QuorumPacket>();
  /** The leader goes on to another epoch: until that is stored, nothing of it may get into the log (S11). */
  #isChangingEpoch = false;
  #isStopped = false;
  #master: ObserverMaster | undefined;
  /** Who has asked the leader, in order: an observer fed from here, or null for a client of this server. */
  readonly #syncAskers = new Fifo<LearnerHandler | null>();
  readonly #revalidationAskers = new Fifo<LearnerHandler | null>();

  constructor(state: PeerState, end: RoleEnd, leaderSid: number) {
    this.state = state.learnerType === "observer" ? "observing" : "following";
    this.#state = state;
    this.#end = end;
    this.leaderSid = leaderSid;
    this.#dial = new LeaderDial(state, leaderSid);
    this.#redial();
  }

  get isServing(): boolean {
    return this.#phase === "serving";
  }

  /** The server that this one learns from: its leader, or a follower that feeds observers. */
  get masterSid(): number {
    return this.#dial.triedSid;
  }

  /** Observers that are fed from here, by link. */
  get observers(): ReadonlyMap<LinkId, LearnerHandler> {
    return this.#master?.observers ?? NO_OBSERVERS;
  }

  get zabPhase(): ZabPhase {
    switch (this.#phase) {
      case "dialing":
      case "introduced":
      case "acknowledged":
        return "discovery";
      case "receiving":
      case "cutting":
      case "syncing":
      case "installing":
      case "following":
        return "synchronization";
      case "serving":
        return "broadcast";
      default:
        return unreachable(this.#phase, "learner phase");
    }
  }

  get syncMode(): SyncMode | undefined {
    return this.#phase === "serving" ? undefined : this.#syncedBy;
  }

  get isObserver(): boolean {
    return this.state === "observing";
  }

  get epoch(): number {
    return this.#epoch;
  }

  get nextDeadline(): number {
    return Math.min(this.#deadlineMs, this.#dial.nextDeadline, this.#master?.nextDeadline ?? NEVER);
  }

  /** Whether this server keeps a log: an observer need not. */
  get #isLogging(): boolean {
    return !this.isObserver || this.#state.ensemble.observersPersist;
  }

  get #initLimitMs(): number {
    return this.#state.ensemble.initLimitTicks * this.#state.tickMs;
  }

  get #syncLimitMs(): number {
    return this.#state.ensemble.syncLimitTicks * this.#state.tickMs;
  }

  // The link

  #redial(): void {
    this.#phase = "dialing";
    this.#syncedBy = undefined;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    this.#dial.start();
    this.#checkDial();
  }

  #checkDial(): void {
    const { failure } = this.#dial;
    if (failure !== undefined) this.#end.ended(failure);
  }

  linkAccepted(input: LinkAccepted): void {
    if (this.#master === undefined) this.#state.out.close(input.link);
    else this.#master.linkAccepted(input);
  }

  linkUp(link: LinkId): void {
    if (!this.#dial.opened(link)) return;
    const state = this.#state;
    this.#link = link;
    this.#linkedAtMs = state.nowMs;
    this.#phase = "introduced";
    this.#restartClock();
    const type = this.isObserver ? PacketType.OBSERVERINFO : PacketType.FOLLOWERINFO;
    const { committed } = state.view;
    // Without reconfig versions mean nothing.
    const configVersion = state.options.server.reconfigEnabled ? committed.version : ZXID_ZERO;
    state.out.send(
      link,
      encodeLearnerInfo(type, state.acceptedEpoch, { serverid: state.sid, configVersion }),
    );
  }

  linkDown(link: LinkId, reason: string): void {
    if (this.#master?.has(link)) this.#master.linkDown(link);
    else if (this.#phase === "dialing") {
      this.#dial.failed(link, reason);
      this.#checkDial();
    } else if (link === this.#link) {
      this.#end.ended(`the connection to leader ${this.leaderSid} is gone: ${reason}`);
    }
  }

  linkProgress(link: LinkId): void {
    if (link === this.#link) this.#restartClock();
    else this.#master?.linkProgress(link);
  }

  #restartClock(): void {
    const isJoining = this.#phase !== "following" && this.#phase !== "serving";
    this.#deadlineMs = this.#state.nowMs + (isJoining ? this.#initLimitMs : this.#syncLimitMs);
  }

  tick(): void {
    const { nowMs } = this.#state;
    if (this.#phase === "dialing") {
      this.#dial.tick();
      this.#checkDial();
    } else if (nowMs >= this.#deadlineMs) {
      this.#end.ended(`nothing was heard of leader ${this.leaderSid} within its limit of time`);
    } else {
      this.#master?.tick();
    }
  }

  packet(link: LinkId, packet: QuorumPacket): void {
    if (link !== this.#link) {
      this.#master?.packet(link, packet);
      return;
    }
    this.#restartClock();
    try {
      if (this.#holds(packet.type)) this.#held.push(keep(packet));
      else this.#packet(packet);
    } catch (error) {
      if (!(error instanceof JuteError || error instanceof MembershipError)) throw error;
      this.#violated(error.message);
    }
  }

  #holds(type: number): boolean {
    if (this.#phase === "cutting" || this.#phase === "installing") return true;
    return this.#isChangingEpoch && type !== PacketType.NEWLEADER && type !== PacketType.PING;
  }

  #takeHeld(): void {
    while (this.#held.length > 0 && !this.#isStopped && !this.#holds(this.#held.peek()!.type)) {
      this.packet(this.#link, this.#held.shift()!);
    }
  }

  #packet(packet: QuorumPacket): void {
    switch (this.#phase) {
      case "introduced":
        this.#leaderInfo(packet);
        break;
      case "acknowledged":
        this.#syncMode(packet);
        break;
      case "syncing":
      case "following":
      case "serving":
        this.#followed(packet);
        break;
      case "dialing":
      case "receiving":
      case "cutting":
      case "installing":
        this.#violated(`packet of type ${packet.type} while ${this.#phase}`);
        break;
      default:
        unreachable(this.#phase, "learner phase");
    }
  }

  /** The leader does what no leader may: whatever it says next, nothing of it is taken. */
  #violated(what: string): void {
    this.#end.ended(`leader ${this.leaderSid} broke the protocol: ${what}`);
  }

  // Discovery

  #leaderInfo({ type, zxid, data }: QuorumPacket): void {
    if (type !== PacketType.LEADERINFO) {
      this.#violated(`its first packet has type ${type}, not LEADERINFO`);
      return;
    }
    if (epochOf(zxid) < this.#state.acceptedEpoch) {
      this.#end.ended(
        `leader ${this.leaderSid} leads epoch ${epochOf(zxid)}, but epoch ${this.#state.acceptedEpoch} was accepted here: the data of ` +
          "this server is of another ensemble, or the others have lost theirs. To have the leader's data here, move version-2 " +
          "of this server aside (keep myid) and start it again",
      );
      return;
    }
    this.#phase = "acknowledged";
    this.#restartClock();
    this.#isLeaderOurs = isOurs(data);
    this.#acceptEpoch(epochOf(zxid), this.#asksForAll ? ZXID_ZERO : this.#state.lastZxid);
  }

  /** Once accepted, an epoch is never accepted again: a second answer says -1 and does not count. */
  #acceptEpoch(epoch: number, lastZxid: Zxid): void {
    const state = this.#state;
    let reply = -1;
    if (epoch > state.acceptedEpoch) {
      reply = state.currentEpoch;
      state.storeAccepted(epoch);
    }
    this.#epoch = epoch;
    state.out.sendDurable(this.#link, encodeAckEpoch(lastZxid, reply));
  }

  // Synchronisation

  #syncMode({ type, zxid }: QuorumPacket): void {
    const state = this.#state;
    if (type !== PacketType.DIFF && this.#isFromStandalone) {
      this.#end.ended(
        `the data of this server (up to ${hex(state.lastZxid)}) was written by a standalone server and is no part of what ` +
          `leader ${this.leaderSid} has: it is kept. To join with the leader's data, move version-2 away; to keep this data, ` +
          "start this server and the others with empty data directories, this one first",
      );
      return;
    }
    switch (type) {
      case PacketType.DIFF:
        this.#syncsBy("DIFF", zxid);
        if (this.#asksForAll) {
          this.#isWhole = true;
          this.#loseDatabase();
        }
        this.#startSyncing(state.lastZxid);
        break;
      case PacketType.TRUNC:
        this.#syncsBy("TRUNC", zxid);
        this.#phase = "cutting";
        this.#received = zxid;
        this.#loseDatabase();
        state.job({ kind: "truncate", zxid });
        break;
      case PacketType.SNAP:
        this.#syncsBy("SNAP", zxid);
        this.#phase = "receiving";
        this.#received = zxid;
        this.#isWhole = true;
        this.#loseDatabase();
        break;
      default:
        this.#violated(`packet of type ${type} where DIFF, TRUNC or SNAP must come`);
    }
  }

  /** No ensemble has ever had this server's txns: epochs begin at 1. Nothing is to replace them unasked. */
  get #isFromStandalone(): boolean {
    const { currentEpoch, lastZxid } = this.#state;
    return currentEpoch === 0 && lastZxid > ZXID_ZERO && epochOf(lastZxid) === 0 && !this.#asksForAll;
  }

  #syncsBy(mode: SyncMode, zxid: Zxid): void {
    this.#syncedBy = mode;
    const { lastZxid } = this.#state;
    this.#state.notice(
      "info",
      `leader ${this.leaderSid} sends ${mode} ${hex(zxid)}, here is ${hex(lastZxid)}`,
    );
  }

  /** The tree of before is not needed any more, and there is room for one only. */
  #loseDatabase(): void {
    this.#state.isDatabaseLost = true;
    this.#state.database = this.#state.options.createDatabase();
  }

  snapshotReceived({ link, database }: SnapshotReceived): void {
    if (link !== this.#link || this.#phase !== "receiving") return;
    this.#state.database = database;
    database.beginFuzziness();
    this.#startSyncing(this.#received);
  }

  jobDone(done: JobDone): void {
    switch (done.kind) {
      case "recovered":
        this.#state.database = done.database;
        this.#state.isDatabaseLost = false;
        this.#state.hasUnlogged = false;
        if (done.lastZxid !== this.#received) {
          // What the leader sends next begins behind that; this disk may never have had all of it, as an observer's without a log.
          this.#state.notice(
            "warn",
            `the log was cut to ${hex(this.#received)}, but ends at ${hex(done.lastZxid)}; asking leader ${this.leaderSid} for everything`,
          );
          this.#askForAll();
          return;
        }
        this.#startSyncing(done.lastZxid);
        break;
      case "truncateRefused":
        this.#state.notice("warn", `${done.reason}; asking leader ${this.leaderSid} for everything instead`);
        this.#askForAll();
        return;
      case "snapshotInstalled":
        this.#state.isDatabaseLost = false;
        this.#state.hasUnlogged = false;
        this.#isWhole = false;
        this.#haveHistory();
        break;
      default:
        unreachable(done, "storage job");
    }
    this.#takeHeld();
  }

  #askForAll(): void {
    this.#state.out.close(this.#link);
    this.#held.truncate(0);
    this.#asksForAll = true;
    this.#redial();
  }

  #startSyncing(from: Zxid): void {
    this.#phase = "syncing";
    this.#received = from;
    this.#restartClock();
  }

  #followed(packet: QuorumPacket): void {
    const { type, zxid, data } = packet;
    switch (type) {
      case PacketType.PROPOSAL:
        this.#proposed(zxid, requireData(data));
        break;
      case PacketType.COMMIT:
        this.#commit(zxid, undefined);
        break;
      case PacketType.COMMITANDACTIVATE:
        this.#commit(zxid, new JuteReader(requireData(data)).readLong());
        break;
      case PacketType.INFORM:
        this.#informed(zxid, requireData(data), undefined);
        break;
      case PacketType.INFORMANDACTIVATE: {
        const bytes = requireData(data);
        this.#informed(zxid, bytes.subarray(8), new JuteReader(bytes).readLong());
        break;
      }
      case PacketType.NEWLEADER:
        this.#newLeaderCame(zxid, data);
        break;
      case PacketType.UPTODATE:
        this.#upToDate();
        break;
      case PacketType.PING:
        // Before that no packet may overtake the acknowledgement of NEWLEADER, for which Apache's leaders wait (3.9).
        if (this.#phase === "serving") this.#ping(zxid);
        break;
      case PacketType.SYNC:
        this.#syncAnswered();
        break;
      case PacketType.REVALIDATE:
        this.#revalidated(zxid, requireData(data));
        break;
      case PacketType.LEADERINFO:
        this.#epochChanges(zxid);
        break;
      default:
        this.#state.notice("warn", `leader ${this.leaderSid} has sent a packet of type ${type}: ignored`);
    }
  }

  #proposed(zxid: Zxid, data: Uint8Array): void {
    // Around the point of the sync a txn may come twice, or be in the snapshot already.
    if (zxid <= this.#received) {
      if (this.#phase === "syncing") return;
      throw new JuteError(`proposal ${hex(zxid)} behind ${hex(this.#received)}`);
    }
    if (!follows(this.#received, zxid)) {
      throw new JuteError(
        `proposal ${hex(zxid)} does not follow ${hex(this.#received)}: something is missing`,
      );
    }
    const { acceptedEpoch, currentEpoch } = this.#state;
    const epoch = this.#phase === "syncing" ? acceptedEpoch : currentEpoch;
    if (epochOf(zxid) > epoch) throw new JuteError(`proposal ${hex(zxid)}, while epoch ${epoch} is led`);
    // Not slice(): of a Buffer that would be a view.
    const bytes = new Uint8Array(data);
    const txn = decodeTxn(bytes, this.#state.options.server.fieldBytesMax);
    if (txn.header.zxid !== zxid)
      throw new JuteError(`proposal ${hex(zxid)} holds txn ${hex(txn.header.zxid)}`);
    this.#received = zxid;
    const logged = { txn, entry: { zxid, bytes } };
    if (txn.body.type === OpCode.reconfig) this.#reconfigProposed(this.#parseMembership(txn.body.data));
    this.#pending.push(logged);
    const { counters, summaries } = this.#state.peerStats;
    counters.learner_proposal_received_count++;
    summaries.proposal_latency.add(this.#ageOf(txn));
    if (this.#phase !== "syncing") this.#log(logged);
  }

  /** One that is older than what is committed here is history, which a sync repeats. */
  #reconfigProposed(membership: Membership): void {
    if (membership.version > this.#state.view.committed.version) this.#state.setLastSeen(membership);
  }

  /** To the log, and once it is there the leader hears of it. */
  #log({ entry }: LoggedEntry): void {
    const state = this.#state;
    if (!this.#isLogging) {
      state.hasUnlogged = true;
      return;
    }
    state.append(entry);
    if (this.isObserver) return;
    if (this.#isLeaderOurs) state.out.acknowledgeUpTo(this.#link, entry.zxid);
    else state.out.sendDurable(this.#link, encodeAck(entry.zxid));
  }

  /** ms since the leader stamped the txn. */
  #ageOf({ header }: LoggedEntry["txn"]): number {
    return Math.max(0, this.#state.turn.wallMs - header.time);
  }

  #commit(zxid: Zxid, leader: number | undefined): void {
    this.#state.peerStats.counters.learner_commit_received_count++;
    if (this.#phase === "syncing") {
      const next = this.#pending.at(this.#committed);
      // Its proposal was in the snapshot already.
      if (next === undefined || zxid < next.entry.zxid) {
        if (zxid <= this.#received) return;
      } else if (zxid === next.entry.zxid) {
        this.#committed++;
        return;
      }
      throw new JuteError(`commit of ${hex(zxid)}, which was not proposed`);
    }
    const next = this.#pending.peek();
    if (next === undefined || next.entry.zxid !== zxid) {
      const expected = next === undefined ? "nothing" : hex(next.entry.zxid);
      throw new JuteError(`commit of ${hex(zxid)} where ${expected} is the next proposal`);
    }
    this.#pending.shift();
    this.#state.peerStats.counters.request_commit_queued++;
    this.#state.peerStats.summaries.commit_propagation_latency.add(this.#ageOf(next.txn));
    this.#apply(next, leader);
  }

  #informed(zxid: Zxid, data: Uint8Array, leader: number | undefined): void {
    const before = this.#received;
    this.#proposed(zxid, data);
    if (this.#received !== before) this.#commit(zxid, leader);
  }

  #apply(logged: LoggedEntry, leader: number | undefined): void {
    const { txn, entry } = logged;
    const { server } = this.#state;
    const isReconfig = txn.body.type === OpCode.reconfig;
    if (server === null) this.#state.apply(logged);
    else server.applyCommitted(txn, entry);
    this.#master?.committed(entry, leader);
    if (!isReconfig || leader === undefined || txn.body.type !== OpCode.reconfig) return;
    this.#end.reconfigured(this.#parseMembership(txn.body.data), leader);
  }

  #parseMembership(data: Uint8Array | null): Membership {
    const text = new TextDecoder().decode(data ?? new Uint8Array(0));
    return parseMembershipText(text, this.#state.ensemble.rules);
  }

  // The leader's history is complete

  #newLeaderCame(zxid: Zxid, data: Uint8Array | null): void {
    if (epochOf(zxid) !== this.#state.acceptedEpoch || counterOf(zxid) !== 0) {
      throw new JuteError(`NEWLEADER of ${hex(zxid)}, while epoch ${this.#state.acceptedEpoch} was accepted`);
    }
    const membership = data === null || data.length <= 1 ? null : this.#parseMembership(data);
    this.#newLeader = { zxid, membership };
    if (membership !== null) this.#adoptProposed(membership);
    if (this.#phase !== "syncing") this.#acknowledgeNewLeader();
    else if (this.#isWhole) this.#install();
    else this.#haveHistory();
  }

  /** The leader's word about what is proposed replaces what a leader of before had proposed. */
  #adoptProposed(membership: Membership): void {
    const { committed, lastSeen } = this.#state.view;
    if (!this.#state.options.server.reconfigEnabled) return;
    if (membership.version > committed.version) {
      if (lastSeen?.version !== membership.version) this.#state.setLastSeen(membership);
    } else if (lastSeen !== null && !this.#isPending(lastSeen.version)) {
      this.#state.setLastSeen(null);
    }
  }

  /** Whether the txn has come as a proposal of this leader and is not committed. */
  #isPending(zxid: Zxid): boolean {
    for (let at = 0; at < this.#pending.length; at++) {
      if (this.#pending.at(at)!.entry.zxid === zxid) return true;
    }
    return false;
  }

  /** Everything came whole: what is committed is applied in memory, and a snapshot of that goes to the disk. */
  #install(): void {
    const state = this.#state;
    for (; this.#committed > 0; this.#committed--) state.apply(this.#pending.shift()!);
    state.database.endFuzziness();
    if (!this.#isLogging) {
      state.hasUnlogged = true;
      state.isDatabaseLost = false;
      this.#haveHistory();
      return;
    }
    this.#phase = "installing";
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    state.job({ kind: "installSnapshot", zxid: state.lastZxid, database: state.database });
  }

  /** What was committed goes to the log, then the epoch is stored, then the leader hears of it; what is only proposed comes behind. */
  #haveHistory(): void {
    const state = this.#state;
    this.#phase = "following";
    this.#asksForAll = false;
    state.mayVote = true;
    this.#restartClock();
    for (; this.#committed > 0; this.#committed--) {
      const logged = this.#pending.shift()!;
      if (this.#isLogging) state.append(logged.entry);
      else state.hasUnlogged = true;
      state.apply(logged);
    }
    this.#acknowledgeNewLeader();
    for (let at = 0; at < this.#pending.length; at++) this.#log(this.#pending.at(at)!);
  }

  #acknowledgeNewLeader(): void {
    const { zxid } = this.#newLeader;
    this.#state.storeCurrent(epochOf(zxid));
    this.#state.out.sendDurable(this.#link, encodeAck(zxid));
  }

  #upToDate(): void {
    if (this.#phase === "syncing" || this.#newLeader.zxid === ZXID_ZERO) {
      throw new JuteError("UPTODATE before NEWLEADER");
    }
    const { membership, zxid } = this.#newLeader;
    this.#epoch = epochOf(zxid);
    // Apache's leaders send the last one that they have seen, committed or not.
    const isCommitted = membership !== null && !this.#isPending(membership.version);
    if (isCommitted && !this.#end.reconfigured(membership, undefined)) return;
    if (this.#phase === "serving") {
      this.#end.established(this.#epoch);
      this.#feedObservers();
      return;
    }
    this.#serve();
    this.#state.out.sendDurable(this.#link, encodeAck(zxid));
  }

  #serve(): void {
    const state = this.#state;
    this.#phase = "serving";
    state.showConfiguration();
    const role = this.isObserver ? "observer" : "follower";
    state.startServer(
      learnerChain(role, (request) => this.#forward(request)),
      { askLeader: (session, timeoutMs) => this.#askAbout(session, timeoutMs) },
    );
    const { observer_sync_time, follower_sync_time } = state.peerStats.summaries;
    (this.isObserver ? observer_sync_time : follower_sync_time).add(state.nowMs - this.#linkedAtMs);
    state.event({ kind: "serving", state: this.state, epoch: this.#epoch });
    this.#end.established(this.#epoch);
    this.#feedObservers();
  }

  #feedObservers(): void {
    if (this.isObserver || this.#state.ensemble.observerMasterPort === 0) return;
    this.#master = new ObserverMaster(this.#state, {
      epoch: this.#epoch,
      send: (bytes) => this.#state.out.send(this.#link, bytes),
      syncAsked: (asker) => this.#syncAskers.push(asker),
      revalidationAsked: (asker) => this.#revalidationAskers.push(asker),
    });
  }

  /** The leader goes on to another epoch without an election: everything before it is here, and stays. */
  #epochChanges(zxid: Zxid): void {
    if (this.#phase !== "serving" || epochOf(zxid) <= this.#state.acceptedEpoch || counterOf(zxid) !== 0) {
      throw new JuteError(`LEADERINFO of ${hex(zxid)} while ${this.#phase}`);
    }
    this.#isChangingEpoch = true;
    // Its observers have to accept the epoch too, before they get anything of it.
    this.#master?.stop();
    this.#master = undefined;
    this.#acceptEpoch(epochOf(zxid), this.#received);
  }

  // Clients of this server

  #forward(request: Request): void {
    const { server, out } = this.#state;
    const { frame, ids, operation } = request;
    const body = new JuteWriter(8 + frame.length);
    body.writeInt64(request.sessionId);
    body.writeRaw(frame);
    if (operation.type === OpCode.sync) {
      server?.learnerSide.syncAsked(request);
      this.#syncAskers.push(null);
    }
    const authinfo = operation.type === OpCode.createSession ? null : ids;
    out.send(this.#link, encodeRequest(body.bytes(), authinfo));
  }

  #askAbout(session: SessionId, timeoutMs: number): void {
    const body = new JuteWriter(12);
    body.writeInt64(session);
    body.writeInt(timeoutMs);
    this.#revalidationAskers.push(null);
    this.#state.out.send(this.#link, encodeWithData(PacketType.REVALIDATE, ZXID_NONE, body.bytes()));
  }

  #syncAnswered(): void {
    const asker = this.#syncAskers.shift();
    if (asker === null) this.#state.server?.learnerSide.syncAnswered();
    else if (asker !== undefined) this.#master?.syncAnswered(asker);
  }

  #revalidated(zxid: Zxid, data: Uint8Array): void {
    const asker = this.#revalidationAskers.shift();
    if (asker !== null) {
      if (asker !== undefined) this.#master?.revalidated(asker, zxid, data);
      return;
    }
    const reader = new JuteReader(data);
    const session = reader.readInt64();
    this.#state.server?.revalidated(session, reader.readBoolean());
  }

  #ping(zxid: Zxid): void {
    const body = new JuteWriter(64);
    const touched = this.#state.server?.sessions.takeTouched() ?? [];
    for (const { id, timeoutMs, isClosing } of touched) {
      if (isClosing) continue;
      body.writeInt64(id);
      body.writeInt(timeoutMs);
    }
    this.#state.out.send(this.#link, encodeWithData(PacketType.PING, zxid, body.bytes()));
  }

  snapshotSent(link: LinkId): void {
    this.#master?.snapshotSent(link);
  }

  logSurveyed(survey: LogSurveyed): void {
    this.#master?.logSurveyed(survey);
  }

  epochsStored(current: number | undefined): void {
    if (!this.#isChangingEpoch || current !== this.#state.acceptedEpoch) return;
    this.#isChangingEpoch = false;
    this.#takeHeld();
  }

  /** What has become durable is acknowledged: how old it is. */
  persisted(): void {
    if (this.isObserver || (this.#phase !== "following" && this.#phase !== "serving")) return;
    const { durable, peerStats } = this.#state;
    const first = this.#pending.peek()?.entry.zxid ?? durable;
    for (let at = Math.max(0, this.#ackCounted + 1 - first); ; at++) {
      const next = this.#pending.at(at);
      if (next === undefined || next.entry.zxid > durable) return;
      this.#ackCounted = next.entry.zxid;
      peerStats.summaries.proposal_ack_creation_latency.add(this.#ageOf(next.txn));
    }
  }

  stop(): readonly LogEntry[] {
    this.#isStopped = true;
    this.#dial.stop();
    this.#master?.stop();
    if (this.#link !== 0) this.#state.out.close(this.#link);
    if (this.#phase !== "following" && this.#phase !== "serving") return [];
    const entries: LogEntry[] = [];
    if (this.#isLogging) {
      for (let at = 0; at < this.#pending.length; at++) entries.push(this.#pending.at(at)!.entry);
    }
    return entries;
  }
}

/** `to` can be the txn behind `from`: the next of the epoch, or the first of a later one. */
function follows(from: Zxid, to: Zxid): boolean {
  return to === from + 1 || (epochOf(to) > epochOf(from) && counterOf(to) === 1);
}

/** Whether a LEADERINFO is of a server of this project. */
function isOurs(data: Uint8Array | null): boolean {
  return data !== null && data.length >= 4 && new JuteReader(data).readInt() === PROTOCOL_VERSION_OURS;
}

function requireData(data: Uint8Array | null): Uint8Array {
  if (data === null) throw new JuteError("a packet without the data that its type must have");
  return data;
}

function keep(packet: QuorumPacket): QuorumPacket {
  return { ...packet, data: packet.data === null ? null : new Uint8Array(packet.data) };
}

function hex(zxid: Zxid): string {
  return `0x${zxid.toString(16)}`;
}
