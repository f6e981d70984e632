import { ErrorCode } from "../../protocol/error-code.ts";
import { JuteError, JuteReader } from "../../protocol/jute-reader.ts";
import { JuteWriter } from "../../protocol/jute-writer.ts";
import { readMultiRequest } from "../../protocol/multi.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { CreateRequest } from "../../protocol/records/proto.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import { NO_IDS } from "../auth/auth-scheme.ts";
import { closeSession } from "../operations/close-session.ts";
import { isEphemeralFlags } from "../operations/create-flags.ts";
import { createSession } from "../operations/create-session.ts";
import { deleteContainer } from "../operations/delete-container.ts";
import type { SessionTracker, TrackedSession } from "../session/session-tracker.ts";
import { decideUpgrade } from "../session/session-upgrade.ts";
import type { Answers } from "./answers.ts";
import type { BackPressure } from "./back-pressure.ts";
import type { Chain } from "./chains.ts";
import { type Connection, REQUEST_HEADER_BYTES, Request } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Outbox } from "./outbox.ts";
import type { Prep } from "./prep.ts";
import type { Reads } from "./reads.ts";
import type { Replies } from "./replies.ts";
import type { ServerStats } from "./server-stats.ts";
import type { SessionOrder } from "./session-order.ts";
import type { Turn } from "./turn.ts";

/** The parts of the machine that a request goes through. */
export interface RequestFlowParts {
  readonly sessions: SessionTracker;
  readonly connections: Connections;
  readonly order: SessionOrder;
  readonly pressure: BackPressure;
  readonly reads: Reads;
  readonly answers: Answers;
  readonly replies: Replies;
  readonly prep: Prep;
  readonly outbox: Outbox;
  readonly stats: ServerStats;
  readonly turn: Turn;
  readonly chain: Chain;
  /** A read-only server: writes and syncs are refused. */
  readonly isReadOnly: boolean;
  /** Txns are made here; elsewhere a leader does it, who knows nothing of local sessions. */
  readonly isPreparing: boolean;
  readonly upgradesLocalSessions: boolean;
}

/** The way of a request from the end of the throttler to its answer or its txn. */
export class RequestFlow {
  readonly #parts: RequestFlowParts;
  readonly #reader = new JuteReader(new Uint8Array(0));

  constructor(parts: RequestFlowParts) {
    this.#parts = parts;
  }

  /** A request of a client. Dropped without a word when its session is closing (client-protocol 2.5). */
  submit(request: Request): void {
    const { sessions, stats, turn } = this.#parts;
    const { session, operation, connection } = request;
    if (session === null || connection === null || !sessions.touch(session, turn.elapsedMs)) return;
    const { counters } = stats;
    counters.prep_processor_request_queued++;
    counters.op_count_total++;
    if (operation.counter !== undefined) counters[operation.counter]++;
    const isLocalClose = session.isLocal && operation.type === OpCode.closeSession;
    const isOrdered = operation.kind === "write" ? !isLocalClose : this.#isForwarded(operation);
    if (isOrdered && this.#parts.isReadOnly) request.refusal = ErrorCode.NOTREADONLY;
    if (isOrdered && request.refusal === ErrorCode.OK && session.isLocal && operation.kind === "write")
      this.#upgradeIfNeeded(request, session);
    if (isOrdered && request.refusal === ErrorCode.OK) {
      this.#propose(request.keep());
    } else if (connection.queue.length === 0 && !connection.isOutputFull) {
      this.run(request);
    } else {
      const kept = request.keep();
      this.#parts.pressure.accepted(kept);
      this.#parts.order.enqueue(connection.queue, kept);
    }
  }

  /** A request that waits for no txn, at its turn. */
  run(request: Request): void {
    const { connection, operation } = request;
    const { answers, reads, stats, outbox } = this.#parts;
    if (connection === null || connection.phase !== "open") {
      stats.counters.stale_replies++;
      return;
    }
    if (request.refusal !== ErrorCode.OK) {
      answers.refused(request, connection);
      answers.countAnswer(request, connection);
    } else if (operation.kind === "read") {
      reads.run(request, connection, operation);
      answers.countAnswer(request, connection);
      outbox.checkFullness(connection);
    } else {
      this.#closeLocal(request);
    }
  }

  /** A request that had to wait for its turn: it is done with afterwards. */
  runQueued(request: Request): void {
    const { stats, turn } = this.#parts;
    stats.summaries.read_commitproc_time_ms.add(turn.elapsedMs - request.receivedAtMs);
    this.run(request);
    this.#parts.pressure.finished(request);
  }

  /**
   * The client has taken what `connection` had got: its waiting reads go on. It is a sign of life, because meanwhile
   * nothing was read that could have been one.
   */
  outputTaken(connection: Connection): void {
    const { sessions, connections, order, pressure, turn } = this.#parts;
    connection.isOutputFull = false;
    connections.touch(connection);
    if (connection.session !== null) sessions.touch(connection.session, turn.elapsedMs);
    order.runReady(connection.queue);
    pressure.recheck(connection);
  }

  /** The server ends a session whose time is over. */
  expire(session: TrackedSession): void {
    const { outbox, stats } = this.#parts;
    stats.counters.stale_sessions_expired++;
    outbox.event({ kind: "sessionExpired", session: session.id, timeoutMs: session.timeoutMs });
    if (session.isLocal) this.#removeLocal(session);
    else this.#propose(this.#own(closeSession, session, new JuteWriter(REQUEST_HEADER_BYTES)));
  }

  /** Sessions that own ephemerals and do not exist are closed like any other, so that every server does the same. */
  closeDeadSessions(ids: Iterable<SessionId>): void {
    for (const id of ids) {
      const request = this.#own(closeSession, null, new JuteWriter(REQUEST_HEADER_BYTES));
      request.forwardedFor = id;
      this.#propose(request);
    }
  }

  /** The server removes an empty container or an expired TTL znode. */
  reap(path: string): void {
    const body = new JuteWriter(REQUEST_HEADER_BYTES + path.length + 8);
    body.writeString(path);
    this.#propose(this.#own(deleteContainer, null, body));
  }

  #own(operation: Request["operation"], session: TrackedSession | null, body: JuteWriter): Request {
    const writer = new JuteWriter(REQUEST_HEADER_BYTES + body.length);
    writer.writeInt(0);
    writer.writeInt(operation.type);
    writer.writeRaw(body.bytes());
    return new Request(operation, null, session, 0, writer.take(0), NO_IDS, this.#parts.turn.elapsedMs);
  }

  /** A write of a client of another server: whoever asked is answered there. */
  submitForwarded(request: Request): void {
    const { sessions, stats, turn, pressure, chain } = this.#parts;
    if (request.session !== null) sessions.touch(request.session, turn.elapsedMs);
    stats.counters.prep_processor_request_queued++;
    request.isProposed = true;
    pressure.accepted(request);
    chain.write(request);
    this.#reportQuota(request);
  }

  #isForwarded(operation: Request["operation"]): boolean {
    return operation.type === OpCode.sync && this.#parts.chain.sync !== undefined;
  }

