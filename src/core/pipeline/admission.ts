import { ErrorCode } from "../../protocol/error-code.ts";
import { JuteError, JuteReader } from "../../protocol/jute-reader.ts";
import { ZXID_NONE } from "../../protocol/zxid.ts";
import type { AclAuthority } from "../auth/acl.ts";
import { mergeIds } from "../auth/auth-scheme.ts";
import { operationOf } from "../operations/index.ts";
import type { ConnectionOperation, ConnectionOutcome } from "../operations/operation.ts";
import { ping } from "../operations/ping.ts";
import type { BackPressure } from "./back-pressure.ts";
import { type Connection, REQUEST_HEADER_BYTES, Request } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Handshakes } from "./handshakes.ts";
import type { Outbox } from "./outbox.ts";
import { NO_ZXID, type Replies } from "./replies.ts";
import type { RequestThrottler } from "./request-throttler.ts";
import type { ServerOptions } from "./server-options.ts";
import type { ServerStats } from "./server-stats.ts";
import type { Turn } from "./turn.ts";

/** The parts of the machine that a frame of a client can reach. */
export interface AdmissionParts {
  readonly options: ServerOptions;
  readonly authority: AclAuthority;
  readonly connections: Connections;
  readonly handshakes: Handshakes;
  readonly throttler: RequestThrottler;
  readonly pressure: BackPressure;
  readonly replies: Replies;
  readonly outbox: Outbox;
  readonly stats: ServerStats;
  readonly turn: Turn;
  /** The request goes into the pipeline; what is kept of it must be copied. */
  readonly submit: (request: Request) => void;
}

/** Frames of clients: decides what they are and refuses early what need not go any further. */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #reader: JuteReader;
  readonly #enforcedSchemes: readonly string[];
  /** Filled anew for every frame. */
  readonly #request = new Request(ping, null, null, 0, new Uint8Array(0), [], 0, false);

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#reader = new JuteReader(new Uint8Array(0), parts.options.fieldBytesMax);
    this.#enforcedSchemes = parts.options.auth.enforcedSchemes;
  }

  /** One payload from a connection that is not closed. */
  frame(connection: Connection, bytes: Uint8Array): void {
    const { stats, connections, handshakes } = this.#parts;
    stats.packetsReceived++;
    stats.counters.bytes_received_count += bytes.length;
    connection.stats.packetsReceived++;
    connections.touch(connection);
    if (connection.phase === "open") this.openFrame(connection, bytes);
    else if (connection.phase === "handshake") handshakes.connect(connection, bytes);
    else if (connection.phase === "connecting") handshakes.hold(connection, bytes);
  }

  /** A frame of a connection that has a session. */
  openFrame(connection: Connection, bytes: Uint8Array): void {
    if (connection.phase !== "open") return;
    const refusal = this.#parts.pressure.refusalOf(bytes.length);
    if (refusal !== undefined) {
      this.#refuseLarge(connection, refusal);
      return;
    }
    if (bytes.length < REQUEST_HEADER_BYTES) {
      this.#malformed(connection, `a frame of ${bytes.length} bytes is too short for a request header`);
      return;
    }
    const reader = this.#reader;
    reader.reset(bytes);
    const xid = reader.readInt();
    const type = reader.readInt();
    const operation = operationOf(type);
    if (operation !== undefined && operation.kind === "connection") {
      this.#onConnection(connection, xid, operation);
      return;
    }
    if (this.#enforcedSchemes.length > 0 && !connection.hasIdOfScheme(this.#enforcedSchemes)) {
      this.#refuseUnauthenticated(connection, xid);
      return;
    }
    if (operation === undefined) {
      this.#refuseUnknown(connection, xid, type);
      return;
    }
    const request = this.#request;
    request.operation = operation;
    request.connection = connection;
    request.session = connection.session;
    request.xid = xid;
    request.frame = bytes;
    request.ids = connection.ids;
    request.receivedAtMs = this.#parts.turn.elapsedMs;
    request.refusal = ErrorCode.OK;
    if (this.#parts.throttler.isEnabled) this.#parts.throttler.add(request.keep());
    else this.#parts.submit(request);
  }

  /** auth and sasl: at once, past all queues (client-protocol 6.5). */
  #onConnection(connection: Connection, xid: number, operation: ConnectionOperation): void {
    const { authority } = this.#parts;
    let outcome: ConnectionOutcome;
    try {
      outcome = operation.handle({ authority, peer: connection, ids: connection.ids }, this.#reader);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.#malformed(connection, `an auth or SASL packet that cannot be decoded: ${error.message}`);
      return;
    }
    if (outcome.kind === "answer") this.#answerAuth(connection, xid, outcome);
    else this.#authFailed(connection, outcome.scheme, outcome.reason);
    if (outcome.kind === "close" || outcome.err !== ErrorCode.OK) this.#parts.connections.close(connection);
  }

  #answerAuth(
    connection: Connection,
    xid: number,
    outcome: Extract<ConnectionOutcome, { readonly kind: "answer" }>,
  ): void {
    const { replies, outbox } = this.#parts;
    connection.ids = mergeIds(connection.ids, outcome.ids);
    for (const id of outcome.ids) {
      outbox.event({ kind: "authenticated", connection: connection.id, scheme: id.scheme, id: id.id });
    }
    if (outcome.failure !== undefined) this.#authFailed(connection, outcome.scheme, outcome.failure);
    const writer = replies.begin(connection, xid, NO_ZXID);
    if (outcome.token === null) writer.writeBuffer(null);
    replies.end(connection, outcome.err);
  }

  #authFailed(connection: Connection, scheme: string, reason: string): void {
    const { stats, outbox } = this.#parts;
    stats.authFailedCount++;
    const { id, peerAddress } = connection;
    outbox.event({ kind: "authFailed", connection: id, peerAddress, scheme, reason });
  }

  #refuseUnauthenticated(connection: Connection, xid: number): void {
    const { replies, connections } = this.#parts;
    replies.headerOnly(connection, xid, NO_ZXID, ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH);
    this.#authFailed(
      connection,
      this.#enforcedSchemes.join(","),
      "the connection sent a request without having authenticated with one of the enforced schemes",
    );
    connections.close(connection);
  }

  /** Goes around all queues, so it may overtake earlier replies (client-protocol 3.2). */
  #refuseUnknown(connection: Connection, xid: number, type: number): void {
    const { replies, connections, outbox } = this.#parts;
    replies.headerOnly(connection, xid, ZXID_NONE, ErrorCode.UNIMPLEMENTED);
    outbox.event({ kind: "unknownRequest", connection: connection.id, session: connection.sessionId, type });
    connections.close(connection);
  }

  #refuseLarge(connection: Connection, reason: string): void {
    const { stats, outbox, connections } = this.#parts;
    stats.counters.large_requests_rejected++;
    outbox.event({ kind: "largeRequestRejected", connection: connection.id, reason });
    connections.close(connection);
  }

  #malformed(connection: Connection, reason: string): void {
    const { outbox, connections } = this.#parts;
    const { id, peerAddress, sessionId } = connection;
    outbox.event({ kind: "malformedFrame", connection: id, peerAddress, session: sessionId, reason });
    connections.close(connection);
  }
}
