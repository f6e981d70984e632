import { PercentileSummary, Summary } from "../pipeline/summary.ts";

/** Links of servers that are not in the configuration could make sets grow without end. */
const LEARNERS_MAX = 1000;

/**
 * The numbers of a member of an ensemble, under ZooKeeper's metric names (operations.md 3): they outlive its roles. Plain
 * fields that are counted up in passing; the metrics registry reads them when it is asked. Times in ms.
 */
export class PeerStats {
  readonly counters = {
    looking_count: 0,
    diff_count: 0,
    snap_count: 0,
    proposal_count: 0,
    commit_count: 0,
    revalidate_count: 0,
    request_commit_queued: 0,
    learner_proposal_received_count: 0,
    learner_commit_received_count: 0,
    quit_leading_due_to_disloyal_voter: 0,
  };
  readonly summaries = {
    election_time: new Summary(),
    /** From the end of service to the next one; the second only where that is as leader. */
    unavailable_time: new Summary(),
    leader_unavailable_time: new Summary(),
    /** From the link to the leader to UPTODATE. */
    follower_sync_time: new Summary(),
    observer_sync_time: new Summary(),
    /** Learners that are being synced, this one included, when one begins. */
    inflight_snap_count: new Summary(),
    inflight_diff_count: new Summary(),
    /** From the txn's time stamp, which is the leader's clock, to what happens here. */
    proposal_latency: new PercentileSummary(),
    proposal_ack_creation_latency: new PercentileSummary(),
    commit_propagation_latency: new PercentileSummary(),
    /** From proposing a txn to a quorum of acknowledgements. */
    quorum_ack_latency: new PercentileSummary(),
  };
  readonly #ackLatencies = new Map<number, PercentileSummary>();
  /** Bytes of proposals; -1 before the first. */
  lastProposalBytes = -1;
  minProposalBytes = -1;
  maxProposalBytes = -1;

  proposed(bytes: number): void {
    this.counters.proposal_count++;
    this.lastProposalBytes = bytes;
    if (this.minProposalBytes < 0 || bytes < this.minProposalBytes) this.minProposalBytes = bytes;
    if (bytes > this.maxProposalBytes) this.maxProposalBytes = bytes;
  }

  /** A server, this one or a learner, has acknowledged a proposal that was not committed, `latencyMs` after it was made. */
  acked(sid: number, latencyMs: number): void {
    let summary = this.#ackLatencies.get(sid);
    if (summary === undefined) {
      if (this.#ackLatencies.size >= LEARNERS_MAX) return;
      summary = new PercentileSummary();
      this.#ackLatencies.set(sid, summary);
    }
    summary.add(latencyMs);
  }

  /** By the id of the server that acknowledged. */
  ackLatencies(): Iterable<readonly [sid: number, latency: PercentileSummary]> {
    return this.#ackLatencies;
  }

  /** `srst`; counters and summaries are reset by the metrics registry. */
  resetProposalSizes(): void {
    this.lastProposalBytes = this.minProposalBytes = this.maxProposalBytes = -1;
  }
}
