import { Fifo } from "../../base/fifo.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { TxnHeader } from "../../protocol/records/txn.ts";
import type { LoggedTxn, TxnBody } from "../../protocol/txn.ts";
import { NO_IDS } from "../auth/auth-scheme.ts";
import { closeSession } from "../operations/close-session.ts";
import type { LogEntry } from "../ready.ts";
import type { SessionTracker } from "../session/session-tracker.ts";
import type { BackPressure } from "./back-pressure.ts";
import type { Commits } from "./commits.ts";
import { Request } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { SessionOrder } from "./session-order.ts";

/** The parts of the machine that the leader's word reaches. */
export interface LearnerSideParts {
  readonly commits: Commits;
  readonly sessions: SessionTracker;
  readonly connections: Connections;
  readonly order: SessionOrder;
  readonly pressure: BackPressure;
}

/** An owner that is no server's: requests that were made elsewhere. */
const OWNER_ELSEWHERE = -2;

/**
 * What a learner's server does at its leader's word: applies what is committed, and answers it where it was asked for here
 * (quorum-protocol 4.5, 4.6).
 */
export class LearnerSide {
  readonly #parts: LearnerSideParts;
  /** Syncs that the leader has been asked for and has not answered. */
  readonly #syncs = new Fifo<Request>();
  /** Stands for whatever was asked for on another server. */
  readonly #elsewhere = new Request(closeSession, null, null, 0, new Uint8Array(0), NO_IDS, 0);

  constructor(parts: LearnerSideParts) {
    this.#parts = parts;
    this.#elsewhere.owner = OWNER_ELSEWHERE;
  }

  /** A sync has gone to the leader. */
  syncAsked(request: Request): void {
    this.#syncs.push(request);
  }

  /** SYNC: everything that was committed when the oldest sync reached the leader has been applied. */
  syncAnswered(): void {
    const request = this.#syncs.shift();
    if (request !== undefined) this.#parts.order.pass(request);
  }

  /** Applies a committed txn, the next one in order. */
  apply(txn: LoggedTxn, entry: LogEntry): void {
    const request = this.#askedHere(txn.header, txn.body) ?? this.#askedElsewhere(txn.header);
    this.#parts.commits.apply({ request, txn, entry, changeCount: 0 });
  }

  /** The oldest request of the session that waits here, if the txn is its own: by session and cxid, like Apache. */
  #askedHere({ clientId, cxid, zxid }: TxnHeader, body: TxnBody): Request | undefined {
    const { sessions, connections, order } = this.#parts;
    const session = sessions.get(clientId);
    if (session === undefined) return undefined;
    const request = order.oldestProposed(session, connections.byId.get(session.connection)?.queue);
    if (request === undefined || request.xid !== cxid || request.operation.kind !== "write") return undefined;
    // Another program may have gone on with the session, and have counted its requests anew.
    if (zxid <= request.askedBehind) return undefined;
    const { type } = request.operation;
    // The leader's own closeSession, and ours before an upgrade, have cxid 0 too.
    if ((type === OpCode.createSession) !== (body.type === OpCode.createSession)) return undefined;
    if (body.type === OpCode.closeSession && type !== OpCode.closeSession) return undefined;
    return request;
  }

  #askedElsewhere({ clientId }: TxnHeader): Request {
    const request = this.#elsewhere;
    request.session = this.#parts.sessions.get(clientId) ?? null;
    this.#parts.pressure.accepted(request);
    return request;
  }
}
