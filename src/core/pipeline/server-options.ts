import type { Instant, Rng } from "../../base/ports.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { ReconfigDesk } from "../operations/operation.ts";
import type { Database } from "../tree/database.ts";
import type { Outbox } from "./outbox.ts";
import type { ServerStats } from "./server-stats.ts";

/**
 * Everything a server machine is told, as plain data: no option is read from anywhere else. The names are the
 * configuration's, in this project's spelling; defaults are Apache ZooKeeper's (configuration.md 2..5).
 */
export interface ServerOptions {
  /** Length of a tick in ms: the unit of session timeouts and of the expiry buckets. */
  readonly tickTimeMs: number;
  /** Lower bound of negotiated session timeouts; -1 = 2 ticks. */
  readonly minSessionTimeoutMs: number;
  /** Upper bound; -1 = 20 ticks. */
  readonly maxSessionTimeoutMs: number;
  /** Top byte of the session ids made here: `myid`, and 1 for a standalone server (client-protocol 2.3). */
  readonly serverId: number;
  /** `jute.maxbuffer` + `jute.maxbuffer.extrasize`: limit of one string or buffer inside a frame, in bytes. */
  readonly fieldBytesMax: number;
  /** `nio.sessionlessCnxnTimeout`: also the bucket of the connection expiry queue. */
  readonly sessionlessConnectionTimeoutMs: number;
  /** `extendedTypesEnabled`: TTL znodes. */
  readonly extendedTypesEnabled: boolean;
  /** `digest.enabled`: each txn carries the digest of the tree after it. */
  readonly digestEnabled: boolean;
  /** `closeSessionTxn.enabled`: closeSession txns list the ephemerals to delete. */
  readonly closeSessionTxnEnabled: boolean;
  /** `enforceQuota`: hard quotas refuse with QUOTAEXCEEDED; without it nothing is checked. */
  readonly enforceQuota: boolean;
  /** `reconfigEnabled`. */
  readonly reconfigEnabled: boolean;
  readonly localSessionsEnabled: boolean;
  readonly localSessionsUpgradingEnabled: boolean;
  /** `audit.enable`: audit events are made. */
  readonly auditEnabled: boolean;
  readonly auth: AuthOptions;
  readonly limits: LimitOptions;
  readonly connectionThrottle: ConnectionThrottleOptions;
  readonly containers: ContainerOptions;
}

/** Who may prove to be whom (configuration.md 5.1). */
export interface AuthOptions {
  /** `skipACL`: no ACL is checked at all. */
  readonly skipACL: boolean;
  /** `DigestAuthenticationProvider.enabled`. */
  readonly digestEnabled: boolean;
  /** `DigestAuthenticationProvider.digestAlg` in OpenSSL's spelling: `sha1`, `sha256`, … */
  readonly digestAlgorithm: string;
  /** `DigestAuthenticationProvider.superDigest`: `super:<base64>`; undefined = no super user. */
  readonly superDigest: string | undefined;
  /** A secure port exists, so scheme x509 is known. */
  readonly x509Enabled: boolean;
  readonly x509SuperUser: string | undefined;
  /** A SASL provider is configured, so ACLs of scheme sasl are valid. */
  readonly saslEnabled: boolean;
  /** `superUser`, `superUser.<suffix>`: SASL names that are super users. */
  readonly saslSuperUsers: readonly string[];
  readonly letAnySaslUserDoX: string | undefined;
  /** An ensemble provider is configured, so scheme ensemble is known. */
  readonly ensembleAuthEnabled: boolean;
  /** `ensembleAuthName`: accepted names. Empty = every name. */
  readonly ensembleNames: readonly string[];
  /** `enforce.auth.schemes` when `enforce.auth.enabled` (or `sasl` for sessionRequireClientSASLAuth); empty = off. */
  readonly enforcedSchemes: readonly string[];
}

/** How much may be in process (client-protocol 7.7). */
export interface LimitOptions {
  /** `globalOutstandingLimit`: above it, connections with outstanding requests are not read. */
  readonly outstandingRequestsMax: number;
  /** `largeRequestMaxBytes`: total of the large requests in flight. */
  readonly largeRequestsBytesMax: number;
  /** `largeRequestThreshold`: from this frame size a request is large; -1 = off. */
  readonly largeRequestBytes: number;
  /** `request_throttle_max_requests`: requests in process before others wait; 0 = off. */
  readonly throttleRequestsMax: number;
  /**
   * `request_throttle_stall_time`: how long Apache's throttler sleeps at most before it looks again. Ours is told when a
   * request is done and goes on at once, so this changes nothing.
   */
  readonly throttleStallMs: number;
  /** `request_throttle_drop_stale`. */
  readonly throttleDropStale: boolean;
  /** `request_stale_latency_check`: waiting longer than the session timeout is stale. */
  readonly staleLatencyCheck: boolean;
  /** `request_stale_connection_check`: a closed connection is stale. */
  readonly staleConnectionCheck: boolean;
  /** `throttled_op_wait_time`: waiting longer ends in THROTTLEDOP; 0 = off. */
  readonly throttledOpWaitMs: number;
}

