import type { Config, ConnectionThrottleConfig, RequestsConfig } from "../config/config.ts";
import type { AuthConfig } from "../config/config-security.ts";
import type {
  AuthOptions,
  ConnectionThrottleOptions,
  LimitOptions,
  ServerOptions,
} from "../core/pipeline/server-options.ts";

/** The top byte of a standalone server's session ids, whatever its `myid` says (client-protocol 2.3). */
const STANDALONE_SESSION_SERVER_ID = 1;

/** What the machine of a standalone server has to know of the configuration. */
export function serverOptionsOf(config: Config): ServerOptions {
  const { sessions, tree, requests, clients } = config;
  return {
    tickTimeMs: sessions.tickTimeMs,
    minSessionTimeoutMs: sessions.timeoutMinMs,
    maxSessionTimeoutMs: sessions.timeoutMaxMs,
    serverId: STANDALONE_SESSION_SERVER_ID,
    fieldBytesMax: requests.juteMaxBufferBytes + requests.juteExtraBytes,
    sessionlessConnectionTimeoutMs: clients.sessionlessCnxnTimeoutMs,
    extendedTypesEnabled: tree.hasExtendedTypes,
    digestEnabled: tree.hasDigest,
    closeSessionTxnEnabled: sessions.listsEphemeralsInCloseSession,
    enforceQuota: tree.enforcesQuota,
    reconfigEnabled: config.ensemble.allowsReconfig,
    // Local sessions exist in an ensemble only (client-protocol 7.4).
    localSessionsEnabled: false,
    localSessionsUpgradingEnabled: false,
    auditEnabled: config.audit.isEnabled,
    auth: authOptionsOf(config.auth, clients.securePort !== null),
    limits: limitOptionsOf(requests),
    connectionThrottle: throttleOptionsOf(clients.throttle),
    containers: {
      checkIntervalMs: tree.containerCheckIntervalMs,
      deletesPerMinuteMax: tree.containersPerMinuteMax,
      neverUsedIntervalMs: tree.containerNeverUsedMaxMs,
    },
  };
}

function authOptionsOf(auth: AuthConfig, hasSecurePort: boolean): AuthOptions {
  return {
    skipACL: auth.skipsAcl,
    digestEnabled: auth.schemes.includes("digest"),
    digestAlgorithm: auth.digestAlgorithm.replace(/^SHA-?/i, "sha").toLowerCase(),
    superDigest: auth.superDigest ?? undefined,
    x509Enabled: hasSecurePort || auth.schemes.includes("x509"),
    x509SuperUser: auth.x509SuperUser ?? undefined,
    saslEnabled: auth.schemes.includes("sasl"),
    saslSuperUsers: auth.saslSuperUsers,
    letAnySaslUserDoX: undefined,
    ensembleAuthEnabled: auth.schemes.includes("ensemble"),
    ensembleNames: auth.ensembleNames ?? [],
    enforcedSchemes: auth.requiredSchemes,
  };
}

function limitOptionsOf(requests: RequestsConfig): LimitOptions {
  return {
    outstandingRequestsMax: requests.outstandingMax,
    largeRequestsBytesMax: requests.largeRequestsMaxBytes,
    largeRequestBytes: requests.largeRequestThresholdBytes,
    throttleRequestsMax: requests.throttleMax,
    throttleStallMs: requests.throttleStallTimeMs,
    throttleDropStale: requests.throttleDropsStale,
    staleLatencyCheck: requests.isStaleByLatency,
    staleConnectionCheck: requests.isStaleByConnection,
    throttledOpWaitMs: requests.throttledOpWaitTimeMs,
  };
}

function throttleOptionsOf(throttle: ConnectionThrottleConfig): ConnectionThrottleOptions {
  return {
    tokens: throttle.tokensMax,
    fillTimeMs: throttle.fillTimeMs,
    fillCount: throttle.fillCount,
    freezeTimeMs: throttle.freezeTimeMs,
    dropIncrease: throttle.dropIncrease,
    dropDecrease: throttle.dropDecrease,
    decreaseRatio: throttle.decreaseRatio,
    weightEnabled: throttle.isWeighted,
    globalSessionWeight: throttle.globalSessionWeight,
    renewSessionWeight: throttle.renewSessionWeight,
    localSessionWeight: throttle.localSessionWeight,
  };
}
