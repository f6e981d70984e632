import {
  type Hierarchy,
  type Members,
  type Membership,
  MembershipError,
  weightInHierarchy,
} from "./membership.ts";

/** Which sets of servers decide, by one configuration (quorum-protocol 2.8). Any two quorums have a voter in common. */
export interface QuorumSystem {
  readonly voters: ReadonlySet<number>;
  /** Others than `voters` in `sids` do not count. */
  containsQuorum(sids: ReadonlySet<number>): boolean;
  /** 0: can never be elected. 1 for everybody, even strangers, when the majority decides. */
  weightOf(sid: number): number;
}

/** A membership does not change, so neither does what is made of it. */
const made = new WeakMap<Members, QuorumSystem>();

/** The quorum system of a configuration. Throws {@link MembershipError} when no set of its voters is a quorum. */
export function quorumSystemOf(membership: Membership | Members): QuorumSystem {
  let system = made.get(membership);
  if (system !== undefined) return system;
  system = makeQuorumSystem(membership);
  if (!system.containsQuorum(system.voters)) {
    throw new MembershipError(
      system.voters.size === 0
        ? "The configuration has no participant, so it has no quorum"
        : "The groups and weights make no quorum: not even all participants together are one",
    );
  }
  made.set(membership, system);
  return system;
}

export function isQuorumPossible(members: Members): boolean {
  const system = makeQuorumSystem(members);
  return system.containsQuorum(system.voters);
}

function makeQuorumSystem({ servers, hierarchy }: Members): QuorumSystem {
  const voters = new Set(servers.filter(({ peerType }) => peerType === "participant").map(({ id }) => id));
  return hierarchy === null ? majorityOf(voters) : hierarchicalOf(voters, hierarchy);
}

function majorityOf(voters: ReadonlySet<number>): QuorumSystem {
  return {
    voters,
    weightOf: () => 1,
    containsQuorum(sids) {
      let count = 0;
      for (const sid of voters) if (sids.has(sid)) count++;
      return count > voters.size / 2;
    },
  };
}

/** More than half of the weight in more than half of the groups that weigh anything. */
function hierarchicalOf(voters: ReadonlySet<number>, hierarchy: Hierarchy): QuorumSystem {
  const weights = new Map<number, number>();
  for (const sid of hierarchy.groups.flatMap(({ members }) => members)) {
    weights.set(sid, weightInHierarchy(hierarchy, sid));
  }
  const weightOf = (sid: number) => weights.get(sid) ?? 0;
  // The weight of observers in a group counts for the group's total, though they never vote, as in Apache.
  const groups = hierarchy.groups
    .map(({ members }) => ({ members, total: members.reduce((sum, sid) => sum + weightOf(sid), 0) }))
    .filter(({ total }) => total !== 0);
  return {
    voters,
    weightOf,
    containsQuorum(sids) {
      let count = 0;
      for (const { members, total } of groups) {
        let sum = 0;
        for (const sid of members) if (voters.has(sid) && sids.has(sid)) sum += weightOf(sid);
        if (sum > Math.floor(total / 2)) count++;
      }
      return count > Math.floor(groups.length / 2);
    },
  };
}
