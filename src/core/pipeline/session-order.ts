import { Fifo } from "../../base/fifo.ts";
import { invariant } from "../../base/invariant.ts";
import type { TrackedSession } from "../session/session-tracker.ts";
import type { Request } from "./connection.ts";

/** Runs a request whose turn has come: every request but those that wait for a txn. */
export type RunRequest = (request: Request) => void;

/**
 * Keeps each session's requests in order (client-protocol 8.1): a write is proposed on arrival and stays in the session's
 * queue until it is applied; whatever comes behind it, reads and pings included, waits for it. Sessions without pending
 * writes have empty queues, and their reads run at once. Reads of a connection whose output is full wait too.
 */
export class SessionOrder {
  /** Queues with pending requests whose connection is gone, by session: a new connection of the session goes on behind them. */
  readonly #orphans = new Map<string, Fifo<Request>>();
  readonly #run: RunRequest;

  constructor(run: RunRequest) {
    this.#run = run;
  }

  /** The request waits in `queue`: for its txn when `isProposed`, else for those in front of it. */
  enqueue(queue: Fifo<Request>, request: Request): void {
    request.queue = queue;
    queue.push(request);
  }

  /** The txn of `request` has been applied and answered: releases what waited for it. */
  release(request: Request): void {
    const { queue } = request;
    if (queue === null) return;
    const head = queue.shift();
    invariant(head === request, "a txn was applied out of its session's order");
    this.runReady(queue);
    this.#forgetIfEmpty(request, queue);
  }

  #forgetIfEmpty(request: Request, queue: Fifo<Request>): void {
    if (queue.length > 0 || this.#orphans.size === 0 || request.session === null) return;
    const { key } = request.session.id;
    if (this.#orphans.get(key) === queue) this.#orphans.delete(key);
  }

  /** `request` waits for nothing but its turn any more: runs it if that has come. */
  pass(request: Request): void {
    const { queue } = request;
    if (queue === null) return;
    request.isProposed = false;
    this.runReady(queue);
    this.#forgetIfEmpty(request, queue);
  }

  /** The oldest request of `session` that waits for a txn or the leader, if there is one. */
  oldestProposed(session: TrackedSession, queue: Fifo<Request> | undefined): Request | undefined {
    const pending = queue ?? this.#orphans.get(session.id.key);
    if (pending === undefined) return undefined;
    for (let at = 0; at < pending.length; at++) {
      const request = pending.at(at)!;
      if (request.isProposed) return request;
    }
    return undefined;
  }

  /** Runs what waits for nothing any more at the head of `queue`. */
  runReady(queue: Fifo<Request>): void {
    for (let next = queue.peek(); next !== undefined && !next.isProposed; next = queue.peek()) {
      if (isHeldBack(next)) return;
      queue.shift();
      this.#run(next);
    }
  }

  /** The txn of `request` is about to be applied: reads in front of it must not see that, full output or not. */
  runEarlier(request: Request): void {
    const { queue } = request;
    if (queue === null) return;
    for (let next = queue.peek(); next !== undefined && !next.isProposed; next = queue.peek()) {
      queue.shift();
      this.#run(next);
    }
  }

  /** The connection of `session` is gone, which answers its waiting reads, while requests are pending. */
  abandon(session: TrackedSession, queue: Fifo<Request>): void {
    this.runReady(queue);
    if (queue.length > 0) this.#orphans.set(session.id.key, queue);
  }

  /** The queue for a connection that takes over `session`. */
  adopt(session: TrackedSession): Fifo<Request> {
    const queue = this.#orphans.get(session.id.key);
    if (queue === undefined) return new Fifo();
    this.#orphans.delete(session.id.key);
    return queue;
  }

  /** The queue for a request of the server itself in the name of `session`, which has no connection here. */
  queueWithoutConnection(session: TrackedSession): Fifo<Request> {
    return this.#orphans.get(session.id.key) ?? new Fifo();
  }
}

/** Whether its connection must first take what it has got. */
function isHeldBack({ connection }: Request): boolean {
  return connection?.isOutputFull === true && connection.phase === "open";
}
