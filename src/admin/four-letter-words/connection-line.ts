import { zxidToHex } from "../../protocol/zxid.ts";
import type { ConnectionInfo } from "../admin-view.ts";
import { lastOperationName } from "../last-operation.ts";
import { slashedAddress } from "../socket-address.ts";

/** A connection as `stat` shows it, without newline. */
export function shortConnectionLine(connection: ConnectionInfo): string {
  return `${counters(connection)})`;
}

/** A connection as `cons` shows it, without newline; one without a session shows only the short form. */
export function fullConnectionLine(connection: ConnectionInfo): string {
  return `${counters(connection)}${connection.sessionId.isZero() ? "" : session(connection)})`;
}

function counters(connection: ConnectionInfo): string {
  const address = slashedAddress(connection.remoteHost, connection.remotePort);
  const { outstandingRequests, packetsReceived, packetsSent } = connection;
  const packets = `queued=${outstandingRequests},recved=${packetsReceived},sent=${packetsSent}`;
  return ` ${address}[${connection.interestOps.toString(16)}](${packets}`;
}

function session(connection: ConnectionInfo): string {
  const { lastCxid } = connection;
  return [
    `,sid=${connection.sessionId}`,
    `,lop=${lastOperationName(connection.lastOperation)}`,
    `,est=${connection.establishedWallMs}`,
    `,to=${connection.sessionTimeoutMs}`,
    lastCxid >= 0 ? `,lcxid=0x${lastCxid.toString(16)}` : "",
    `,lzxid=0x${zxidToHex(connection.lastZxid)}`,
    `,lresp=${Math.floor(connection.lastResponseElapsedMs)}`,
    `,llat=${connection.lastLatencyMs}`,
    `,minlat=${connection.minLatencyMs}`,
    `,avglat=${Math.floor(connection.avgLatencyMs)}`,
    `,maxlat=${connection.maxLatencyMs}`,
  ].join("");
}
