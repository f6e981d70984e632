import { Buffer } from "node:buffer";
import {
  decodeConnectRequest,
  refusedConnectResponse,
  writeConnectResponse,
} from "../../protocol/handshake.ts";
import { JuteError } from "../../protocol/jute-reader.ts";
import { JuteWriter } from "../../protocol/jute-writer.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { ConnectRequest } from "../../protocol/records/proto.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import { makeZxid } from "../../protocol/zxid.ts";
import { createSession } from "../operations/create-session.ts";
import { isSessionPassword, sessionPassword } from "../session/session-password.ts";
import { negotiateTimeout, type TimeoutBounds } from "../session/session-timeout.ts";
import { OWNER_THIS_SERVER, type SessionTracker, type TrackedSession } from "../session/session-tracker.ts";
import type { Database } from "../tree/database.ts";
import { type Connection, Request } from "./connection.ts";
import type { ConnectionThrottle } from "./connection-throttle.ts";
import type { Connections } from "./connections.ts";
import type { Outbox } from "./outbox.ts";
import type { Replies } from "./replies.ts";
import type { ServerStats } from "./server-stats.ts";
import type { SessionOrder } from "./session-order.ts";
import type { Turn } from "./turn.ts";

/** Frames held back for one connection while its session is made: more is no client but a flood. */
const HELD_FRAMES_MAX = 10_000;

/** The parts of the machine that a ConnectRequest can reach. */
export interface HandshakeParts {
  readonly database: Database;
  readonly sessions: SessionTracker;
  readonly connections: Connections;
  readonly order: SessionOrder;
  readonly throttle: ConnectionThrottle;
  readonly replies: Replies;
  readonly outbox: Outbox;
  readonly stats: ServerStats;
  readonly turn: Turn;
  readonly timeouts: TimeoutBounds;
  readonly fieldBytesMax: number;
  /** New sessions are local ones: no txn, known to this server only. */
  readonly makesLocalSessions: boolean;
  /** Hands a createSession to the pipeline. */
  readonly submit: (request: Request) => void;
  /** A frame of a connection that is open now. */
  readonly frame: (connection: Connection, bytes: Uint8Array) => void;
  /** On a learner: asks the leader whether a global session lives; undefined where that is known. */
  readonly askLeader: ((session: SessionId, timeoutMs: number) => void) | undefined;
  /** Only clients that asked for a read-only server are served. */
  readonly isReadOnly: boolean;
  /** What of epochs before this one has been committed is here; undefined where nothing of the kind is known. */
  readonly completeBeforeEpoch: number | undefined;
}

/** A connection that waits for the leader's word about its session. */
interface Revalidation {
  readonly connection: Connection;
  readonly timeoutMs: number;
}

/** ConnectRequests: new sessions, renewed sessions, refusals (client-protocol 2.2). */
export class Handshakes {
  readonly #parts: HandshakeParts;
  /** By session, in the order of asking. Not more than there are connections. */
  readonly #revalidations = new Map<string, Revalidation[]>();

  constructor(parts: HandshakeParts) {
    this.#parts = parts;
  }

  /** The first frame of a connection. */
  connect(connection: Connection, bytes: Uint8Array): void {
    let request: ConnectRequest;
    try {
      const handshake = decodeConnectRequest(bytes, this.#parts.fieldBytesMax);
      request = handshake.record;
      connection.hasReadOnlyByte = handshake.hasReadOnly;
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.#malformed(connection, `its first frame is no ConnectRequest: ${error.message}`);
      return;
    }
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      this.#refuseConnection(connection, refusal);
      return;
    }
    const timeoutMs = negotiateTimeout(request.timeOut, this.#parts.timeouts);
    if (request.sessionId.isZero()) this.#create(connection, timeoutMs);
    else this.#renew(connection, request, timeoutMs);
  }

  /** Why the connection is closed without an answer, or undefined. */
  #refusalOf(request: ConnectRequest): string | undefined {
    const { throttle, turn, stats, database, makesLocalSessions } = this.#parts;
    const kind = request.sessionId.isZero() ? (makesLocalSessions ? "local" : "global") : "renew";
    if (!throttle.allows(kind, turn.elapsedMs)) {
      stats.counters.connection_rejected++;
      return "the limit of new connections is reached (connection_throttle_tokens)";
    }
    stats.summaries.connection_token_deficit.add(throttle.deficit);
    stats.counters.connection_request_count++;
    if (this.#parts.isReadOnly && !request.readOnly) {
      return "this server is read-only while it is without a quorum, and the client did not ask for that";
    }
    const last = database.lastProcessedZxid;
    if (request.lastZxidSeen > last && !this.#hasComeToNothing(request.lastZxidSeen)) {
      return `the client has seen zxid 0x${request.lastZxidSeen.toString(16)}, our last is 0x${last.toString(16)}: it must try another server`;
    }
    return undefined;
  }

