import { Buffer } from "node:buffer";
import { JuteError, JuteReader } from "../../protocol/jute-reader.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { QuorumPacket } from "../../protocol/records/quorum.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import { type AuthId, NO_IDS } from "../auth/auth-scheme.ts";
import { createSession } from "../operations/create-session.ts";
import { operationOf } from "../operations/index.ts";
import type { SessionOwner, SessionTracker } from "../session/session-tracker.ts";
import type { Database } from "../tree/database.ts";
import { Request } from "./connection.ts";
import type { RequestFlow } from "./request-flow.ts";
import type { Turn } from "./turn.ts";

/** The parts of the machine that a learner's word reaches. */
export interface LeaderSideParts {
  readonly database: Database;
  readonly sessions: SessionTracker;
  readonly flow: RequestFlow;
  readonly turn: Turn;
}

const SESSION_BYTES = 8;

/** What the leader's server does for its learners: their clients' writes, and the sessions that live there. */
export class LeaderSide {
  readonly #parts: LeaderSideParts;
  readonly #reader = new JuteReader(new Uint8Array(0));

  constructor(parts: LeaderSideParts) {
    this.#parts = parts;
  }

  /**
   * A REQUEST: session, cxid, type, and the client's record (quorum-protocol 4.2). The type when it is a sync, which is the
   * caller's; otherwise undefined, and the write is on its way.
   *
   * @throws JuteError for what no learner sends
   */
  request(owner: SessionOwner, data: Uint8Array, authinfo: QuorumPacket["authinfo"]): "sync" | undefined {
    const reader = this.#reader;
    reader.reset(data);
    const id = reader.readInt64();
    const cxid = reader.readInt();
    const type = reader.readInt();
    if (type === OpCode.sync) return "sync";
    const operation = type === OpCode.createSession ? createSession : operationOf(type);
    if (operation === undefined || operation.kind !== "write") {
      throw new JuteError(`a REQUEST of type ${type}, which no learner forwards`);
    }
    const { sessions, flow, turn } = this.#parts;
    if (type === OpCode.createSession) {
      const session = sessions.trackGlobal(id, reader.readInt(), turn.elapsedMs);
      sessions.setOwner(session, owner);
    }
    const frame = Buffer.from(data.subarray(SESSION_BYTES));
    const request = new Request(
      operation,
      null,
      sessions.get(id) ?? null,
      cxid,
      frame,
      idsOf(authinfo),
      turn.elapsedMs,
    );
    request.forwardedFor = id;
    request.owner = owner;
    flow.submitForwarded(request);
    return undefined;
  }

  /** A session is alive at a learner. */
  touch(id: SessionId, timeoutMs: number): void {
    const { sessions, turn } = this.#parts;
    const session = sessions.get(id);
    if (session === undefined || session.isLocal) return;
    session.timeoutMs = timeoutMs;
    sessions.touch(session, turn.elapsedMs);
  }

  /** REVALIDATE: whether a client may go on with the session at that learner, which has it from now on (3.12). */
  revalidate(owner: SessionOwner, id: SessionId, timeoutMs: number): boolean {
    const { database, sessions, turn } = this.#parts;
    const session = sessions.get(id);
    if (session === undefined || session.isLocal || session.isClosing) return false;
    // One that is being upgraded is nobody's before its txn is committed (quorum-protocol 4.7).
    if (!database.sessions.has(id.key)) return false;
    session.timeoutMs = timeoutMs;
    sessions.touch(session, turn.elapsedMs);
    sessions.setOwner(session, owner);
    return true;
  }
}

function idsOf(authinfo: QuorumPacket["authinfo"]): readonly AuthId[] {
  if (authinfo === null || authinfo.length === 0) return NO_IDS;
  return authinfo.map(({ scheme, id }) => ({ scheme: scheme ?? "", id: id ?? "" }));
}
