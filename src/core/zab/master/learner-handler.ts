import { epochOf, ZXID_ZERO, type Zxid } from "../../../protocol/zxid.ts";
import { memberOf } from "../../quorum/membership.ts";
import type { QuorumView } from "../../quorum/quorum-view.ts";
import { PROTOCOL_VERSION_OURS } from "../packets.ts";
import type { LinkId, Packet } from "../peer-face.ts";
import type { SyncMode } from "../role.ts";

/**
 * Where a learner stands with its leader (quorum-protocol 3.2, 3.9):
 * - `connected`: nothing has come from it
 * - `introduced`: it has told who it is, and waits for the epoch
 * - `informed`: it has the epoch, and is to acknowledge it
 * - `electing`: it has acknowledged, and waits until a quorum has
 * - `surveying`: the disk is asked how to bring it up to date
 * - `syncing`: it gets what it lacks, and then NEWLEADER
 * - `synced`: it has acknowledged NEWLEADER, and waits until the leader serves
 * - `serving`: it has been told UPTODATE
 */
export type LearnerPhase =
  | "connected"
  | "introduced"
  | "informed"
  | "electing"
  | "surveying"
  | "syncing"
  | "synced"
  | "serving";

/** A learner as its leader sees it. One link, one handler: what came over an earlier link does not count. */
export class LearnerHandler {
  readonly link: LinkId;
  /** `address:port`, for people. */
  readonly remote: string;
  phase: LearnerPhase = "connected";
  sid = 0;
  isObserver = false;
  protocolVersion = 0;
  lastZxid: Zxid = ZXID_ZERO;
  /** It gets every PROPOSAL and COMMIT, or INFORM, from now on. */
  isForwarding = false;
  /**
   * COMMITs of a follower between NEWLEADER and UPTODATE, which they then follow; null when they go out at once. Apache's
   * followers (before 3.9.3) take a COMMIT in between, of a PROPOSAL that came before NEWLEADER, for nobody's, and break off
   * (ZOOKEEPER-4394).
   */
  heldCommits: Packet[] | null = null;
  syncMode: SyncMode | undefined;
  /** Everything up to here is on its disk. */
  acked: Zxid = ZXID_ZERO;
  /**
   * The last epoch whose NEWLEADER it has acknowledged. Before that its ACKs of the epoch's txns count for nothing: in an election
   * it would lose against those that have the epoch and lack the txns (quorum-protocol 3.8, F20).
   */
  followedEpoch = 0;
  /** When it counts as dead, unless something comes from it. */
  deadlineMs: number;
  /** When something came from it, or it connected. */
  heardMs = 0;
  /** When it connected, in ms since 1970. */
  readonly establishedWallMs: number;
  /** Since then, or since `orst`. */
  packetsReceived = 0;
  /** Writes and syncs of its clients. */
  requests = 0;
  /** The oldest proposal that it has not acknowledged, and since when; the one after which the next clock starts. */
  #lateZxid: Zxid = ZXID_ZERO;
  #lateSinceMs = 0;
  #nextZxid: Zxid = ZXID_ZERO;
  #nextSinceMs = 0;

  constructor(link: LinkId, remote: string, deadlineMs: number, establishedWallMs: number) {
    this.link = link;
    this.remote = remote;
    this.deadlineMs = deadlineMs;
    this.establishedWallMs = establishedWallMs;
  }

  /** A server of this project. */
  get isOurs(): boolean {
    return this.protocolVersion === PROTOCOL_VERSION_OURS;
  }

  get name(): string {
    const role = this.isObserver ? "observer" : "follower";
    return this.phase === "connected" ? this.remote : `${role} ${this.sid} (${this.remote})`;
  }

  /**
   * Whether its word counts, if it is a voter. One that a pending reconfig makes a voter comes as an observer, because it knows
   * nothing of that yet; the reconfig cannot be decided without it.
   */
  countsIn({ committed, lastSeen }: QuorumView): boolean {
    if (!this.isObserver) return true;
    const isVoter = memberOf(committed, this.sid)?.peerType === "participant";
    return !isVoter && lastSeen !== null && memberOf(lastSeen, this.sid)?.peerType === "participant";
  }

  /** A PROPOSAL goes out to it. */
  proposed(zxid: Zxid, nowMs: number): void {
    if (this.#lateZxid === ZXID_ZERO) {
      this.#lateZxid = zxid;
      this.#lateSinceMs = nowMs;
    } else {
      this.#nextZxid = zxid;
      this.#nextSinceMs = nowMs;
    }
  }

  /** What it was sent while it was being synced is not late yet. */
  restartAckClock(nowMs: number): void {
    this.#lateSinceMs = this.#nextSinceMs = nowMs;
  }

  ackedUpTo(zxid: Zxid): void {
    if (zxid > this.acked) this.acked = zxid;
    if (this.#lateZxid === ZXID_ZERO || zxid < this.#lateZxid) return;
    const hasNext = this.#nextZxid > zxid;
    this.#lateZxid = hasNext ? this.#nextZxid : ZXID_ZERO;
    this.#lateSinceMs = this.#nextSinceMs;
    this.#nextZxid = ZXID_ZERO;
  }

  /** Whether its ACK of `zxid` counts. */
  hasAcked(zxid: Zxid): boolean {
    return this.acked >= zxid && this.followedEpoch >= epochOf(zxid);
  }

  /** Whether a proposal has waited for its acknowledgement for more than `limitMs`. */
  isLate(nowMs: number, limitMs: number): boolean {
    return this.#lateZxid !== ZXID_ZERO && nowMs - this.#lateSinceMs > limitMs;
  }
}
