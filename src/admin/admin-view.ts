import type { Instant } from "../base/ports.ts";
import type { Int64 } from "../protocol/int64.ts";
import type { SessionId } from "../protocol/session-id.ts";
import type { Zxid } from "../protocol/zxid.ts";
import type { BufferSizes } from "./buffer-sizes.ts";
import type { QuorumView } from "./quorum-view.ts";

/** What a server is, in the words that `srvr`, `mntr` and the admin commands print. */
export type ServerState = "standalone" | "leader" | "follower" | "observer" | "read-only";

/** The counters behind `srvr`, `stat` and `/commands/server_stats`. */
export interface ServerStatistics {
  /** Packets since the start or the last reset; a four-letter word counts as one received packet. */
  readonly packetsReceived: number;
  readonly packetsSent: number;
  /** Milliseconds from a request's arrival to its answer since the last reset; all zero before the first answer. */
  readonly minLatencyMs: number;
  /** Unrounded mean; the admin side rounds it to four digits like Apache. */
  readonly avgLatencyMs: number;
  readonly maxLatencyMs: number;
  /** Requests accepted and not answered yet. */
  readonly outstandingRequests: number;
  /** Open client connections on all client ports, including those that only asked a four-letter word. */
  readonly aliveConnections: number;
  readonly lastProcessedZxid: Zxid;
  /** Milliseconds since this server began to serve. */
  readonly uptimeMs: number;
  readonly fsyncThresholdExceededCount: number;
  readonly authFailedCount: number;
  readonly nonMtlsRemoteConnectionCount: number;
  readonly nonMtlsLocalConnectionCount: number;
  readonly clientResponseSizes: BufferSizes;
}

/** One client connection, as `cons` and `/commands/connections` show it. */
export interface ConnectionInfo {
  /** Address in Java's text form: IPv4 dotted, IPv6 uncompressed and without brackets (`0:0:0:0:0:0:0:1`). */
  readonly remoteHost: string;
  readonly remotePort: number;
  /** True for a connection of the TLS client port. */
  readonly isSecure: boolean;
  /** Bit 1: we read from it; bit 4: answers wait for its socket; 0: neither (a four-letter word, reading paused). */
  readonly interestOps: number;
  /** Requests accepted and not answered, plus answers not yet handed to the socket. */
  readonly outstandingRequests: number;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  /** `NO_SESSION` before the handshake is complete. */
  readonly sessionId: SessionId;
  /** Opcode of the last answered request since the last reset; null before the first. */
  readonly lastOperation: number | null;
  /** Wall clock, ms since 1970, when the connection was accepted. */
  readonly establishedWallMs: number;
  /** Negotiated timeout; 0 without a session. */
  readonly sessionTimeoutMs: number;
  /** xid of the last answered request; -1 if none since the last reset or if it was a special negative one. */
  readonly lastCxid: number;
  /** zxid of the last answer; -1 if none since the last reset. */
  readonly lastZxid: Zxid;
  /** Monotonic milliseconds of the last answer; 0 if none since the last reset. */
  readonly lastResponseElapsedMs: number;
  readonly lastLatencyMs: number;
  readonly minLatencyMs: number;
  /** Mean; shown with its fraction cut off. */
  readonly avgLatencyMs: number;
  readonly maxLatencyMs: number;
}

/** The elements that expire together, at the end of one tick of an expiry queue. */
export interface ExpiryBucket<E> {
  /** Monotonic milliseconds when the bucket expires: the origin of {@link AdminView.now}. */
  readonly expiresAtElapsedMs: number;
  readonly size: number;
  readonly elements: Iterable<E>;
}

/** An expiry queue: its buckets, earliest first, empty ones included. */
export interface ExpiryListing<E> {
  readonly bucketCount: number;
  readonly elementCount: number;
  readonly buckets: Iterable<ExpiryBucket<E>>;
}

/** A session known to a follower or observer: only the leader knows when it expires. */
export interface LearnerSession {
  readonly id: SessionId;
  readonly timeoutMs: number;
}

/** The sessions behind `dump`: local ones if `localSessionsEnabled`, then the global ones. */
export interface SessionListing {
  /** Null unless local sessions are enabled. */
  readonly local: ExpiryListing<SessionId> | null;
  /** Standalone and leader: the expiry queue. Follower and observer: id and timeout, sorted by id. */
  readonly global:
    | ({ readonly kind: "expiry" } & ExpiryListing<SessionId>)
    | { readonly kind: "learner"; readonly count: number; readonly sessions: Iterable<LearnerSession> };
}

/** A connection in the connection expiry queue (connections that must speak or be closed). */
export interface ExpiringConnection {
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly sessionId: SessionId;
}

export interface SessionPaths {
  readonly sessionId: SessionId;
  readonly paths: Iterable<string>;
}

export interface PathSessions {
  readonly path: string;
  readonly sessionIds: Iterable<SessionId>;
}

export interface EphemeralListing {
  readonly sessionCount: number;
  readonly sessions: Iterable<SessionPaths>;
}

/** Counts over the data watches (exists and getData, persistent ones included; child watches are not counted). */
export interface WatchSummary {
  readonly connectionCount: number;
  readonly pathCount: number;
  readonly watchCount: number;
}

