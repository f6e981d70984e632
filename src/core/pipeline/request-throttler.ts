import { Fifo } from "../../base/fifo.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { BackPressure } from "./back-pressure.ts";
import type { Connection, Request } from "./connection.ts";
import type { Outbox } from "./outbox.ts";
import type { LimitOptions } from "./server-options.ts";
import type { ServerStats } from "./server-stats.ts";
import type { Turn } from "./turn.ts";

/**
 * The optional queue in front of the pipeline (client-protocol 7.7): while `request_throttle_max_requests` are in process,
 * further ones wait here, whoever sent them. Stale ones are dropped together with their connection; one that waited too
 * long is passed on to be answered with THROTTLEDOP.
 */
export class RequestThrottler {
  readonly #limits: LimitOptions;
  readonly #pressure: BackPressure;
  readonly #stats: ServerStats;
  readonly #outbox: Outbox;
  readonly #turn: Turn;
  readonly #submit: (request: Request) => void;
  readonly #closeConnection: (connection: Connection) => void;
  readonly #queue = new Fifo<Request>();

  constructor(
    limits: LimitOptions,
    pressure: BackPressure,
    stats: ServerStats,
    outbox: Outbox,
    turn: Turn,
    submit: (request: Request) => void,
    closeConnection: (connection: Connection) => void,
  ) {
    this.#limits = limits;
    this.#pressure = pressure;
    this.#stats = stats;
    this.#outbox = outbox;
    this.#turn = turn;
    this.#submit = submit;
    this.#closeConnection = closeConnection;
  }

  get isEnabled(): boolean {
    return this.#limits.throttleRequestsMax > 0;
  }

  /** Requests that wait here. */
  get length(): number {
    return this.#queue.length;
  }

  /** Takes a request that may be kept; it goes on in order, now or when there is room. */
  add(request: Request): void {
    this.#pressure.accepted(request);
    this.#queue.push(request);
    this.drain();
  }

  /** Passes on what there is room for. To be called whenever requests have been answered. */
  drain(): void {
    for (let request = this.#queue.peek(); request !== undefined; request = this.#queue.peek()) {
      const waitedMs = this.#turn.elapsedMs - request.receivedAtMs;
      if (this.#isStale(request, waitedMs)) {
        this.#queue.shift();
        this.#pressure.finished(request);
        this.#drop(request);
        continue;
      }
      // Those that wait here are in process too, but must not keep each other waiting.
      if (this.#pressure.inProcess - this.#queue.length >= this.#limits.throttleRequestsMax) {
        this.#stats.counters.request_throttle_wait_count++;
        return;
      }
      this.#queue.shift();
      this.#pressure.finished(request);
      this.#stats.summaries.request_throttle_queue_time_ms.add(waitedMs);
      const { throttledOpWaitMs } = this.#limits;
      const isTooLate = throttledOpWaitMs > 0 && waitedMs > throttledOpWaitMs && !isExempt(request);
      if (isTooLate) request.refusal = ErrorCode.THROTTLEDOP;
      this.#submit(request);
    }
  }

  #isStale(request: Request, waitedMs: number): boolean {
    const { connection } = request;
    const { throttleDropStale, staleConnectionCheck, staleLatencyCheck } = this.#limits;
    if (!throttleDropStale || connection === null || request.operation.type === OpCode.closeSession)
      return false;
    if (connection.phase === "closed") return staleConnectionCheck;
    return staleLatencyCheck && waitedMs > connection.sessionTimeoutMs;
  }

  #drop(request: Request): void {
    this.#stats.counters.stale_requests++;
    this.#stats.counters.stale_requests_dropped++;
    const { connection } = request;
    if (connection === null || connection.phase === "closed") return;
    this.#outbox.event({
      kind: "staleRequestDropped",
      connection: connection.id,
      reason: `a request waited longer in the throttler than its session's timeout of ${connection.sessionTimeoutMs} ms`,
    });
    this.#closeConnection(connection);
  }
}

/** Requests that are always processed, however long they waited. */
function isExempt(request: Request): boolean {
  const { type } = request.operation;
  return type === OpCode.ping || type === OpCode.createSession || type === OpCode.closeSession;
}
