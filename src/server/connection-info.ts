import type { ConnectionInfo } from "../admin/admin-view.ts";
import type { Connection } from "../core/pipeline/connection.ts";
import type { ClientConnection } from "../transport/client-connection.ts";

const READ = 1;
const WRITE = 4;

/** A connection as `cons` shows it: the machine knows what was asked on it, the transport what waits to be sent. */
export function connectionInfo(
  connection: Connection,
  transport: ClientConnection | undefined,
): ConnectionInfo {
  const { stats } = connection;
  const isReading = transport?.isReading === true;
  const isWriting = transport !== undefined && transport.outputBytes > 0;
  return {
    remoteHost: connection.peerAddress,
    remotePort: connection.peerPort,
    isSecure: connection.isSecure,
    interestOps: (isReading ? READ : 0) | (isWriting ? WRITE : 0),
    outstandingRequests: connection.outstanding,
    packetsReceived: stats.packetsReceived,
    packetsSent: stats.packetsSent,
    sessionId: connection.sessionId,
    lastOperation: stats.lastOperation,
    establishedWallMs: connection.establishedWallMs,
    sessionTimeoutMs: connection.sessionTimeoutMs,
    lastCxid: stats.lastCxid,
    lastZxid: stats.lastZxid,
    lastResponseElapsedMs: stats.lastResponseElapsedMs,
    lastLatencyMs: stats.lastLatencyMs,
    minLatencyMs: stats.minLatencyMs,
    avgLatencyMs: stats.avgLatencyMs,
    maxLatencyMs: stats.maxLatencyMs,
  };
}
