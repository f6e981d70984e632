import type { Zxid } from "../../protocol/zxid.ts";

export type PeerState = "looking" | "following" | "leading" | "observing";

/** The states by their number on the wire (quorum-protocol 0). */
export const PEER_STATES: readonly PeerState[] = ["looking", "following", "leading", "observing"];

/** What a server that has no say offers as leader, zxid and epoch: the lowest value there is, Java's `Long.MIN_VALUE`. */
export const NO_VOTE = -(2 ** 63);

/** Whom a server wants to lead, or takes for the leader. */
export interface Vote {
  /** sid, or {@link NO_VOTE}. */
  readonly leader: number;
  /** Last zxid of `leader`. */
  readonly zxid: Zxid;
  /** The round of the election that it belongs to. */
  readonly electionEpoch: number;
  /** currentEpoch of `leader`. */
  readonly peerEpoch: number;
  /** Of the notification that brought it: 0 before ZooKeeper 3.4.6, 1 or 2 since; votes of the current round have 0. */
  readonly version: number;
  /** Of the server whose vote it is. */
  readonly state: PeerState;
}

export type Candidate = Pick<Vote, "leader" | "zxid" | "peerEpoch">;

/** The total order of votes: epoch, then zxid, then id of the leader; who weighs nothing never wins (quorum-protocol 2.3). */
export function beats(challenger: Candidate, holder: Candidate, weightOf: (sid: number) => number): boolean {
  if (weightOf(challenger.leader) === 0) return false;
  if (challenger.peerEpoch !== holder.peerEpoch) return challenger.peerEpoch > holder.peerEpoch;
  if (challenger.zxid !== holder.zxid) return challenger.zxid > holder.zxid;
  return challenger.leader > holder.leader;
}

/**
 * Two votes count for the same leader (quorum-protocol 2.6). Members of a working ensemble may differ in zxid and round, and
 * those before 3.4.6 in the epoch too (ZOOKEEPER-1732, ZOOKEEPER-1805).
 */
export function agree(a: Vote, b: Vote): boolean {
  if (a.leader !== b.leader) return false;
  if (a.state !== "looking" && b.state !== "looking") {
    return a.version > 0 !== b.version > 0 || a.peerEpoch === b.peerEpoch;
  }
  return a.zxid === b.zxid && a.electionEpoch === b.electionEpoch && a.peerEpoch === b.peerEpoch;
}
