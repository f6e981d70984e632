import { Fifo } from "../../base/fifo.ts";
import { invariant } from "../../base/invariant.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { TxnHeader } from "../../protocol/records/txn.ts";
import type { TxnBody } from "../../protocol/txn.ts";
import { OWNER_THIS_SERVER, type SessionTracker } from "../session/session-tracker.ts";
import type { Database } from "../tree/database.ts";
import type { TxnResult } from "../tree/tree-types.ts";
import type { Answers } from "./answers.ts";
import type { AuditTrail } from "./audit-trail.ts";
import type { BackPressure } from "./back-pressure.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Connection, Request } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Handshakes } from "./handshakes.ts";
import type { Notifications } from "./notifications.ts";
import type { Outbox } from "./outbox.ts";
import type { Prep, Proposal } from "./prep.ts";
import type { ServerStats } from "./server-stats.ts";
import type { SessionOrder } from "./session-order.ts";
import type { Turn } from "./turn.ts";

/** The parts of the machine that applying a txn reaches. */
export interface CommitParts {
  readonly database: Database;
  readonly broadcast: Broadcast;
  readonly prep: Prep;
  readonly sessions: SessionTracker;
  readonly connections: Connections;
  readonly notifications: Notifications;
  readonly handshakes: Handshakes;
  readonly answers: Answers;
  readonly order: SessionOrder;
  readonly pressure: BackPressure;
  readonly audit: AuditTrail;
  readonly outbox: Outbox;
  readonly stats: ServerStats;
  readonly turn: Turn;
  /** The committed log in memory is needed: there are learners, or will be. */
  readonly keepsCommitted: boolean;
}

/**
 * Applies committed txns one by one in zxid order: the tree changes, watch events go out, the client is answered, and what
 * waited behind the write in its session runs. Nothing else runs in between (client-protocol 5.5).
 */
export class Commits {
  readonly #parts: CommitParts;
  readonly #proposals = new Fifo<Proposal>();

  constructor(parts: CommitParts) {
    this.#parts = parts;
  }

  /** Proposals that are not applied. */
  get pending(): number {
    return this.#proposals.length;
  }

  /** A txn has been proposed. */
  add(proposal: Proposal): void {
    this.#proposals.push(proposal);
  }

  /** Applies everything that the broadcast has committed. */
  applyCommitted(): void {
    const { broadcast } = this.#parts;
    for (let next = this.#proposals.peek(); next !== undefined; next = this.#proposals.peek()) {
      if (next.entry.zxid > broadcast.committed) return;
      this.#proposals.shift();
      this.apply(next);
    }
  }

  /** Applies one committed txn, the next in order. */
  apply(proposal: Proposal): void {
    const { database, prep, notifications, handshakes, order, pressure, stats, turn, audit } = this.#parts;
    const { request, txn } = proposal;
    const { header, body } = txn;
    invariant(header.zxid > database.lastProcessedZxid, () => `txn ${header.zxid} was applied before`);
    order.runEarlier(request);
    if (body.type === OpCode.deleteContainer) this.#countTtlDelete(body.path);
    notifications.startTxn(header.zxid);
    const previous = database.lastProcessedZxid;
    const result = database.applyTxn(txn, notifications);
    if (this.#parts.keepsCommitted) {
      database.committed.appendOwned(header.zxid, proposal.entry.bytes, previous);
    }
    invariant(
      database.lastProcessedZxid === header.zxid,
      () => `applying ${header.zxid} did not advance the tree`,
    );
    prep.changes.release(proposal.changeCount);
    stats.counters.outstanding_changes_removed += proposal.changeCount;
    stats.summaries.propagation_latency.add(Math.max(0, turn.wallMs - header.time));
    countWrite(stats, body);
    if (request.owner === OWNER_THIS_SERVER) audit.applied(request, body, result);
    this.#finish(request, header, body, result);
    order.release(request);
    pressure.finished(request);
    if (body.type === OpCode.createSession && request.connection !== null)
      handshakes.resume(request.connection);
  }

  /** What the txn means for sessions and connections, and the answer. */
  #finish(request: Request, header: TxnHeader, body: TxnBody, result: TxnResult): void {
    const { handshakes } = this.#parts;
    switch (body.type) {
      case OpCode.createSession:
        handshakes.sessionCommitted(request, header.clientId, body.timeOut);
        break;
      case OpCode.closeSession:
        this.#sessionClosed(request, result, body);
        break;
      default:
        this.#answer(request, result, body);
    }
  }

  #answer(request: Request, result: TxnResult, body: TxnBody): void {
    const { answers, connections, stats } = this.#parts;
    const { connection, operation } = request;
    if (connection === null) return;
    if (connection.phase === "closed") {
      stats.counters.stale_replies++;
      return;
    }
    if (operation.kind !== "write") return;
    if (hasMoved(result)) {
      // The client is elsewhere by now; an answer here could only mislead it (client-protocol 2.5).
      connections.close(connection);
      return;
    }
    answers.write(request, connection, operation, result, body);
    answers.countAnswer(request, connection);
  }

  /** The client that asked gets its reply; whoever has the session's connection loses it (client-protocol 7.2). */
  #sessionClosed(request: Request, result: TxnResult, body: TxnBody): void {
    const { sessions, connections, outbox } = this.#parts;
    const { session } = request;
    this.#answer(request, result, body);
    if (session === null) return;
    sessions.remove(session.id);
    outbox.event({ kind: "sessionClosed", session: session.id });
    const connection: Connection | undefined = connections.byId.get(session.connection);
    if (connection !== undefined) connections.close(connection);
  }

  #countTtlDelete(path: string | null): void {
    const { tree } = this.#parts.database;
    const node = path === null ? -1 : tree.lookup(path);
    if (node >= 0 && tree.ownerKind(node) === "ttl") this.#parts.stats.counters.ttl_node_deleted_count++;
  }
}

/** Whether the request, or a part of it, was refused because its session is used through another server now. */
function hasMoved(result: TxnResult): boolean {
  return result.err === ErrorCode.SESSIONMOVED;
}

/** Metrics of what was written. */
function countWrite(stats: ServerStats, body: TxnBody): void {
  switch (body.type) {
    case OpCode.multi:
      // A failed multi has written nothing.
      if (body.txns.some((part) => part.type === OpCode.error)) return;
      for (const part of body.txns) countWrite(stats, part);
      break;
    case OpCode.createTTL:
      stats.counters.ttl_node_created_count++;
      stats.writePerNamespace.add(body.path ?? "", body.data?.length ?? 0);
      break;
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.setData:
      stats.writePerNamespace.add(body.path ?? "", body.data?.length ?? 0);
      break;
    case OpCode.delete:
    case OpCode.deleteContainer:
      stats.writePerNamespace.add(body.path ?? "", 0);
      break;
    default:
  }
}
