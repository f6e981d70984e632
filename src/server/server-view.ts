import type {
  AdminCredential,
  AdminView,
  AuthorizationResult,
  ConnectionInfo,
  DigestEntry,
  DirectorySizes,
  EphemeralListing,
  ExpiringConnection,
  ExpiryListing,
  LastSnapshot,
  MonitorValue,
  PathSessions,
  ServerConfiguration,
  ServerState,
  ServerStatistics,
  SessionListing,
  SessionPaths,
  WatchSummary,
} from "../admin/admin-view.ts";
import { nodeEnvironment } from "../admin/environment.ts";
import type { Clock, Instant } from "../base/ports.ts";
import { VERSION_TEXT } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import type { ServerMachine } from "../core/pipeline/server-machine.ts";
import type { MetricsRegistry } from "../metrics/metrics-registry.ts";
import { Int64 } from "../protocol/int64.ts";
import type { DataDirectory } from "../storage/directory/data-directory.ts";
import { authorizeCaller } from "./authorize-caller.ts";
import { connectionInfo } from "./connection-info.ts";
import type { MemberView } from "./ensemble/member-view.ts";
import type { Gateway } from "./gateway.ts";
import {
  connectionExpiryOf,
  ephemeralsOf,
  sessionsOf,
  watchesByPathOf,
  watchesBySessionOf,
} from "./listings.ts";
import type { SnapshotWorker } from "./snapshot-worker.ts";

/** Apache's trace mask at start (operations 1.4). It is kept and shown; our log has levels instead of masks. */
const TRACE_MASK_DEFAULT = new Int64(0, 306);

export interface ServerViewParts {
  readonly config: Config;
  /** Text of the configuration file as it was read at start. */
  readonly configText: string | null;
  readonly directory: DataDirectory;
  /** A member has a new one in each role: it is asked for each time. */
  readonly machine: () => ServerMachine;
  readonly serverState: () => ServerState;
  /** Null on a standalone server. */
  readonly quorum: MemberView | null;
  readonly gateway: Gateway;
  readonly snapshots: SnapshotWorker;
  readonly registry: MetricsRegistry;
  readonly clock: Clock;
  /** The bound port, or null before it is bound and without one. */
  readonly clientPort: () => number | null;
  readonly isServing: () => boolean;
  /** Bytes of all files directly in a directory. */
  readonly directoryBytes: (directory: string) => Promise<number>;
  readonly slowSyncCount: { value: number };
  /** Uniform in 0 … bound-1. */
  readonly randomBelow: (bound: number) => number;
}

/** What four-letter words and the AdminServer see of a server. */
export class ServerView implements AdminView {
  readonly #parts: ServerViewParts;
  readonly #servesSinceMs: number;
  #traceMask = TRACE_MASK_DEFAULT;

  constructor(parts: ServerViewParts) {
    this.#parts = parts;
    this.#servesSinceMs = parts.clock.now().elapsedMs;
  }

