import type { Config } from "../../config/config.ts";
import type { ServerOptions } from "../../core/pipeline/server-options.ts";
import type { EnsembleOptions } from "../../core/zab/peer-options.ts";
import { serverOptionsOf } from "../server-options.ts";

/** What serves the clients of a member: as a standalone server, with an id of its own and perhaps with local sessions. */
export function memberServerOptionsOf(config: Config): ServerOptions {
  const { sessions, files } = config;
  return {
    ...serverOptionsOf(config),
    serverId: files.serverId,
    localSessionsEnabled: sessions.hasLocalSessions,
    localSessionsUpgradingEnabled: sessions.upgradesLocalSessions,
  };
}

/** What a member has to know of the configuration beside that. */
export function ensembleOptionsOf({ ensemble, files, storage, requests }: Config): EnsembleOptions {
  return {
    sid: files.serverId,
    initLimitTicks: ensemble.initLimitTicks,
    syncLimitTicks: ensemble.syncLimitTicks,
    connectLimitTicks: ensemble.connectLimitTicks,
    connectRetryDelayMs: ensemble.connectRetryDelayMs,
    waitForEpochMaxMs: ensemble.waitForEpochMaxMs,
    notificationIntervalMinMs: ensemble.notificationIntervalMinMs,
    notificationIntervalMaxMs: ensemble.notificationIntervalMaxMs,
    rules: {
      allowsSeveralAddresses: ensemble.multiAddress.isEnabled,
      hasOracle: ensemble.oraclePath !== null,
      allowsStandalone: ensemble.allowsStandalone,
    },
    forcesSnapshotSync: ensemble.forcesSnapshotSync,
    snapshotSizeFactor: storage.snapshotSizeFactor,
    snapSyncsMax: ensemble.snapSyncsMax,
    diffSyncsMax: ensemble.diffSyncsMax,
    observersPersist: ensemble.observersPersist,
    observerElectionDelayMs: ensemble.observerElectionDelayMs,
    observerMasterPort: ensemble.observerMasterPort,
    leaderServes: ensemble.leaderServes,
    isReadOnlyEnabled: requests.hasReadOnlyMode,
    ...(ensemble.counterMax === undefined ? {} : { counterMax: ensemble.counterMax }),
  };
}