/** The token bucket of new sessions, `connection_throttle_*` (client-protocol 7.6). */
export interface ConnectionThrottleOptions {
  /** 0 = off. */
  readonly tokens: number;
  readonly fillTimeMs: number;
  readonly fillCount: number;
  /** -1 = no random dropping. */
  readonly freezeTimeMs: number;
  readonly dropIncrease: number;
  readonly dropDecrease: number;
  readonly decreaseRatio: number;
  readonly weightEnabled: boolean;
  readonly globalSessionWeight: number;
  readonly renewSessionWeight: number;
  readonly localSessionWeight: number;
}

/** `znode.container.*` (client-protocol 4.5). */
export interface ContainerOptions {
  readonly checkIntervalMs: number;
  readonly deletesPerMinuteMax: number;
  /** 0 = never. */
  readonly neverUsedIntervalMs: number;
}

/** Defaults of Apache ZooKeeper for a standalone server. */
export const SERVER_OPTIONS_DEFAULT: ServerOptions = Object.freeze({
  tickTimeMs: 3000,
  minSessionTimeoutMs: -1,
  maxSessionTimeoutMs: -1,
  serverId: 1,
  fieldBytesMax: 2 * 0xfffff,
  sessionlessConnectionTimeoutMs: 10_000,
  extendedTypesEnabled: false,
  digestEnabled: true,
  closeSessionTxnEnabled: true,
  enforceQuota: false,
  reconfigEnabled: false,
  localSessionsEnabled: false,
  localSessionsUpgradingEnabled: false,
  auditEnabled: false,
  auth: Object.freeze({
    skipACL: false,
    digestEnabled: true,
    digestAlgorithm: "sha1",
    superDigest: undefined,
    x509Enabled: false,
    x509SuperUser: undefined,
    saslEnabled: false,
    saslSuperUsers: Object.freeze([]),
    letAnySaslUserDoX: undefined,
    ensembleAuthEnabled: false,
    ensembleNames: Object.freeze([]),
    enforcedSchemes: Object.freeze([]),
  }),
  limits: Object.freeze({
    outstandingRequestsMax: 1000,
    largeRequestsBytesMax: 100 * 1024 * 1024,
    largeRequestBytes: -1,
    throttleRequestsMax: 0,
    throttleStallMs: 100,
    throttleDropStale: true,
    staleLatencyCheck: false,
    staleConnectionCheck: true,
    throttledOpWaitMs: 0,
  }),
  connectionThrottle: Object.freeze({
    tokens: 0,
    fillTimeMs: 1,
    fillCount: 1,
    freezeTimeMs: -1,
    dropIncrease: 0.02,
    dropDecrease: 0.002,
    decreaseRatio: 0,
    weightEnabled: false,
    globalSessionWeight: 3,
    renewSessionWeight: 2,
    localSessionWeight: 1,
  }),
  containers: Object.freeze({
    checkIntervalMs: 60_000,
    deletesPerMinuteMax: 10_000,
    neverUsedIntervalMs: 300_000,
  }),
});

/** What a machine is made of: its options and the recovered state it takes over. */
export interface ServerMachineOptions {
  readonly server: ServerOptions;
  /**
   * Recovered from disk, with digests and extended types as in {@link server}. Its reports and digest mismatches go to whoever
   * made it; the latter also count in `ServerStats.counters.digest_mismatches_count`. Belongs to the machine from now on. */
  readonly database: Database;
  readonly rng: Rng;
  /** The clock at the moment of creation: the origin of session ids and of the first timeouts. */
  readonly startedAt: Instant;
  /** Numbers to go on counting, when this machine follows on another of the same server. */
  readonly stats?: ServerStats;
  /** Where its work goes, when it is a part of something larger. */
  readonly outbox?: Outbox;
  /** On a leader: the zxid of its epoch (counter 0), behind which its txns begin. */
  readonly epochZxid?: Zxid;
  /** On a member that a leader has made serve: what of epochs before this one has been committed is in {@link database}. */
  readonly completeBeforeEpoch?: number;
  readonly reconfigDesk?: ReconfigDesk;
  /** On a learner: asks the leader whether a session may be continued here. */
  readonly askLeader?: (session: SessionId, timeoutMs: number) => void;
}