  get #machine(): ServerMachine {
    return this.#parts.machine();
  }

  version(): string {
    return VERSION_TEXT;
  }

  isServing(): boolean {
    return this.#parts.isServing();
  }

  serverState(): ServerState {
    return this.#parts.serverState();
  }

  now(): Instant {
    return this.#parts.clock.now();
  }

  uptimeMs(): number {
    return this.now().elapsedMs - this.#servesSinceMs;
  }

  statistics(): ServerStatistics {
    const { gateway, slowSyncCount } = this.#parts;
    const machine = this.#machine;
    const { stats } = machine;
    const locality = countLocality(gateway);
    return {
      packetsReceived: stats.packetsReceived,
      packetsSent: stats.packetsSent,
      minLatencyMs: stats.latency.min,
      avgLatencyMs: stats.latency.mean,
      maxLatencyMs: stats.latency.max,
      outstandingRequests: machine.outstandingRequests,
      aliveConnections: gateway.size,
      lastProcessedZxid: machine.database.lastProcessedZxid,
      uptimeMs: this.uptimeMs(),
      fsyncThresholdExceededCount: slowSyncCount.value,
      authFailedCount: stats.authFailedCount,
      nonMtlsRemoteConnectionCount: locality.remote,
      nonMtlsLocalConnectionCount: locality.local,
      clientResponseSizes: {
        lastBytes: stats.lastResponseBytes,
        minBytes: stats.minResponseBytes,
        maxBytes: stats.maxResponseBytes,
      },
    };
  }

  configuration(): ServerConfiguration {
    const { config, directory, clientPort } = this.#parts;
    return {
      clientPort: clientPort() ?? -1,
      secureClientPort: -1,
      dataDir: directory.snapDir,
      dataLogDir: directory.logDir,
      tickTimeMs: config.sessions.tickTimeMs,
      maxClientCnxns: config.clients.cnxnsPerAddressMax,
      minSessionTimeoutMs: config.sessions.timeoutMinMs,
      maxSessionTimeoutMs: config.sessions.timeoutMaxMs,
      clientPortListenBacklog: config.clients.listenBacklog,
      serverId: config.files.serverId,
    };
  }

  initialConfiguration(): string | null {
    const { configText, quorum } = this.#parts;
    return quorum === null ? configText : null;
  }

  environment(): Iterable<readonly [key: string, value: string]> {
    return nodeEnvironment(VERSION_TEXT);
  }

  systemProperties(): Iterable<readonly [key: string, value: string]> {
    return Object.entries(this.#parts.config.systemProperties);
  }

  async directorySizes(): Promise<DirectorySizes> {
    const { directory, directoryBytes } = this.#parts;
    const [dataDirBytes, dataLogDirBytes] = await Promise.all([
      directoryBytes(directory.snapDir),
      directoryBytes(directory.logDir),
    ]);
    return { dataDirBytes, dataLogDirBytes };
  }

  lastSnapshot(): LastSnapshot | null {
    return this.#parts.snapshots.last ?? null;
  }

  monitorValues(): Iterable<MonitorValue> {
    return this.#parts.registry.values();
  }

  /** One more than there are: ZooKeeper counts the root twice, as "" and as "/" (client-protocol 4.8). */
  nodeCount(): number {
    return this.#machine.database.tree.nodeCount + 1;
  }

  digestLog(): Iterable<DigestEntry> {
    return this.#machine.database.tree
      .digestLog()
      .map(({ zxid, version, treeDigest }) => ({ zxid, digestVersion: version, digest: treeDigest }));
  }

  ephemerals(): EphemeralListing {
    return ephemeralsOf(this.#machine.database.tree);
  }

  sessions(): SessionListing {
    const { sessions, role } = this.#machine;
    return sessionsOf(sessions, role, this.#parts.config.sessions.hasLocalSessions);
  }

  *connections(): Iterable<ConnectionInfo> {
    const { gateway } = this.#parts;
    const machine = this.#machine;
    for (const connection of machine.connections.values()) {
      yield connectionInfo(connection, gateway.get(connection.id));
    }
  }

  connectionExpiry(): ExpiryListing<ExpiringConnection> {
    return connectionExpiryOf(this.#machine.silentConnections);
  }

  watchSummary(): WatchSummary {
    const { connections, paths, watches } = this.#machine.watches.summary();
    return { connectionCount: connections, pathCount: paths, watchCount: watches };
  }

  watchesBySession(): Iterable<SessionPaths> {
    const machine = this.#machine;
    return watchesBySessionOf(machine.watches, machine.connections);
  }

  watchesByPath(): Iterable<PathSessions> {
    const machine = this.#machine;
    return watchesByPathOf(machine.watches, machine.connections);
  }

  traceMask(): Int64 {
    return this.#traceMask;
  }

  setTraceMask(mask: Int64): void {
    this.#traceMask = mask;
  }

  resetServerStatistics(): void {
    const { slowSyncCount, registry, quorum } = this.#parts;
    const machine = this.#machine;
    machine.stats.reset();
    slowSyncCount.value = 0;
    registry.reset();
    quorum?.resetProposalSizes();
  }

  resetConnectionStatistics(): void {
    for (const connection of this.#machine.connections.values()) connection.stats.reset();
  }

  authorize(caller: AdminCredential, permissions: number, path: string): AuthorizationResult {
    return authorizeCaller(caller, permissions, path, this.#machine);
  }

  shedConnections(percentage: number): number {
    const { gateway, randomBelow } = this.#parts;
    let count = 0;
    for (const connection of gateway.connections()) {
      if (randomBelow(100) >= percentage) continue;
      count++;
      gateway.closeConnection(connection.id);
    }
    return count;
  }

  quorum(): MemberView | null {
    return this.#parts.quorum;
  }
}

/** Connections without TLS, from this host and from others. */
export function countLocality(gateway: Gateway): { readonly local: number; readonly remote: number } {
  let local = 0;
  for (const { peerAddress } of gateway.connections()) if (isLoopback(peerAddress)) local++;
  return { local, remote: gateway.size - local };
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "0:0:0:0:0:0:0:1";
}
