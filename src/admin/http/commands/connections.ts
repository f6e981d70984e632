import type { AdminView, ConnectionInfo } from "../../admin-view.ts";
import { lastOperationName } from "../../last-operation.ts";
import { hostAndPort } from "../../socket-address.ts";
import { getCommand } from "../command.ts";
import { type JsonFields, JsonList } from "../json.ts";

export const connections = getCommand(["cons"], ({ view }) => {
  return { fields: connectionLists(view, fullConnection) };
});

export const connectionStatReset = getCommand(["crst"], ({ view }) => {
  view.resetConnectionStatistics();
  return { fields: [] };
});

/** The connections of the plain and of the TLS port, each as a list of its own. */
export function connectionLists(
  view: AdminView,
  describe: (connection: ConnectionInfo) => JsonFields,
): [string, JsonList][] {
  return [
    ["connections", new JsonList(described(view, false, describe))],
    ["secure_connections", new JsonList(described(view, true, describe))],
  ];
}

export function shortConnection(connection: ConnectionInfo): JsonFields {
  return {
    remote_socket_address: hostAndPort(connection.remoteHost, connection.remotePort),
    interest_ops: connection.interestOps,
    outstanding_requests: connection.outstandingRequests,
    packets_received: connection.packetsReceived,
    packets_sent: connection.packetsSent,
  };
}

function fullConnection(connection: ConnectionInfo): JsonFields {
  return {
    ...shortConnection(connection),
    session_id: connection.sessionId.toBigInt(),
    last_operation: lastOperationName(connection.lastOperation),
    established: connection.establishedWallMs,
    session_timeout: connection.sessionTimeoutMs,
    last_cxid: connection.lastCxid,
    last_zxid: connection.lastZxid,
    last_response_time: Math.floor(connection.lastResponseElapsedMs),
    last_latency: connection.lastLatencyMs,
    min_latency: connection.minLatencyMs,
    avg_latency: Math.floor(connection.avgLatencyMs),
    max_latency: connection.maxLatencyMs,
  };
}

function* described(
  view: AdminView,
  isSecure: boolean,
  describe: (connection: ConnectionInfo) => JsonFields,
): Iterable<JsonFields> {
  for (const connection of view.connections())
    if (connection.isSecure === isSecure) yield describe(connection);
}
