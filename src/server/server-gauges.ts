import type { ServerMachine } from "../core/pipeline/server-machine.ts";
import type { ServerStats } from "../core/pipeline/server-stats.ts";
import type { DataTree } from "../core/tree/data-tree.ts";
import type { ServerGaugeName } from "../metrics/gauge-table.ts";
import type { GaugeSource } from "../metrics/metrics-registry.ts";

/** What gauges are read from beside the machine. */
export interface GaugeSources {
  readonly aliveConnections: () => number;
  /** Connections without TLS, from this host and from others. */
  readonly locality: () => { readonly local: number; readonly remote: number };
  readonly uptimeMs: () => number;
  /** Null where the system does not tell. */
  readonly fileDescriptors: () => { readonly open: number; readonly max: number } | null;
}

/** Every gauge of a standalone server (operations 3.2). `current` is asked each time: a member has a new machine in each role. */
export function serverGauges(
  current: () => ServerMachine,
  stats: ServerStats,
  sources: GaugeSources,
): Readonly<Record<ServerGaugeName, GaugeSource>> {
  const tree = (): DataTree => current().database.tree;
  return {
    avg_latency: () => stats.latency.mean,
    max_latency: () => stats.latency.max,
    min_latency: () => stats.latency.min,
    packets_received: () => stats.packetsReceived,
    packets_sent: () => stats.packetsSent,
    num_alive_connections: sources.aliveConnections,
    outstanding_requests: () => current().outstandingRequests,
    uptime: sources.uptimeMs,
    // ZooKeeper counts the root twice, as "" and as "/" (client-protocol 4.8).
    znode_count: () => tree().nodeCount + 1,
    watch_count: () => current().watches.watchCount,
    ephemerals_count: () => tree().ephemeralCount,
    approximate_data_size: () => tree().approximateDataBytes,
    global_sessions: () => current().sessions.globalCount,
    local_sessions: () => current().sessions.localCount,
    open_file_descriptor_count: () => sources.fileDescriptors()?.open ?? null,
    max_file_descriptor_count: () => sources.fileDescriptors()?.max ?? null,
    connection_drop_probability: () => current().connectionThrottle.dropProbability,
    last_client_response_size: () => stats.lastResponseBytes,
    max_client_response_size: () => stats.maxResponseBytes,
    min_client_response_size: () => stats.minResponseBytes,
    outstanding_tls_handshake: () => 0,
    auth_failed_count: () => stats.authFailedCount,
    non_mtls_remote_conn_count: () => sources.locality().remote,
    non_mtls_local_conn_count: () => sources.locality().local,
  };
}
