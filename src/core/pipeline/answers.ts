import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { TxnBody } from "../../protocol/txn.ts";
import type { WriteOperation } from "../operations/operation.ts";
import type { Database } from "../tree/database.ts";
import type { TxnResult } from "../tree/tree-types.ts";
import { type Connection, REQUEST_HEADER_BYTES, type Request } from "./connection.ts";
import type { Replies } from "./replies.ts";
import type { ServerStats } from "./server-stats.ts";
import type { Turn } from "./turn.ts";

/** Answers requests that have waited for their turn or their txn, and keeps the latencies of all. */
export class Answers {
  readonly #database: Database;
  readonly #replies: Replies;
  readonly #stats: ServerStats;
  readonly #turn: Turn;

  constructor(database: Database, replies: Replies, stats: ServerStats, turn: Turn) {
    this.#database = database;
    this.#replies = replies;
    this.#stats = stats;
    this.#turn = turn;
  }

  /** The answer to a write whose txn has been applied; `connection` is open. */
  write(
    request: Request,
    connection: Connection,
    operation: WriteOperation,
    result: TxnResult,
    txn: TxnBody,
  ): void {
    const body = this.#replies.begin(connection, request.xid, this.#database.lastProcessedZxid);
    // A failed multi says so in its parts; its header stays OK (client-protocol 3.3).
    const err = result.type === OpCode.multi ? ErrorCode.OK : result.err;
    if (err === ErrorCode.OK)
      operation.respond(result, body, txn, request.frame.subarray(REQUEST_HEADER_BYTES));
    this.#replies.end(connection, err);
  }

  /** The request was not processed, and its refusal says why. */
  refused(request: Request, connection: Connection): void {
    const zxid = this.#database.lastProcessedZxid;
    this.#replies.headerOnly(connection, request.xid, zxid, request.refusal);
    if (request.refusal === ErrorCode.THROTTLEDOP) this.#stats.counters.throttled_ops++;
  }

  /** To be called once per answered request. */
  countAnswer(request: Request, connection: Connection): void {
    const nowMs = this.#turn.elapsedMs;
    const latencyMs = nowMs - request.receivedAtMs;
    const { operation } = request;
    connection.stats.countAnswer(
      request.xid,
      this.#database.lastProcessedZxid,
      operation.type,
      request.receivedAtMs,
      nowMs,
    );
    this.#stats.latency.add(latencyMs);
    if (operation.kind === "write") this.#stats.updateLatency.add(latencyMs);
    else this.#stats.readLatency.add(latencyMs);
  }
}
