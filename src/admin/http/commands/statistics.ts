import type { AdminView, DirectorySizes } from "../../admin-view.ts";
import type { BufferSizes } from "../../buffer-sizes.ts";
import { roundToFourDigits } from "../../java-number.ts";
import { getCommand } from "../command.ts";
import { Decimal, type JsonFields, type JsonValue } from "../json.ts";
import { connectionLists, shortConnection } from "./connections.ts";

export const serverStats = getCommand(["srvr"], async ({ view }) => {
  return { fields: statisticsFields(view, await view.directorySizes()) };
});

export const stats = getCommand(["stat"], async ({ view }) => {
  const sizes = await view.directorySizes();
  return { fields: [...statisticsFields(view, sizes), ...connectionLists(view, shortConnection)] };
});

export const statReset = getCommand(["srst"], ({ view }) => {
  view.resetServerStatistics();
  return { fields: [] };
});

function statisticsFields(view: AdminView, sizes: DirectorySizes): [string, JsonValue][] {
  const proposals = view.quorum()?.proposalSizes ?? null;
  return [
    ["version", view.version()],
    ["read_only", view.serverState() === "read-only"],
    ["server_stats", serverStatistics(view, sizes)],
    ["client_response", bufferSizes(view.statistics().clientResponseSizes)],
    ...(proposals === null ? [] : [["proposal_stats", bufferSizes(proposals)] as [string, JsonValue]]),
    ["node_count", view.nodeCount()],
  ];
}

/** The odd spellings come from Java's rules for property names; tools know them. */
function serverStatistics(view: AdminView, sizes: DirectorySizes): JsonFields {
  const statistics = view.statistics();
  return {
    packets_sent: statistics.packetsSent,
    packets_received: statistics.packetsReceived,
    fsync_threshold_exceed_count: statistics.fsyncThresholdExceededCount,
    client_response_stats: bufferSizes(statistics.clientResponseSizes),
    provider_null: false,
    server_state: view.serverState(),
    outstanding_requests: statistics.outstandingRequests,
    min_latency: statistics.minLatencyMs,
    avg_latency: new Decimal(roundToFourDigits(statistics.avgLatencyMs)),
    max_latency: statistics.maxLatencyMs,
    data_dir_size: sizes.dataDirBytes,
    log_dir_size: sizes.dataLogDirBytes,
    last_processed_zxid: statistics.lastProcessedZxid,
    num_alive_client_connections: statistics.aliveConnections,
    uptime: Math.floor(statistics.uptimeMs),
    auth_failed_count: statistics.authFailedCount,
    non_mtlsremote_conn_count: statistics.nonMtlsRemoteConnectionCount,
    non_mtlslocal_conn_count: statistics.nonMtlsLocalConnectionCount,
  };
}

function bufferSizes(sizes: BufferSizes): JsonFields {
  return {
    last_buffer_size: sizes.lastBytes,
    min_buffer_size: sizes.minBytes,
    max_buffer_size: sizes.maxBytes,
  };
}
