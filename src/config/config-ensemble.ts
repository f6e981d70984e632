import type { Membership, PeerType } from "../core/quorum/membership.ts";

/** What makes a server one of several. A standalone server has the same values, and `membership` null. */
export interface EnsembleConfig {
  /** The ensemble lines of the static or the dynamic file; null when there are none. */
  readonly membership: Membership | null;
  /** The proposed, not yet committed membership of `<configFile>.dynamic.next`; null when there is none. */
  readonly lastSeenMembership: Membership | null;
  /** There is a membership, and either more than one voting member or `standaloneEnabled=false`. */
  readonly isDistributed: boolean;
  /** The last counter of an epoch. No key sets it: the simulator lowers it, to see epochs end. */
  readonly counterMax?: number;
  readonly dynamicConfigFile: string | null;
  /** `standaloneEnabled`. */
  readonly allowsStandalone: boolean;
  /** `reconfigEnabled`. */
  readonly allowsReconfig: boolean;
  /** `peerType`, corrected by the server list. */
  readonly peerType: PeerType;
  /** `initLimit`: ticks a learner may take to connect and sync; 0 when not set (standalone only). */
  readonly initLimitTicks: number;
  /** `syncLimit`: ticks a learner may lag; 0 when not set (standalone only). */
  readonly syncLimitTicks: number;
  /** `connectToLearnerMasterLimit`, by default `initLimitTicks`. */
  readonly connectLimitTicks: number;
  /** `electionAlg`: always 3. */
  readonly electionAlgorithm: number;
  readonly listensOnAllAddresses: boolean;
  /** `observerMasterPort`; 0 means off. */
  readonly observerMasterPort: number;
  /** `syncEnabled` / `observer.syncEnabled`: observers write logs and snapshots. */
  readonly observersPersist: boolean;
  /** `oraclePath`. */
  readonly oraclePath: string | null;
  /** `leaderServes`. */
  readonly leaderServes: boolean;
  /** `cnxTimeout`. */
  readonly electionConnectTimeoutMs: number;
  /** `quorumCnxnTimeoutMs`; default syncLimit x tickTime. */
  readonly electionReadTimeoutMs: number;
  /** `electionPortBindRetry`; 0 means for ever. */
  readonly bindRetries: number;
  readonly notificationIntervalMinMs: number;
  readonly notificationIntervalMaxMs: number;
  /** `leader.maxTimeToWaitForEpoch`; default initLimit x tickTime. */
  readonly waitForEpochMaxMs: number;
  readonly snapSyncsMax: number;
  readonly diffSyncsMax: number;
  readonly ackLoggingFrequency: number;
  readonly connectRetryDelayMs: number;
  readonly forcesSnapshotSync: boolean;
  readonly observerReconnectDelayMs: number;
  readonly observerElectionDelayMs: number;
  readonly observerQueueMaxBytes: number;
  /** `tcpKeepAlive`: election sockets. */
  readonly hasTcpKeepAlive: boolean;
  readonly leaderHasNoDelay: boolean;
  readonly followerHasNoDelay: boolean;
  readonly multiAddress: MultiAddressConfig;
  /** `sslQuorum`. */
  readonly hasTls: boolean;
  /** `portUnification`: quorum ports take plain and TLS. */
  readonly isPortUnified: boolean;
  readonly reloadsCertificates: boolean;
  readonly sasl: QuorumSaslConfig;
  readonly tracksMessages: boolean;
  readonly trackedMessagesMax: number;
}

export interface MultiAddressConfig {
  readonly isEnabled: boolean;
  readonly checksReachability: boolean;
  readonly reachabilityTimeoutMs: number;
}

export interface QuorumSaslConfig {
  readonly isEnabled: boolean;
  readonly serverRequires: boolean;
  readonly learnerRequires: boolean;
  readonly learnerSection: string;
  readonly serverSection: string;
  readonly kerberosServicePrincipal: string;
}
