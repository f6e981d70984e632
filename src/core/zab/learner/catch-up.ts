import { unreachable } from "../../../base/invariant.ts";
import { JuteError } from "../../../protocol/jute-reader.ts";
import type { QuorumPacket } from "../../../protocol/records/quorum.ts";
import { counterOf, epochOf, ZXID_ZERO, type Zxid, zxidText } from "../../../protocol/zxid.ts";
import { type Membership, memberOf } from "../../quorum/membership.ts";
import type { Database } from "../../tree/database.ts";
import { encodeAck, PacketType } from "../packets.ts";
import type { JobDone } from "../peer-face.ts";
import type { PeerState } from "../peer-state.ts";
import type { RoleEnd, SyncMode } from "../role.ts";
import type { LeaderLink } from "./leader-link.ts";
import type { ReceivedProposals } from "./received-proposals.ts";

/** What NEWLEADER says. */
export interface NewLeader {
  /** The epoch, with counter 0; {@link ZXID_ZERO} before there was one. */
  readonly zxid: Zxid;
  /** The configuration that the leader goes by; null when it tells none. */
  readonly membership: Membership | null;
}

const UNDECIDED: NewLeader = Object.freeze({ zxid: ZXID_ZERO, membership: null });

/**
 * How a learner comes to have its leader's history, in memory and on disk: from DIFF, TRUNC or SNAP to the acknowledgement of
 * NEWLEADER (quorum-protocol 3.5).
 */
export class CatchUp {
  readonly #state: PeerState;
  readonly #link: LeaderLink;
  readonly #proposals: ReceivedProposals;
  readonly #end: RoleEnd;
  /** The history comes as a whole: it is on disk only once its snapshot is. */
  #isWhole = false;
  /** The own log could not be cut to the leader's wish: everything is to come anew. */
  #asksForAll = false;
  #mode: SyncMode | undefined;
  #newLeader: NewLeader = UNDECIDED;

  constructor(state: PeerState, link: LeaderLink, proposals: ReceivedProposals, end: RoleEnd) {
    this.#state = state;
    this.#link = link;
    this.#proposals = proposals;
    this.#end = end;
  }

  /** The last that the leader has chosen over this link. */
  get mode(): SyncMode | undefined {
    return this.#mode;
  }

  get newLeader(): NewLeader {
    return this.#newLeader;
  }

  /** What the leader is told that this server has. */
  get lastZxid(): Zxid {
    return this.#asksForAll ? ZXID_ZERO : this.#state.lastZxid;
  }

  /** The link is about to be made anew. */
  restart(): void {
    this.#mode = undefined;
  }

