import { Fifo } from "../../base/fifo.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import {
  AbortedError,
  ClosedError,
  ConnectionError,
  DeadlineError,
  type Outcome,
  type ZooKeeperError,
} from "../errors.ts";
import { type Call, CallState } from "./call.ts";
import type { Delivery } from "./ready.ts";

/** Whether a call that was sent and not answered may have been executed. A read leaves nothing behind either way. */
export function outcomeOf(call: Call): Outcome {
  return call.state === CallState.sent && call.isWrite ? "unknown" : "not-applied";
}

/**
 * The calls that are not settled: those that wait for a connection, and those that were sent, in the order of their
 * replies. A call that was given up keeps its place among the sent ones until its reply has come.
 */
export class PendingCalls {
  readonly waiting: Fifo<Call> = new Fifo();
  readonly sent: Fifo<Call> = new Fifo();
  #deliveries: Delivery[] = [];
  /** Calls in `waiting` that nobody waits for any more. */
  #abandoned = 0;
  /** Never later than the earliest deadline of any pending call. */
  #nextDeadlineMs = Number.POSITIVE_INFINITY;

  get count(): number {
    return this.waiting.length + this.sent.length;
  }

  get nextDeadlineMs(): number {
    // Answered calls leave their deadline behind; with none left it would only keep a timer, and so the process, alive.
    if (this.count === 0) this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
    return this.#nextDeadlineMs;
  }

  deliver(delivery: Delivery): void {
    this.#deliveries.push(delivery);
  }

  takeDeliveries(): readonly Delivery[] {
    if (this.#deliveries.length === 0) return NOTHING;
    const deliveries = this.#deliveries;
    this.#deliveries = [];
    return deliveries;
  }

  wait(call: Call): void {
    this.#noteDeadline(call);
    this.waiting.push(call);
  }

  send(call: Call): void {
    if (call.state !== CallState.settled) call.state = CallState.sent;
    this.#noteDeadline(call);
    this.sent.push(call);
  }

  /** Whether another call fits below `limit`; abandoned ones make room. */
  hasRoom(limit: number): boolean {
    if (this.count >= limit && this.#abandoned > 0) {
      for (const call of this.waiting.drain()) if (call.state !== CallState.settled) this.waiting.push(call);
      this.#abandoned = 0;
    }
    return this.count < limit;
  }

  /** The next call to be sent. */
  nextWaiting(): Call | undefined {
    for (let call = this.waiting.shift(); call !== undefined; call = this.waiting.shift()) {
      if (call.state !== CallState.settled) return call;
    }
    this.#abandoned = 0;
    return undefined;
  }

  #noteDeadline(call: Call): void {
    if (call.deadlineMs < this.#nextDeadlineMs) this.#nextDeadlineMs = call.deadlineMs;
  }

  succeed(call: Call, value: unknown, zxid: Zxid): void {
    if (call.state === CallState.settled) return;
    call.state = CallState.settled;
    call.value = value;
    call.zxid = zxid;
    this.#deliveries.push(call);
  }

  fail(call: Call, error: ZooKeeperError): void {
    if (call.state === CallState.settled) return;
    if (call.frame !== null) {
      call.frame = null;
      this.#abandoned++;
    }
    call.state = CallState.settled;
    call.error = error;
    this.#deliveries.push(call);
  }

  /** The program does not want it any more. */
  withdraw(call: Call, reason: unknown): void {
    const detail =
      call.state === CallState.sent
        ? "after it was sent: it may still be executed"
        : "before it was sent: it has not been executed";
    this.fail(call, new AbortedError(`the call was aborted ${detail}`, outcomeOf(call), reason));
  }

  /** Fails what is due and finds the next deadline. `lastFailure` tells a call that never got a connection why. */
  expire(nowMs: number, lastFailure: ConnectionError | undefined): void {
    if (nowMs < this.#nextDeadlineMs) return;
    let next = Number.POSITIVE_INFINITY;
    for (const queue of [this.sent, this.waiting]) {
      for (const call of queue) {
        if (call.state === CallState.settled) continue;
        if (call.deadlineMs > nowMs) next = Math.min(next, call.deadlineMs);
        else this.fail(call, deadlineError(call, lastFailure));
      }
    }
    this.#nextDeadlineMs = next;
  }

  /** The connection broke: what was sent ends as it stands, what waits goes on waiting. */
  loseSent(server: string | undefined, cause: string): void {
    for (const call of this.sent.drain()) {
      const outcome = outcomeOf(call);
      const what =
        outcome === "unknown"
          ? "it may or may not have been executed"
          : "it was a read and can be asked again";
      const message = `the connection to ${server} was lost before the answer (${cause}): ${what}`;
      this.fail(call, new ConnectionError("lost", message, { server, outcome }));
    }
  }

  failSent(make: (outcome: Outcome) => ZooKeeperError): void {
    for (const call of this.sent.drain()) this.fail(call, make(outcomeOf(call)));
  }

  failWaiting(make: (outcome: Outcome) => ZooKeeperError): void {
    for (const call of this.waiting.drain()) this.fail(call, make("not-applied"));
    this.#abandoned = 0;
  }
}

const NOTHING: readonly Delivery[] = [];

/** `lastFailure` tells a call that never got a connection why. */
export function deadlineError(call: Call, lastFailure: ConnectionError | undefined): DeadlineError {
  if (call.state === CallState.sent) {
    return new DeadlineError(
      "the deadline passed before the server answered: the call may still be executed",
      outcomeOf(call),
    );
  }
  const why = lastFailure === undefined ? "" : `; last attempt: ${lastFailure.message}`;
  return new DeadlineError(
    `the deadline passed while waiting for a connection${why}`,
    "not-applied",
    lastFailure,
  );
}

export function closedError(outcome: Outcome): ClosedError {
  return new ClosedError("the client is closed", outcome);
}
