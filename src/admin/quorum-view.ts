import type { BufferSizes } from "./buffer-sizes.ts";

/** Addresses of one purpose of a member; several with `multiAddress.enabled`. */
export interface MemberAddresses {
  /** `host:port`, as configured. */
  readonly all: readonly string[];
  /** The ones that answered the last reachability check; equal to `all` while nothing is checked. */
  readonly reachable: readonly string[];
}

/** A member of the current configuration, for `voting_view`. */
export interface MemberInfo {
  readonly serverId: number;
  readonly serverAddresses: readonly string[];
  readonly electionAddresses: readonly string[];
  /** `host:port`, empty if the configuration names no client address. */
  readonly clientAddress: string;
  readonly learnerType: "participant" | "observer";
}

/** An observer that is in sync with this server, for `observers`. */
export interface ObserverInfo {
  /** `/host:port`. */
  readonly remoteAddress: string;
  readonly serverId: number;
  readonly establishedWallMs: number;
  readonly queuedPackets: number;
  readonly queuedPacketsBytes: number;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly requests: number;
  readonly lastZxid: number;
}

/** Where a member is in the Zab protocol. */
export type ZabState = "election" | "discovery" | "synchronization" | "broadcast";

/** What a member calls itself while it serves nobody. */
export type UnservingState = "leaderelection" | "leading" | "following" | "observing";

/** What only a member of a quorum can tell; a standalone server has none of it. */
export interface QuorumView {
  readonly isLeader: boolean;
  /** Id of the leader it follows, or its own. */
  readonly leaderId: number;
  /** Host of the leader's quorum address; empty while unknown. */
  readonly leaderHost: string;
  readonly unservingState: UnservingState;
  /** `<following|leading|observing|looking> - <Zab phase>[ - <sync mode>]`. */
  readonly peerState: string;
  /** Id of the follower that serves this observer; null elsewhere. */
  readonly observerMasterId: number | null;
  /** Null but on the leader. */
  readonly proposalSizes: BufferSizes | null;
  readonly initLimitTicks: number;
  readonly syncLimitTicks: number;
  /** Always 3 since ZooKeeper 3.5. */
  readonly electionAlg: number;
  readonly isObserver: boolean;
  /** Lines of the dynamic configuration, `version=` last. */
  readonly membership: readonly string[];
  /** The voters. */
  readonly votingView: readonly MemberInfo[];
  readonly syncedObservers: Iterable<ObserverInfo>;
  readonly syncedObserverCount: number;
  readonly quorumAddress: MemberAddresses;
  readonly electionAddress: MemberAddresses;
  /** `host:port`. */
  readonly clientAddress: string;
  /** True if it is a voter at the addresses that the configuration names. */
  readonly isVoting: boolean;
  readonly zabState: ZabState;
  /** `orst`: counters of the observers' connections. */
  resetObserverStatistics(): void;
}