  /** The leader has chosen. @throws JuteError when it says anything else */
  begin({ type, zxid }: QuorumPacket): void {
    const { lastZxid } = this.#state;
    if (type !== PacketType.DIFF && this.#isFromStandalone) {
      this.#end.ended(
        `the data of this server (up to ${zxidText(lastZxid)}) was written by a standalone server and is no part of what ` +
          `leader ${this.#link.leaderSid} has: it is kept. To join with the leader's data, move version-2 away; to keep this data, ` +
          "start this server and the others with empty data directories, this one first",
      );
      return;
    }
    switch (type) {
      case PacketType.DIFF:
        this.#chosen("DIFF", zxid);
        if (this.#asksForAll) {
          this.#isWhole = true;
          this.#loseDatabase();
        }
        this.#startSyncing(this.#state.lastZxid);
        break;
      case PacketType.TRUNC:
        // Else both would go round in this for ever: nothing can be cut off from nothing.
        if (this.#asksForAll) {
          throw new JuteError(`TRUNC to ${zxidText(zxid)}, though it was told that there is nothing here`);
        }
        this.#chosen("TRUNC", zxid);
        this.#link.phase = "cutting";
        this.#proposals.startBehind(zxid);
        this.#loseDatabase();
        this.#dropReconfigAbove(zxid);
        this.#state.job({ kind: "truncate", zxid });
        break;
      case PacketType.SNAP:
        this.#chosen("SNAP", zxid);
        this.#link.phase = "receiving";
        this.#proposals.startBehind(zxid);
        this.#isWhole = true;
        this.#loseDatabase();
        break;
      default:
        throw new JuteError(`packet of type ${type} where DIFF, TRUNC or SNAP must come`);
    }
  }

  /** No ensemble has ever had this server's txns: epochs begin at 1. Nothing is to replace them unasked. */
  get #isFromStandalone(): boolean {
    const { currentEpoch, lastZxid } = this.#state;
    return currentEpoch === 0 && lastZxid > ZXID_ZERO && epochOf(lastZxid) === 0 && !this.#asksForAll;
  }

  #chosen(mode: SyncMode, zxid: Zxid): void {
    this.#mode = mode;
    const { lastZxid } = this.#state;
    this.#state.notice(
      "info",
      `leader ${this.#link.leaderSid} sends ${mode} ${zxidText(zxid)}, here is ${zxidText(lastZxid)}`,
    );
  }

  /** The tree of before is not needed any more, and there is room for one only. */
  #loseDatabase(): void {
    this.#state.isDatabaseLost = true;
    this.#state.database = this.#state.options.createDatabase();
  }

  /**
   * A reconfig above `zxid` goes with the log, and is nobody's to complete any more (F46). Dropped first: as long as the log has it, it is
   * found there.
   */
  #dropReconfigAbove(zxid: Zxid): void {
    const { lastSeen } = this.#state.view;
    if (lastSeen !== null && lastSeen.version > zxid) this.#state.setLastSeen(null);
  }

  #startSyncing(from: Zxid): void {
    this.#link.phase = "syncing";
    this.#proposals.startBehind(from);
    this.#link.restartClock();
  }

  /** The leader's snapshot is in memory. */
  received(database: Database): void {
    this.#state.database = database;
    database.beginFuzziness();
    this.#startSyncing(this.#proposals.last);
  }

  /** False: over this link the leader's history cannot be had; everything is to be asked for over another. */
  jobDone(done: JobDone): boolean {
    const state = this.#state;
    switch (done.kind) {
      case "recovered":
        state.database = done.database;
        this.#databaseIsOnDisk();
        if (done.lastZxid === this.#proposals.last) {
          this.#startSyncing(done.lastZxid);
          return true;
        }
        // What the leader sends next begins behind that; this disk may never have had all of it, as an observer's without a log.
        state.notice(
          "warn",
          `the log was cut to ${zxidText(this.#proposals.last)}, but ends at ${zxidText(done.lastZxid)}; asking leader ${this.#link.leaderSid} for everything`,
        );
        this.#asksForAll = true;
        return false;
      case "truncateRefused":
        state.notice("warn", `${done.reason}; asking leader ${this.#link.leaderSid} for everything instead`);
        this.#asksForAll = true;
        return false;
      case "snapshotInstalled":
        this.#databaseIsOnDisk();
        this.#isWhole = false;
        this.#haveHistory();
        return true;
      default:
        return unreachable(done, "storage job");
    }
  }

  #databaseIsOnDisk(): void {
    this.#state.isDatabaseLost = false;
    this.#state.hasUnlogged = false;
  }

  /** NEWLEADER: the leader's history is complete, or it leads another epoch. @throws JuteError for an epoch not accepted */
  complete(zxid: Zxid, data: Uint8Array | null): void {
    const { acceptedEpoch } = this.#state;
    if (epochOf(zxid) !== acceptedEpoch || counterOf(zxid) !== 0) {
      throw new JuteError(`NEWLEADER of ${zxidText(zxid)}, while epoch ${acceptedEpoch} was accepted`);
    }
    const membership = data === null || data.length <= 1 ? null : this.#state.parseMembership(data);
    this.#newLeader = { zxid, membership };
    if (this.#link.phase !== "syncing") this.#acknowledge();
    else if (this.#isWhole || this.#mustKeep) this.#install();
    else this.#haveHistory();
  }

  /**
   * An observer that keeps no log, and of which the configuration that the leader is about to complete makes a voter: its
   * acknowledgement counts for that, so it has to have on disk what it acknowledges (S13).
   */
  get #mustKeep(): boolean {
    const { membership } = this.#newLeader;
    if (this.#link.isLogging || membership === null) return false;
    return memberOf(membership, this.#state.sid)?.peerType === "participant";
  }

  /**
   * The leader's word about what is proposed replaces what a leader of before had proposed: once its history is here, and not before,
   * as nobody may complete a reconfig that he does not have (F46).
   */
  #adoptProposed(membership: Membership): void {
    const { committed, lastSeen } = this.#state.view;
    if (!this.#state.options.server.reconfigEnabled) return;
    if (membership.version > committed.version) {
      if (lastSeen?.version !== membership.version) this.#state.setLastSeen(membership);
    } else if (lastSeen !== null && !this.#proposals.isPending(lastSeen.version)) {
      this.#state.setLastSeen(null);
    }
  }

  /** Everything came whole: what is committed is applied in memory, and a snapshot of that goes to the disk. */
  #install(): void {
    const state = this.#state;
    this.#proposals.applyCommitted();
    if (this.#isWhole) state.database.endFuzziness();
    if (!this.#link.isLogging && !this.#mustKeep) {
      state.hasUnlogged = true;
      state.isDatabaseLost = false;
      this.#haveHistory();
      return;
    }
    this.#link.phase = "installing";
    this.#link.deadlineMs = Number.POSITIVE_INFINITY;
    // Nothing of the own log is left behind it. A reconfig that the leader has is in its tree, or comes with NEWLEADER.
    if (this.#isWhole) this.#dropReconfigAbove(ZXID_ZERO);
    state.job({ kind: "installSnapshot", zxid: state.lastZxid, database: state.database });
  }

  /** What was committed goes to the log, then the epoch is stored, then the leader hears of it; what is only proposed comes behind. */
  #haveHistory(): void {
    this.#link.phase = "following";
    this.#asksForAll = false;
    this.#state.mayVote = true;
    this.#link.restartClock();
    this.#proposals.logCommitted();
    this.#acknowledge();
    this.#proposals.logPending();
  }

  #acknowledge(): void {
    const { zxid, membership } = this.#newLeader;
    if (membership !== null) this.#adoptProposed(membership);
    this.#state.storeCurrent(epochOf(zxid));
    this.#link.sendDurable(encodeAck(zxid));
  }
}
