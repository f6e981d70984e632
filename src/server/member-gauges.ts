import { quorumSystemOf } from "../core/quorum/quorum-system.ts";
import { Leader } from "../core/zab/leader.ts";
import type { LearnerHandler } from "../core/zab/learner-handler.ts";
import type { Peer } from "../core/zab/peer.ts";
import type { QuorumGaugeName } from "../metrics/gauge-table.ts";
import type { GaugeSource } from "../metrics/metrics-registry.ts";

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
  const { peerStats } = peer;
  return {
    quorum_size: () => voters().size,
    synced_observers: onLeader((leader) => inSync(leader).filter(({ isObserver }) => isObserver).length),
    learners: onLeader((leader) => leader.learners.size),
    synced_followers: onLeader((leader) => followers(leader).filter(({ sid }) => voters().has(sid)).length),
    synced_non_voting_followers: onLeader(
      (leader) => followers(leader).filter(({ sid }) => !voters().has(sid)).length,
    ),
    pending_syncs: onLeader(({ pendingSyncs }) => pendingSyncs),
    leader_uptime: onLeader(({ servingSinceMs }) => elapsedMs() - (servingSinceMs ?? elapsedMs())),
    last_proposal_size: onLeader(() => peerStats.lastProposalBytes),
    max_proposal_size: onLeader(() => peerStats.maxProposalBytes),
    min_proposal_size: onLeader(() => peerStats.minProposalBytes),
  };
}

function inSync(leader: Leader): LearnerHandler[] {
  return [...leader.learners.values()].filter(({ phase }) => phase === "serving");
}

function followers(leader: Leader): LearnerHandler[] {
  return inSync(leader).filter(({ isObserver }) => !isObserver);
}