  /**
   * Whether nobody will ever have that txn: a server without a quorum has shown what it had logged, and then another one was elected. Were
   * its clients sent away, and they are all that there are, nothing would ever be written that lets them in.
   */
  #hasComeToNothing(zxid: number): boolean {
    const { completeBeforeEpoch } = this.#parts;
    return completeBeforeEpoch !== undefined && zxid < makeZxid(completeBeforeEpoch, 0);
  }

  #create(connection: Connection, timeoutMs: number): void {
    const { sessions, turn, makesLocalSessions, submit } = this.#parts;
    const session = sessions.create(timeoutMs, makesLocalSessions, turn.elapsedMs);
    this.#attach(connection, session);
    if (makesLocalSessions) {
      this.#opened(connection, session, "sessionCreated");
      return;
    }
    connection.phase = "connecting";
    const frame = createSessionFrame(timeoutMs);
    submit(new Request(createSession, connection, session, 0, frame, connection.ids, turn.elapsedMs));
  }

  #renew(connection: Connection, request: ConnectRequest, timeoutMs: number): void {
    const { sessions, stats } = this.#parts;
    stats.counters.connection_revalidate_count++;
    const { sessionId } = request;
    // Apache closes the session's connection before it looks at the password; a stranger could (client-protocol 15 #7).
    if (!isSessionPassword(sessionId, request.passwd)) {
      this.#refuseSession(connection, sessionId, "wrong password");
      return;
    }
    const session = sessions.get(sessionId);
    if (this.#parts.isReadOnly && session?.isLocal === false) {
      this.#refuseConnection(connection, "its session can be continued only by a server with a quorum");
      return;
    }
    const { askLeader } = this.#parts;
    if (askLeader !== undefined && session?.isLocal !== true) {
      this.#revalidate(connection, sessionId, timeoutMs, askLeader);
      return;
    }
    if (session === undefined) {
      this.#refuseSession(connection, sessionId, "the session is expired or unknown");
      return;
    }
    if (!session.isLocal && !this.#parts.database.sessions.has(sessionId.key)) {
      this.#refuseConnection(connection, "its session is being made a global one, and that is not committed");
      return;
    }
    this.#continue(connection, session, timeoutMs);
  }

  /** Frames that come meanwhile are held back. */
  #revalidate(
    connection: Connection,
    session: SessionId,
    timeoutMs: number,
    askLeader: (session: SessionId, timeoutMs: number) => void,
  ): void {
    connection.phase = "connecting";
    const waiting = this.#revalidations.get(session.key);
    if (waiting === undefined) this.#revalidations.set(session.key, [{ connection, timeoutMs }]);
    else waiting.push({ connection, timeoutMs });
    askLeader(session, timeoutMs);
  }

  /** The leader's answer about a session: the oldest connection that waits for it goes on. */
  revalidated(id: SessionId, isValid: boolean): void {
    const waiting = this.#revalidations.get(id.key);
    const next = waiting?.shift();
    if (waiting?.length === 0) this.#revalidations.delete(id.key);
    if (next === undefined || next.connection.phase !== "connecting") return;
    const { connection, timeoutMs } = next;
    if (!isValid) {
      this.#refuseSession(connection, id, "the leader says that the session is expired or unknown");
      return;
    }
    const { sessions, turn } = this.#parts;
    // It may have been created through another server a moment ago.
    this.#continue(connection, sessions.trackGlobal(id, timeoutMs, turn.elapsedMs), timeoutMs);
    this.resume(connection);
  }

  /** `connection` takes over `session`, which lives. */
  #continue(connection: Connection, session: TrackedSession, timeoutMs: number): void {
    const { sessions, connections, order, turn } = this.#parts;
    const previous = connections.byId.get(session.connection);
    if (previous !== undefined) connections.close(previous);
    if (session.isClosing) {
      this.#refuseSession(connection, session.id, "the session is being closed");
      return;
    }
    session.timeoutMs = timeoutMs;
    sessions.touch(session, turn.elapsedMs);
    sessions.setOwner(session, OWNER_THIS_SERVER);
    connection.queue = order.adopt(session);
    this.#attach(connection, session);
    this.#opened(connection, session, "sessionRenewed");
  }

  #attach(connection: Connection, session: TrackedSession): void {
    connection.session = session;
    session.connection = connection.id;
    connection.silenceLimitMs = session.timeoutMs;
    this.#parts.connections.touch(connection);
  }

  /** A createSession txn has been applied: on the server of its client it is answered. */
  sessionCommitted(request: Request, id: SessionId, timeoutMs: number): void {
    const { sessions, turn, stats } = this.#parts;
    const session = sessions.trackGlobal(id, timeoutMs, turn.elapsedMs);
    const { connection } = request;
    if (connection === null) return;
    if (connection.phase === "closed") {
      stats.counters.stale_replies++;
      return;
    }
    if (connection.phase === "connecting") this.#opened(connection, session, "sessionCreated");
  }

  #opened(connection: Connection, session: TrackedSession, kind: "sessionCreated" | "sessionRenewed"): void {
    const { outbox } = this.#parts;
    connection.phase = "open";
    this.#respond(connection, {
      protocolVersion: 0,
      timeOut: session.timeoutMs,
      sessionId: session.id,
      passwd: sessionPassword(session.id),
      readOnly: this.#parts.isReadOnly,
    });
    outbox.event({
      kind,
      session: session.id,
      connection: connection.id,
      timeoutMs: session.timeoutMs,
      isLocal: session.isLocal,
    });
  }

  #respond(connection: Connection, response: Parameters<typeof writeConnectResponse>[1]): void {
    const { replies } = this.#parts;
    const writer: JuteWriter = replies.beginFrame(connection);
    writeConnectResponse(writer, response, connection.hasReadOnlyByte);
    replies.endFrame(connection);
  }

  /** A frame came before the session was there: it waits, and nothing more is read meanwhile. */
  hold(connection: Connection, bytes: Uint8Array): void {
    if (connection.held.length >= HELD_FRAMES_MAX) {
      this.#malformed(connection, `more than ${HELD_FRAMES_MAX} frames before its session was created`);
      return;
    }
    connection.held.push(Buffer.from(bytes));
    this.#parts.outbox.setReading(connection, true);
  }

  /** Goes on with the frames that were held back, now that the connection is open. */
  resume(connection: Connection): void {
    const { outbox, frame } = this.#parts;
    if (connection.held.length === 0) return;
    const held = connection.held;
    connection.held = [];
    outbox.setReading(connection, false);
    for (const bytes of held) frame(connection, bytes);
  }

  #refuseSession(connection: Connection, session: SessionId, reason: string): void {
    const { connections, outbox } = this.#parts;
    this.#respond(connection, refusedConnectResponse(this.#parts.isReadOnly));
    outbox.event({ kind: "sessionRefused", session, connection: connection.id, reason });
    connections.close(connection);
  }

  #refuseConnection(connection: Connection, reason: string): void {
    const { connections, outbox } = this.#parts;
    const { id, peerAddress } = connection;
    outbox.event({ kind: "connectionRefused", connection: id, peerAddress, reason });
    connections.close(connection);
  }

  #malformed(connection: Connection, reason: string): void {
    const { connections, outbox } = this.#parts;
    const { id, peerAddress, sessionId } = connection;
    outbox.event({ kind: "malformedFrame", connection: id, peerAddress, session: sessionId, reason });
    connections.close(connection);
  }
}

/** A createSession as a request: header and timeout, the form in which a learner would forward it. */
function createSessionFrame(timeoutMs: number): Uint8Array {
  const writer = new JuteWriter(12);
  writer.writeInt(0);
  writer.writeInt(OpCode.createSession);
  writer.writeInt(timeoutMs);
  return writer.take(0);
}
