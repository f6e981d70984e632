import { ZXID_NONE, type Zxid } from "../../protocol/zxid.ts";
import type { PeerType } from "../quorum/membership.ts";
import { quorumSystemOf } from "../quorum/quorum-system.ts";
import { containsAllQuorums, type QuorumView, votersOf } from "../quorum/quorum-view.ts";
import { agree, beats, type Candidate, NO_VOTE, type PeerState, type Vote } from "./vote.ts";

/** What a server brings to an election. */
export interface ElectionSelf {
  readonly sid: number;
  readonly view: QuorumView;
  readonly learnerType: PeerType;
  /** Of the last record on disk; {@link ZXID_NONE} when there is nothing that may vote. */
  readonly lastZxid: Zxid;
  readonly currentEpoch: number;
  readonly isReconfigEnabled: boolean;
}

/**
 * `proposal`: this server proposes somebody else now, all voters are to hear of it. `beaten`: the vote that came is worse
 * than the proposal, which its sender may not know. A vote: the election is over.
 */
export type RoundResult = "nothing" | "proposal" | "beaten" | Vote;

/**
 * One call of Apache's `lookForLeader`, without its waiting: the votes of one server that looks for a leader
 * (quorum-protocol 2.2, 2.5). It may go through several rounds.
 */
export class ElectionRound {
  readonly self: ElectionSelf;
  readonly voters: ReadonlySet<number>;
  readonly #weightOf: (sid: number) => number;
  /** What this server offers of its own. */
  readonly #initial: Candidate;
  #round: number;
  #proposal: Candidate;
  /** Votes of this round, by sender. */
  readonly #votes = new Map<number, Vote>();
  /** Votes of servers that look for no leader, of any round. */
  readonly #outside = new Map<number, Vote>();
  #isBacked = false;

  constructor(self: ElectionSelf, round: number) {
    const { voters, weightOf } = quorumSystemOf(self.view.committed);
    this.self = self;
    this.voters = votersOf(self.view);
    this.#weightOf = weightOf;
    this.#round = round;
    const isParticipant = self.learnerType === "participant";
    this.#initial = {
      leader: voters.has(self.sid) ? self.sid : NO_VOTE,
      zxid: isParticipant ? self.lastZxid : (NO_VOTE as Zxid),
      peerEpoch: isParticipant ? self.currentEpoch : NO_VOTE,
    };
    this.#proposal = this.#initial;
    this.#countOwnVote();
  }

  get round(): number {
    return this.#round;
  }

  /** A quorum wants the proposed leader, and nothing better was heard of since. */
  get isBacked(): boolean {
    return this.#isBacked;
  }

  /** All voters but the `gone` want the proposed leader, and it is not one of them: nobody is left who could bring something better. */
  isAgreedWithout(gone: ReadonlySet<number>): boolean {
    const wanted = this.vote;
    if (gone.has(wanted.leader)) return false;
    for (const sid of this.voters) {
      const vote = this.#votes.get(sid);
      if (!gone.has(sid) && (vote === undefined || !agree(wanted, vote))) return false;
    }
    return true;
  }

  /** What this server tells others. */
  get vote(): Vote {
    return { ...this.#proposal, electionEpoch: this.#round, version: 0, state: "looking" };
  }

  /** Counts a notification of the voter `from`; to be called for no other sender. */
  count(from: number, vote: Vote): RoundResult {
    if (!this.voters.has(vote.leader) || vote.state === "observing") return "nothing";
    return vote.state === "looking" ? this.#countLooking(from, vote) : this.#countServing(from, vote);
  }

  /** The wait behind a backed proposal is over: this is the result. */
  finish(): Vote {
    return this.#elect(this.vote);
  }

  #countLooking(from: number, vote: Vote): RoundResult {
    if (this.#initial.zxid === ZXID_NONE || vote.zxid === ZXID_NONE) return "nothing";
    if (vote.electionEpoch < this.#round) return "nothing";
    const isBetter = this.#beats(vote, this.#proposal);
    // A backed proposal is given up for a better one only: a newcomer with a later round joins by the others' answers.
    const isBeaten = vote.electionEpoch === this.#round && this.#beats(this.#proposal, vote);
    if (this.#isBacked && !isBetter) {
      if (agree(this.vote, vote)) this.#votes.set(from, { ...vote, version: 0 });
      return isBeaten ? "beaten" : "nothing";
    }
    let result: RoundResult = isBeaten ? "beaten" : "nothing";
    if (vote.electionEpoch > this.#round) {
      this.#round = vote.electionEpoch;
      this.#votes.clear();
      this.#propose(this.#beats(vote, this.#initial) ? vote : this.#initial);
      result = "proposal";
    } else if (isBetter) {
      this.#propose(vote);
      result = "proposal";
    }
    this.#votes.set(from, { ...vote, version: 0 });
    this.#isBacked = this.#hasQuorum(this.#votes, this.vote);
    return result;
  }

  #countServing(from: number, vote: Vote): RoundResult {
    if (vote.electionEpoch === this.#round) {
      this.#votes.set(from, { ...vote, version: 0 });
      if (this.#isElected(this.#votes, vote)) return this.#elect(vote);
    }
    this.#outside.set(from, vote);
    if (this.#isElected(this.#outside, vote)) {
      this.#round = vote.electionEpoch;
      return this.#elect(vote);
    }
    // Somebody better leads already, perhaps with a quorum of which the others have not been heard of yet.
    if (this.#beats(vote, this.#proposal) || !this.#hasQuorum(this.#votes, this.vote)) this.#isBacked = false;
    return "nothing";
  }

  /**
   * A quorum names `vote.leader`, and the leader itself says that it leads: others may still name a dead one. A proposed
   * configuration is the leader's business: where it came to nothing, those who follow without it never make a quorum of it, and
   * who has seen it would stay outside for ever.
   */
  #isElected(votes: ReadonlyMap<number, Vote>, vote: Vote): boolean {
    const { committed } = this.self.view;
    const view = vote.leader === this.self.sid ? this.self.view : { committed, lastSeen: null };
    if (!this.#hasQuorum(votes, vote, view)) return false;
    if (vote.leader === this.self.sid) return vote.electionEpoch === this.#round;
    return votes.get(vote.leader)?.state === "leading";
  }

  #hasQuorum(votes: ReadonlyMap<number, Vote>, wanted: Vote, view: QuorumView = this.self.view): boolean {
    const backers = new Set<number>();
    for (const [sid, vote] of votes) if (agree(wanted, vote)) backers.add(sid);
    return containsAllQuorums(view, backers);
  }

  #propose({ leader, zxid, peerEpoch }: Candidate): void {
    this.#proposal = { leader, zxid, peerEpoch };
    this.#countOwnVote();
  }

  #countOwnVote(): void {
    if (this.#initial.zxid === ZXID_NONE || !this.voters.has(this.#proposal.leader)) return;
    if (this.voters.has(this.self.sid)) this.#votes.set(this.self.sid, this.vote);
    this.#isBacked = this.#hasQuorum(this.#votes, this.vote);
  }

  #elect({ leader, zxid, peerEpoch, electionEpoch }: Vote): Vote {
    return { leader, zxid, peerEpoch, electionEpoch, version: 0, state: this.#stateUnder(leader) };
  }

  #stateUnder(leader: number): PeerState {
    if (leader === this.self.sid) return "leading";
    return this.self.learnerType === "observer" ? "observing" : "following";
  }

  #beats(challenger: Candidate, holder: Candidate): boolean {
    return beats(challenger, holder, this.#weightOf);
  }
}
