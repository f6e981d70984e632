import type { EnsembleConfig } from "./config-ensemble.ts";
import type { AdminConfig, AuditConfig, LogConfig, MetricsConfig } from "./config-operator.ts";
import type { AuthConfig, TlsConfig } from "./config-security.ts";

/**
 * Everything an operator can say, read once at start-up and never changed: deeply frozen, every value checked,
 * every default filled in, units last in the names. Made by `load.ts` (files and environment) or by
 * `defaultConfig()` (tests, embedding). Which zoo.cfg key fills which field is in `schema.ts`.
 */
export interface Config {
  readonly files: FilesConfig;
  readonly clients: ClientsConfig;
  readonly sessions: SessionsConfig;
  readonly requests: RequestsConfig;
  readonly storage: StorageConfig;
  readonly tree: TreeConfig;
  readonly auth: AuthConfig;
  readonly tls: TlsConfig;
  readonly admin: AdminConfig;
  readonly metrics: MetricsConfig;
  readonly audit: AuditConfig;
  readonly log: LogConfig;
  readonly ensemble: EnsembleConfig;
  /**
   * What Apache would hold as Java system properties: `-D` words, then every pass-through key of the file as
   * `zookeeper.<key>`, values as written. Passwords and digests are replaced by `***`. Shown by the admin command
   * `system_properties`.
   */
  readonly systemProperties: Readonly<Record<string, string>>;
  /** What the operator should know: unknown keys, values that were corrected, options without effect. In file order. */
  readonly notices: readonly ConfigNotice[];
}

/** One line for the log, written once logging is up. */
export interface ConfigNotice {
  readonly level: "info" | "warn" | "error";
  /** The key as the operator wrote it; undefined when the notice is about no single key. */
  readonly key: string | undefined;
  readonly message: string;
}

/** Where things are. All paths are absolute. */
export interface FilesConfig {
  /** The static configuration file; null for `port datadir` starts and in tests. */
  readonly configFile: string | null;
  /** `dataDir`: snapshots and epoch files live in `<dataDir>/version-2`, `myid` and `initialize` directly here. */
  readonly dataDir: string;
  /** `dataLogDir`, by default `dataDir`: transaction logs live in `<dataLogDir>/version-2`. */
  readonly dataLogDir: string;
  /** `datadir.autocreate`: make missing directories; false means refuse to start (exit code 3). */
  readonly createsMissingDirectories: boolean;
  /** The number in `<dataDir>/myid`; 0 when there is none, as a standalone Apache server has it. */
  readonly serverId: number;
}

/** Listening to clients, and how many of them. */
export interface ClientsConfig {
  /** `clientPort`: null means no plain listener; 0 lets the system choose. */
  readonly port: number | null;
  /** `clientPortAddress`: a host name or address; null means all addresses. */
  readonly address: string | null;
  /** `secureClientPort`: null means no TLS listener. */
  readonly securePort: number | null;
  /** `secureClientPortAddress`. */
  readonly secureAddress: string | null;
  /** `clientPortListenBacklog`: -1 means the platform's default. */
  readonly listenBacklog: number;
  /** `maxClientCnxns`: connections per client address and listener; 0 means no limit. */
  readonly cnxnsPerAddressMax: number;
  /** `maxCnxns`: connections per listener; 0 means no limit. */
  readonly cnxnsMax: number;
  /** `clientTcpKeepAlive`. */
  readonly hasTcpKeepAlive: boolean;
  /** `nio.sessionlessCnxnTimeout`: a connection that made no session by then is closed. */
  readonly sessionlessCnxnTimeoutMs: number;
  /** `connection_throttle_*`: the token bucket in front of new sessions. */
  readonly throttle: ConnectionThrottleConfig;
  /** `netty.server.outstandingHandshake.limit`: parallel TLS handshakes; -1 means no limit. */
  readonly outstandingHandshakesMax: number;
  /** `netty.server.earlyDropSecureConnectionHandshakes`. */
  readonly dropsHandshakesWhileNotServing: boolean;
  /** `client.portUnification`: the plain port takes TLS too. */
  readonly isPortUnified: boolean;
  /** `client.certReload`: reload the client stores when their files change. */
  readonly reloadsCertificates: boolean;
}

/** BlueThrottle of Apache: a token bucket with a drop probability (`connection_throttle_*`). */
export interface ConnectionThrottleConfig {
  /** `connection_throttle_tokens`: bucket size; 0 switches throttling off. */
  readonly tokensMax: number;
  /** `connection_throttle_fill_time`. */
  readonly fillTimeMs: number;
  /** `connection_throttle_fill_count`: tokens added per fill time. */
  readonly fillCount: number;
  /** `connection_throttle_freeze_time`: how often the drop probability moves; -1 means never. */
  readonly freezeTimeMs: number;
  /** `connection_throttle_drop_increase`: 0..1. */
  readonly dropIncrease: number;
  /** `connection_throttle_drop_decrease`: 0..1. */
  readonly dropDecrease: number;
  /** `connection_throttle_decrease_ratio`: 0..1. */
  readonly decreaseRatio: number;
  /** `connection_throttle_weight_enabled`: the three weights below count, else each session costs one token. */
  readonly isWeighted: boolean;
  readonly globalSessionWeight: number;
  readonly localSessionWeight: number;
  readonly renewSessionWeight: number;
}

