import type { Instant, Rng } from "../../base/ports.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { ServerOptions } from "../pipeline/server-options.ts";
import type { ServerStats } from "../pipeline/server-stats.ts";
import type { QuorumView } from "../quorum/quorum-view.ts";
import type { ReconfigRules } from "../quorum/reconfig.ts";
import type { Database } from "../tree/database.ts";

/** What a member of an ensemble is told; names and defaults as in configuration.md. */
export interface EnsembleOptions {
  /** `myid`. */
  readonly sid: number;
  /** Ticks for each phase between election and service: `initLimit`. */
  readonly initLimitTicks: number;
  /** Ticks that a peer may be silent or late: `syncLimit`. */
  readonly syncLimitTicks: number;
  /** Ticks for connecting to the leader: `connectToLearnerMasterLimit`, or `initLimit`. */
  readonly connectLimitTicks: number;
  /** `leaderConnectDelayDuringRetryMs`: between two tries to connect. */
  readonly connectRetryDelayMs: number;
  /** `leader.maxTimeToWaitForEpoch`; -1 = off. */
  readonly waitForEpochMaxMs: number;
  readonly notificationIntervalMinMs: number;
  readonly notificationIntervalMaxMs: number;
  readonly rules: ReconfigRules;
  /** `forceSnapshotSync`: every learner gets a snapshot. */
  readonly forcesSnapshotSync: boolean;
  /** `snapshotSizeFactor`: a learner gets at most this part of a snapshot's size from the log; negative = nothing from the disk. */
  readonly snapshotSizeFactor: number;
  /** `leader.maxConcurrentSnapSyncs`, `leader.maxConcurrentDiffSyncs`: observers that sync at once; participants always may. */
  readonly snapSyncsMax: number;
  readonly diffSyncsMax: number;
  /** `observer.syncEnabled`: an observer keeps log and snapshots. */
  readonly observersPersist: boolean;
  /** `observer.election.DelayMs`: an observer whose leader is gone waits up to this before it looks for the next. */
  readonly observerElectionDelayMs: number;
  /** `observerMasterPort`; 0 = off. On an observer: the port of its masters. */
  readonly observerMasterPort: number;
  /** `leaderServes`: whether clients may connect to the leader. */
  readonly leaderServes: boolean;
  /** The last counter of an epoch; default 0xfffffffe. Smaller only to see what happens then. */
  readonly counterMax?: number;
  /** `readonlymode.enabled`: while there is no leader, clients that ask for it are served read-only. */
  readonly isReadOnlyEnabled: boolean;
}

/** What a member is made of: its options and the recovered state, which belongs to the machine from now on. */
export interface PeerOptions {
  readonly server: ServerOptions;
  readonly ensemble: EnsembleOptions;
  readonly view: QuorumView;
  readonly database: Database;
  /** False: nothing was found and nobody has confirmed that there was nothing (`untrusted-empty`): it must not vote. */
  readonly mayVote: boolean;
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
  /** Of the last record in the log or snapshot on disk. */
  readonly lastZxid: Zxid;
  /** An empty one with the same options, for what a leader sends whole. */
  readonly createDatabase: () => Database;
  readonly rng: Rng;
  readonly startedAt: Instant;
  readonly stats?: ServerStats;
}
