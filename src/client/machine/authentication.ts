import { Fifo } from "../../base/fifo.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { JuteReader } from "../../protocol/jute-reader.ts";
import { OpCode, Xid } from "../../protocol/opcode.ts";
import { AuthFailedError, type ConnectionError } from "../errors.ts";
import { Call, CallState } from "./call.ts";
import { deadlineError } from "./pending-calls.ts";
import { authRequiredMessage, type RequestFlow } from "./request-flow.ts";
import type { SaslExchange } from "./sasl-exchange.ts";

/** Any positive one: nothing else is on its way during a SASL exchange. */
const SASL_XID = 1;

/** How authentication stands after a reply; a text says why it has failed for good. */
export type Verdict = "done" | "wait" | { readonly failure: string };

/**
 * The credentials of this client: all of them are sent again on every new connection, in the order in which they were added
 * (client-protocol 6.5). Their replies come in that order too, but beside those of other requests.
 */
export class Authentication {
  readonly #flow: RequestFlow;
  readonly #credentials: Call[] = [];
  readonly #awaited: Fifo<Call> = new Fifo();
  #sasl: SaslExchange | undefined;

  constructor(flow: RequestFlow) {
    this.#flow = flow;
  }

  get credentials(): readonly Call[] {
    return this.#credentials;
  }

  /** Whether the server still owes an answer. */
  get isAwaited(): boolean {
    return this.#awaited.length > 0;
  }

  add(call: Call): void {
    this.#credentials.push(call);
  }

  /** Earliest deadline of those that nobody has accepted yet; monotonic ms. */
  get nextDeadlineMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const call of this.#credentials)
      if (call.state !== CallState.settled && call.deadlineMs < next) next = call.deadlineMs;
    return next;
  }

  /** Fails what is due. */
  expire(nowMs: number, lastFailure: ConnectionError | undefined): void {
    for (const call of [...this.#credentials]) {
      if (call.state === CallState.settled || call.deadlineMs > nowMs) continue;
      this.#flow.calls.fail(call, deadlineError(call, lastFailure));
      this.forget(call);
    }
  }

  /** Credentials that were given up before they were accepted are not sent again. */
  forget(call: Call): void {
    const at = this.#credentials.indexOf(call);
    if (at >= 0) this.#credentials.splice(at, 1);
  }

  send(call: Call, nowMs: number): void {
    if (call.state === CallState.waiting) call.state = CallState.sent;
    this.#flow.encode(call, Xid.auth, nowMs);
    this.#awaited.push(call);
  }

  sendAll(nowMs: number): void {
    for (const call of this.#credentials) this.send(call, nowMs);
  }

  /** Takes the reply to the oldest packet that was sent. */
  answered(err: number): Verdict {
    const call = this.#awaited.shift();
    if (call === undefined) return "wait";
    if (err !== ErrorCode.OK) {
      const failure = authRequiredMessage(ErrorCode.AUTHFAILED);
      this.#flow.calls.fail(call, new AuthFailedError(failure));
      return { failure };
    }
    this.#flow.calls.succeed(call, undefined, this.#flow.lastZxid);
    return this.isAwaited ? "wait" : "done";
  }

  startSasl(exchange: SaslExchange, nowMs: number): void {
    this.#sasl = exchange;
    this.#sendToken(exchange.initial, nowMs);
  }

  /** Any frame that comes during the exchange is its reply (client-protocol 6.6). @throws JuteError */
  saslAnswered(frame: Uint8Array, nowMs: number): Verdict {
    const { err, token } = readSaslReply(frame);
    if (err !== ErrorCode.OK) return { failure: authRequiredMessage(ErrorCode.AUTHFAILED) };
    if (token === null)
      return { failure: "the server does not do SASL: configure it there, or leave the option `sasl` out" };
    const next = this.#sasl!.respond(token);
    if (next instanceof Error) return { failure: next.message };
    if (next === undefined) return "done";
    this.#sendToken(next, nowMs);
    return "wait";
  }

  #sendToken(token: Uint8Array, nowMs: number): void {
    this.#flow.encode(new Call(OpCode.sasl, null, { data: token }), SASL_XID, nowMs);
  }

  /** The connection is gone; credentials that were not answered are sent again on the next. */
  lost(): void {
    this.#awaited.drain();
    this.#sasl = undefined;
  }
}

/** Errors carry a token too, or nothing. */
function readSaslReply(frame: Uint8Array): { readonly err: number; readonly token: Uint8Array | null } {
  const reader = new JuteReader(frame);
  reader.readInt();
  reader.readZxid();
  const err = reader.readInt();
  return { err, token: reader.remaining > 0 ? reader.readBuffer() : null };
}
