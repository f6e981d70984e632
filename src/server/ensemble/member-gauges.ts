import { quorumSystemOf } from "../../core/quorum/quorum-system.ts";
import { Leader } from "../../core/zab/leader/leader.ts";
import { Learner } from "../../core/zab/learner/learner.ts";
import type { LearnerHandler } from "../../core/zab/master/learner-handler.ts";
import type { Peer } from "../../core/zab/peer.ts";
import type { LinkId } from "../../core/zab/peer-face.ts";
import type { QuorumGaugeName } from "../../metrics/gauge-table.ts";
import type { GaugeSource } from "../../metrics/metrics-registry.ts";

type GaugedPeer = Pick<Peer, "role" | "view" | "peerStats" | "isServing">;

/** Every gauge of a member of an ensemble (operations 3.2); those of the leader are null on the others. */
export function memberGauges(
  peer: GaugedPeer,
  elapsedMs: () => number,
): Readonly<Record<QuorumGaugeName, GaugeSource>> {
  const onLeader =
    (read: (leader: Leader) => number): GaugeSource =>
    () =>
      peer.role instanceof Leader && peer.isServing ? read(peer.role) : null;
  const voters = (): ReadonlySet<number> => quorumSystemOf(peer.view.committed).voters;
  const followers = (): LearnerHandler[] => syncedLearners(peer).filter(({ isObserver }) => !isObserver);
  const { peerStats } = peer;
  return {
    quorum_size: () => voters().size,
    synced_observers: () =>
      peer.isServing && peer.role?.state !== "observing"
        ? syncedLearners(peer).filter(({ isObserver }) => isObserver).length
        : null,
    learners: onLeader((leader) => leader.learners.size),
    synced_followers: onLeader(() => followers().filter(({ sid }) => voters().has(sid)).length),
    synced_non_voting_followers: onLeader(() => followers().filter(({ sid }) => !voters().has(sid)).length),
    pending_syncs: onLeader(({ pendingSyncs }) => pendingSyncs),
    leader_uptime: onLeader(({ servingSinceMs }) => elapsedMs() - (servingSinceMs ?? elapsedMs())),
    last_proposal_size: onLeader(() => peerStats.lastProposalBytes),
    max_proposal_size: onLeader(() => peerStats.maxProposalBytes),
    min_proposal_size: onLeader(() => peerStats.minProposalBytes),
  };
}

/** The learners that are in sync with this server, a leader or a follower that feeds observers. */
export function syncedLearners({ role }: Pick<Peer, "role">): LearnerHandler[] {
  const learners =
    role instanceof Leader ? role.learners : role instanceof Learner ? role.observers : NO_LEARNERS;
  return [...learners.values()].filter(({ phase }) => phase === "serving");
}

const NO_LEARNERS: ReadonlyMap<LinkId, LearnerHandler> = new Map();