  /** The write goes to its txn, the sync to the leader; in its session's order it stands from now on. */
  #propose(request: Request): void {
    const { order, pressure, chain, connections } = this.#parts;
    const { session } = request;
    request.isProposed = true;
    pressure.accepted(request);
    if (session !== null) {
      const connection = request.connection ?? connections.byId.get(session.connection);
      order.enqueue(connection?.queue ?? order.queueWithoutConnection(session), request);
    }
    if (request.operation.kind === "write") chain.write(request);
    else chain.sync?.(request);
    this.#reportQuota(request);
  }

  /** A createSession that the handshake made. */
  proposeSession(request: Request): void {
    this.#parts.stats.counters.op_count_create_session++;
    this.#propose(request);
  }

  #reportQuota(request: Request): void {
    const path = this.#parts.prep.refusedByQuota;
    if (path === undefined) return;
    this.#parts.outbox.event({ kind: "quotaExceeded", path, session: request.sessionId });
  }

  /** A local session that is about to own an ephemeral becomes a global one, by a txn in front of the request's. */
  #upgradeIfNeeded(request: Request, session: TrackedSession): void {
    const { upgradesLocalSessions, isPreparing, sessions, turn, outbox } = this.#parts;
    const decision = decideUpgrade(session, this.#createsEphemeral(request), upgradesLocalSessions);
    // Where txns are made, prep answers EPHEMERALONLOCALSESSION in order, part by part of a multi.
    if (decision === "refuse" && !isPreparing) request.refusal = ErrorCode.EPHEMERALONLOCALSESSION;
    if (decision !== "upgrade") return;
    sessions.upgrade(session, turn.elapsedMs);
    outbox.event({ kind: "sessionUpgraded", session: session.id });
    const body = new JuteWriter(4);
    body.writeInt(session.timeoutMs);
    this.#propose(this.#own(createSession, session, body));
  }

  #createsEphemeral(request: Request): boolean {
    const reader = this.#reader;
    reader.reset(request.frame);
    reader.position = REQUEST_HEADER_BYTES;
    try {
      switch (request.operation.type) {
        case OpCode.create:
        case OpCode.create2:
          return isEphemeralFlags(CreateRequest.read(reader).flags);
        case OpCode.multi:
          return readMultiRequest(reader).ops.some((op) => "flags" in op && isEphemeralFlags(op.flags));
        default:
          return false;
      }
    } catch (error) {
      // Prep will find the same and answer it.
      if (error instanceof JuteError) return false;
      throw error;
    }
  }

  /** closeSession of a local session: no txn, and the zxid of the reply is the last one applied. */
  #closeLocal(request: Request): void {
    const { connection, session, xid } = request;
    const { replies, answers, prep } = this.#parts;
    if (connection === null || session === null) return;
    replies.headerOnly(connection, xid, prep.tree.lastProcessedZxid, 0);
    answers.countAnswer(request, connection);
    this.#removeLocal(session);
  }

  #removeLocal(session: TrackedSession): void {
    const { sessions, connections, outbox } = this.#parts;
    sessions.remove(session.id);
    outbox.event({ kind: "sessionClosed", session: session.id });
    const connection = connections.byId.get(session.connection);
    if (connection !== undefined) connections.close(connection);
  }
}
