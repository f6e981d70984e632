import { zxidToHex } from "../../protocol/zxid.ts";
import type { AdminView } from "../admin-view.ts";
import { javaDouble, roundToFourDigits } from "../java-number.ts";
import { shortConnectionLine } from "./connection-line.ts";
import type { Answer } from "./word.ts";

/** `srvr`: tools match the beginning of its first line, and `zkServer.sh status` the line `Mode:`. */
export function* srvr(view: AdminView): Answer {
  yield* head(view);
  yield* numbers(view);
}

/** `stat`: `srvr` with the clients after the head. */
export function* stat(view: AdminView): Answer {
  yield* head(view);
  yield "Clients:\n";
  for (const connection of view.connections()) yield `${shortConnectionLine(connection)}\n`;
  yield "\n";
  yield* numbers(view);
}

function* head(view: AdminView): Answer {
  yield `Zookeeper version: ${view.version()}\n`;
  if (view.serverState() === "read-only") yield "READ-ONLY mode; serving only read-only clients\n";
}

function* numbers(view: AdminView): Answer {
  const statistics = view.statistics();
  const average = javaDouble(roundToFourDigits(statistics.avgLatencyMs));
  yield `Latency min/avg/max: ${statistics.minLatencyMs}/${average}/${statistics.maxLatencyMs}\n`;
  yield `Received: ${statistics.packetsReceived}\n`;
  yield `Sent: ${statistics.packetsSent}\n`;
  yield `Connections: ${statistics.aliveConnections}\n`;
  yield `Outstanding: ${statistics.outstandingRequests}\n`;
  yield `Zxid: 0x${zxidToHex(statistics.lastProcessedZxid)}\n`;
  yield `Mode: ${view.serverState()}\n`;
  yield `Node count: ${view.nodeCount()}\n`;
  const proposals = view.quorum()?.proposalSizes;
  if (proposals != null) {
    yield `Proposal sizes last/min/max: ${proposals.lastBytes}/${proposals.minBytes}/${proposals.maxBytes}\n`;
  }
}
