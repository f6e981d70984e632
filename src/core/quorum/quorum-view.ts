import { type Membership, memberOf } from "./membership.ts";
import { type QuorumSystem, quorumSystemOf } from "./quorum-system.ts";

/** The configurations that a server counts quorums in. */
export interface QuorumView {
  readonly committed: Membership;
  /** The last proposed configuration; null or equal to `committed` while no reconfig is in progress. */
  readonly lastSeen: Membership | null;
}

/** The committed quorum system and, while a newer configuration is proposed, that one too (quorum-protocol 5.4). */
export function quorumSystemsOf({ committed, lastSeen }: QuorumView): QuorumSystem[] {
  const systems = [quorumSystemOf(committed)];
  if (lastSeen !== null && lastSeen.version > committed.version) systems.push(quorumSystemOf(lastSeen));
  return systems;
}

/** `acked` holds a quorum of every configuration that counts, each with its own voters only. */
export function containsAllQuorums(view: QuorumView, acked: ReadonlySet<number>): boolean {
  return quorumSystemsOf(view).every((system) => system.containsQuorum(acked));
}

/** The voters of both configurations: whom elections ask and listen to (quorum-protocol 2.2). */
export function votersOf({ committed, lastSeen }: QuorumView): ReadonlySet<number> {
  const { voters } = quorumSystemOf(committed);
  if (lastSeen === null || lastSeen === committed) return voters;
  return new Set([...voters, ...quorumSystemOf(lastSeen).voters]);
}

/** Whether the server is in the committed configuration or in the one that is proposed. */
export function isKnown(sid: number, { committed, lastSeen }: QuorumView): boolean {
  return [committed, lastSeen].some((members) => members !== null && memberOf(members, sid) !== undefined);
}
