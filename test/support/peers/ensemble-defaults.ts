import type { Membership } from "../../../src/core/quorum/membership.ts";
import type { EnsembleOptions } from "../../../src/core/zab/peer-options.ts";
import { ZXID_ZERO } from "../../../src/protocol/zxid.ts";

/** The wall clock at which virtual worlds begin, ms. */
export const WALL_MS = 1_700_000_000_000;
export const TICK_MS = 2000;
export const QUORUM_PORT = 2888;

/** A membership of `voters` servers with the ids 1, 2, …, and `observers` behind them. */
export function membershipOf(voters: number, observers = 0): Membership {
  return {
    version: ZXID_ZERO,
    hierarchy: null,
    servers: Array.from({ length: voters + observers }, (_, at) => ({
      id: at + 1,
      addresses: [{ host: `s${at + 1}`, quorumPort: QUORUM_PORT, electionPort: 3888 }],
      peerType: at < voters ? ("participant" as const) : ("observer" as const),
      client: { host: "0.0.0.0", port: 2181 },
      secureClient: null,
    })),
  };
}

export const ENSEMBLE_OPTIONS: Omit<EnsembleOptions, "sid"> = {
  initLimitTicks: 10,
  syncLimitTicks: 5,
  connectLimitTicks: 10,
  connectRetryDelayMs: 100,
  waitForEpochMaxMs: -1,
  notificationIntervalMinMs: 200,
  notificationIntervalMaxMs: 60_000,
  rules: { allowsSeveralAddresses: false, hasOracle: false, allowsStandalone: true },
  forcesSnapshotSync: false,
  snapshotSizeFactor: 0.33,
  snapSyncsMax: 10,
  diffSyncsMax: 100,
  observersPersist: true,
  observerElectionDelayMs: 200,
  observerMasterPort: 0,
  leaderServes: true,
  isReadOnlyEnabled: false,
};