/** The tree's digest after the transaction `zxid`; the log keeps the newest 1024, one per zxid divisible by 128. */
export interface DigestEntry {
  readonly zxid: Zxid;
  readonly digestVersion: number;
  readonly digest: Int64;
}

/** The settings that `conf` and `/commands/configuration` show. */
export interface ServerConfiguration {
  /** The bound port, or -1 if there is no plain client port. */
  readonly clientPort: number;
  /** The bound port, or -1 if there is no TLS client port. */
  readonly secureClientPort: number;
  /** Absolute path including `version-2`. */
  readonly dataDir: string;
  /** Absolute path including `version-2`. */
  readonly dataLogDir: string;
  readonly tickTimeMs: number;
  /** Connections per client address; 0 = no limit. */
  readonly maxClientCnxns: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** -1 = the operating system's default. */
  readonly clientPortListenBacklog: number;
  /** `myid`; 0 when standalone. */
  readonly serverId: number;
}

/** Bytes of all files below the two directories; equal if they are the same directory. */
export interface DirectorySizes {
  readonly dataDirBytes: number;
  readonly dataLogDirBytes: number;
}

/** One number of `mntr` and `/commands/monitor`, as the metrics registry gives it. */
export interface MonitorValue {
  /** Without the `zk_` prefix. */
  readonly name: string;
  readonly value: number;
  /** True if Apache keeps it as a double, so that it is printed with a fraction even when it has none (`0.0`). */
  readonly isDecimal: boolean;
}

export interface LastSnapshot {
  readonly zxid: Zxid;
  /** Seconds since 1970 when the file was finished or, for the one loaded at start, last changed. */
  readonly timestampS: number;
}

/** Who asks for an admin command that needs permission (operations.md 2.1, "auth"). */
export interface AdminCredential {
  /** First word of the Authorization header: `digest`, `ip`, `x509`, … */
  readonly scheme: string;
  /** Second word (`user:password` for digest), or null if there was only one. */
  readonly credential: string | null;
  /** Address of the TCP peer; behind a proxy its `X-Forwarded-For` if `IPAuthenticationProvider.usexforwardedfor`. */
  readonly remoteHost: string;
}

/** `unauthenticated`: unknown scheme or credential refused. `unauthorized`: known, but lacks a permission. */
export type AuthorizationResult = "authorized" | "unauthenticated" | "unauthorized";

/**
 * Everything the four-letter words and the AdminServer may know of the server and do to it; `server/` implements it.
 *
 * Each method returns plain data of the moment. Listings are iterables that are consumed over **several** event-loop
 * turns: an entry that comes or goes meanwhile may or may not be seen, but iterating must neither throw nor return an
 * entry twice, and must not copy the whole listing first. A listing is iterated at most once.
 */
export interface AdminView {
  /** `<x.y.z[-QUALIFIER]>-<revision>, built on <yyyy-MM-dd HH:mm> UTC`; tools match the beginning. */
  version(): string;
  /** True while requests are served: false during start, without a quorum, and once shutdown has begun. */
  isServing(): boolean;
  serverState(): ServerState;
  now(): Instant;

  statistics(): ServerStatistics;
  configuration(): ServerConfiguration;
  /** Text of the configuration file as read at start; null if there was none (command line only) or in a quorum. */
  initialConfiguration(): string | null;
  /** `envi`: see `nodeEnvironment`, which makes the list. */
  environment(): Iterable<readonly [key: string, value: string]>;
  /** The system properties (`zookeeper.*`, `jute.*`, …) in force, secrets already replaced (`Config.systemProperties`). */
  systemProperties(): Iterable<readonly [key: string, value: string]>;
  directorySizes(): Promise<DirectorySizes>;
  lastSnapshot(): LastSnapshot | null;
  /** All metrics in the order to print, never-used sets left out. */
  monitorValues(): Iterable<MonitorValue>;

  nodeCount(): number;
  digestLog(): Iterable<DigestEntry>;
  ephemerals(): EphemeralListing;
  sessions(): SessionListing;

  connections(): Iterable<ConnectionInfo>;
  connectionExpiry(): ExpiryListing<ExpiringConnection>;

  /** Data watches only, as everything below about watches. */
  watchSummary(): WatchSummary;
  /** One entry per connection that has watches; the session id names it. */
  watchesBySession(): Iterable<SessionPaths>;
  watchesByPath(): Iterable<PathSessions>;

  /** Signed 64-bit trace mask; 306 at start. */
  traceMask(): Int64;
  setTraceMask(mask: Int64): void;

  /** `srst`: latencies, packet counts, client response sizes, all counters and summaries; on a leader proposal sizes. */
  resetServerStatistics(): void;
  /** `crst`: counters, last operation and latencies of every connection. */
  resetConnectionStatistics(): void;

  /** Authenticates the caller, then checks all of `permissions` (bits of `Perms`) on the ACL of `path`. */
  authorize(caller: AdminCredential, permissions: number, path: string): AuthorizationResult;
  /** Closes about `percentage` (0 … 100) of the client connections, chosen at random; returns how many. */
  shedConnections(percentage: number): number;

  /** Null on a standalone server. */
  quorum(): QuorumView | null;
}