/** Time as sessions see it. */
export interface SessionsConfig {
  /** `tickTime`, at least 1. */
  readonly tickTimeMs: number;
  /** `minSessionTimeout`, by default two ticks. */
  readonly timeoutMinMs: number;
  /** `maxSessionTimeout`, by default twenty ticks. */
  readonly timeoutMaxMs: number;
  /** `localSessionsEnabled`. */
  readonly hasLocalSessions: boolean;
  /** `localSessionsUpgradingEnabled`. */
  readonly upgradesLocalSessions: boolean;
  /** `closeSessionTxn.enabled`: a closeSession txn lists the ephemerals to delete. */
  readonly listsEphemeralsInCloseSession: boolean;
}

/** Limits of what clients may send, and what happens before a request reaches the pipeline. */
export interface RequestsConfig {
  /** `jute.maxbuffer`: the largest request frame and the largest znode. */
  readonly juteMaxBufferBytes: number;
  /** `jute.maxbuffer.extrasize`: allowed beyond it when reading own files and quorum packets; default the same again. */
  readonly juteExtraBytes: number;
  /** `globalOutstandingLimit`: stop reading from clients while more requests than this are in process. */
  readonly outstandingMax: number;
  /** `largeRequestThreshold`: from this size on a request counts as large; -1 means none does. */
  readonly largeRequestThresholdBytes: number;
  /** `largeRequestMaxBytes`: all large requests in process together. */
  readonly largeRequestsMaxBytes: number;
  /** `request_throttle_max_requests`: 0 switches the request throttler off. */
  readonly throttleMax: number;
  readonly throttleStallTimeMs: number;
  readonly throttleDropsStale: boolean;
  /** `request_stale_latency_check`: older than the session's timeout means stale. */
  readonly isStaleByLatency: boolean;
  /** `request_stale_connection_check`: from a closed connection means stale. */
  readonly isStaleByConnection: boolean;
  /** `request_throttler.shutdownTimeout`: how long a stop waits for requests in process. */
  readonly shutdownTimeoutMs: number;
  /** `throttled_op_wait_time`: requests that waited longer are answered with THROTTLEDOP (-127); 0 means never. */
  readonly throttledOpWaitTimeMs: number;
  /** `enableEagerACLCheck`. */
  readonly checksAclEarly: boolean;
  /** `maxResponseCacheSize`: entries; 0 or less means no cache. */
  readonly responseCacheEntriesMax: number;
  /** `maxGetChildrenResponseCacheSize`. */
  readonly childrenCacheEntriesMax: number;
  /** `readonlymode.enabled`. */
  readonly hasReadOnlyMode: boolean;
}

/** Transaction logs and snapshots. */
export interface StorageConfig {
  /** `snapCount`, at least 2: a snapshot is taken after a random number of txns between half of it and all of it. */
  readonly snapCount: number;
  /** `snapSizeLimitInKb`, in bytes: the same by size of the log; 0 means no limit. */
  readonly snapSizeLimitBytes: number;
  /** `txnLogSizeLimitInKb`, in bytes: roll the log file without a snapshot; 0 means never. */
  readonly logSizeLimitBytes: number;
  /** `preAllocSize`, in bytes. */
  readonly preallocateBytes: number;
  /** `forceSync`: fsync the log before acknowledging. */
  readonly syncsLog: boolean;
  /** `fsync.warningthresholdms`. */
  readonly fsyncWarningThresholdMs: number;
  /** `flushDelay`: wait this long for more txns before an fsync; 0 means do not wait. */
  readonly flushDelayMs: number;
  /** `maxWriteQueuePollTime`, by default a third of `flushDelayMs`. */
  readonly writeQueuePollTimeMaxMs: number;
  /** `maxBatchSize`: flush at the latest after so many txns; 0 means no such limit. */
  readonly batchTxnsMax: number;
  /** `commitLogCount`, at least 500: committed proposals kept in memory for learners. */
  readonly commitLogCount: number;
  /** `snapshotSizeFactor`: -1 switches sync from the log on disk off. */
  readonly snapshotSizeFactor: number;
  /** `snapshot.compression.method`. */
  readonly snapshotCompression: "none" | "gz" | "snappy";
  /** `snapshot.trust.empty`: start although there are logs but no snapshot. */
  readonly trustsEmptySnapshot: boolean;
  /** `db.autocreate`: a server with an empty tree may vote. */
  readonly createsDatabase: boolean;
  /** `serializeLastProcessedZxid.enabled`: the last processed zxid at the end of a snapshot. */
  readonly writesLastProcessedZxid: boolean;
  /** `autopurge.snapRetainCount`, at least 3. */
  readonly purgeRetainCount: number;
  /** `autopurge.purgeInterval`; 0 means no purge. */
  readonly purgeIntervalMs: number;
}

/** The data tree. */
export interface TreeConfig {
  /** `digest.enabled`. */
  readonly hasDigest: boolean;
  /** `extendedTypesEnabled`: TTL znodes. */
  readonly hasExtendedTypes: boolean;
  /** `emulate353TTLNodes`. */
  readonly emulates353TtlNodes: boolean;
  /** `znode.container.checkIntervalMs`: period of the container and TTL sweep. */
  readonly containerCheckIntervalMs: number;
  /** `znode.container.maxPerMinute`: deletions of the sweep; at least 1. */
  readonly containersPerMinuteMax: number;
  /** `znode.container.maxNeverUsedIntervalMs`: delete containers that never had a child after this time; 0 means never. */
  readonly containerNeverUsedMaxMs: number;
  /** `enforceQuota`: hard limits refuse, soft limits warn. */
  readonly enforcesQuota: boolean;
}
