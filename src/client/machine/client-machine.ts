import { unreachable } from "../../base/invariant.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { FrameLengthError, FrameReader } from "../../protocol/frame.ts";
import { JuteError } from "../../protocol/jute-reader.ts";
import { OpCode, Xid } from "../../protocol/opcode.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import { formatAddress, type ServerAddress } from "../connect-string.ts";
import {
  AuthFailedError,
  ConnectionError,
  type Outcome,
  SessionExpiredError,
  type ZooKeeperError,
} from "../errors.ts";
import type { ClientState, Session } from "../types.ts";
import { Authentication, readSaslReply } from "./authentication.ts";
import { Call } from "./call.ts";
import { garbageFailure, REJECTED, undecodableFailure } from "./link-failures.ts";
import type { MachineOptions } from "./machine-options.ts";
import { closedError } from "./pending-calls.ts";
import { ReadOnlySearch } from "./read-only-search.ts";
import type { Input, LinkFailure, Ready } from "./ready.ts";
import { ReconnectDelay } from "./reconnect-delay.ts";
import { authRequiredMessage, RequestFlow } from "./request-flow.ts";
import { ServerList } from "./server-list.ts";
import { readConnectResponse, writeConnectRequest } from "./session-handshake.ts";

/** An attempt (TCP, TLS, handshake, SASL) may take the session timeout divided by the servers, within these bounds. */
const ATTEMPT_MS_MIN = 1_000;
const ATTEMPT_MS_MAX = 10_000;

/** How long `close` waits for the server to end the session. */
const CLOSE_MS = 5_000;

/** A tick that comes so much too late means that this process slept: the server gets a chance to have answered. */
const LATE_MS = 500;

/** Any positive one: nothing else is on its way during a SASL exchange. */
const SASL_XID = 1;

/**
 * `waiting` for the next attempt; `dialing` until the link is there; `handshaking` until the session is; `authenticating`
 * through SASL; `serving`; `ended` for good.
 */
type Phase = "waiting" | "dialing" | "handshaking" | "authenticating" | "serving" | "ended";

/**
 * One client's connection to an ensemble, over all the TCP connections that it takes: decides when to dial whom, keeps the
 * session, sends calls in order and matches replies, keeps watches alive. Pure and synchronous: time comes in with each
 * step, and what is to be done comes out of {@link takeReady}.
 */
export class ClientMachine {
  readonly #options: MachineOptions;
  readonly #servers: ServerList;
  readonly #delay: ReconnectDelay;
  readonly #flow: RequestFlow;
  readonly #auth = new Authentication();
  readonly #search = new ReadOnlySearch();
  readonly #failures = new Map<string, ConnectionError>();
  #frames: FrameReader;
  #phase: Phase = "waiting";
  #state: ClientState = "connecting";
  #session: Session | undefined;
  #hasSeenReadWrite: boolean;
  #isReadOnlyServer = false;
  #lastFailure: ConnectionError | undefined;
  #link = 0;
  #server: ServerAddress | undefined;
  #dialAtMs = 0;
  #attemptEndsMs = 0;
  #lastReceivedMs = 0;
  #closeEndsMs = Number.POSITIVE_INFINITY;
  #isClosing = false;
  /** The server list says that this client should be elsewhere: it goes as soon as nothing is on its way. */
  #isMoving = false;
  #endError: ((outcome: Outcome) => ZooKeeperError) | undefined;
  #dial: Ready["dial"] = null;
  #hangUp = 0;
  #probe: ServerAddress | null = null;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.#servers = new ServerList(options.servers, options.rng, options.isShuffled);
    this.#delay = new ReconnectDelay(options.rng, options.backoffInitialMs, options.backoffMaxMs);
    this.#flow = new RequestFlow(options);
    this.#frames = new FrameReader(options.replyBytesMax);
    this.#session = options.session;
    this.#hasSeenReadWrite = options.session !== undefined;
  }

  get state(): ClientState {
    return this.#state;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** Highest zxid of any reply. */
  get lastZxid(): Zxid {
    return this.#flow.lastZxid;
  }

  /** The server of the current connection, while there is one. */
  get server(): ServerAddress | undefined {
    return this.#phase === "serving" ? this.#server : undefined;
  }

  get servers(): readonly ServerAddress[] {
    return this.#servers.servers;
  }

  /** The last failure of each server since the last time that one worked. */
  get failures(): readonly ConnectionError[] {
    return [...this.#failures.values()];
  }

  /** The error that every call gets now, once the client has ended. */
  get endError(): ZooKeeperError | undefined {
    return this.#endError?.("not-applied");
  }

  /** Monotonic milliseconds at which it wants a tick; Infinity when it waits for nothing. */
  get nextDeadline(): number {
    return Math.min(this.#flow.calls.nextDeadlineMs, this.#phaseDeadline());
  }

  #phaseDeadline(): number {
    switch (this.#phase) {
      case "waiting":
        return this.#dialAtMs;
      case "dialing":
      case "handshaking":
      case "authenticating":
        return this.#attemptEndsMs;
      case "serving":
        return Math.min(this.#pingAtMs(), this.#silentAtMs(), this.#closeEndsMs, this.#search.nextAtMs);
      case "ended":
        return Number.POSITIVE_INFINITY;
      default:
        return unreachable(this.#phase, "phase");
    }
  }

  #pingAtMs(): number {
    return this.#flow.lastSentMs + this.#session!.timeoutMs / 3;
  }

  #silentAtMs(): number {
    return this.#lastReceivedMs + (this.#session!.timeoutMs * 2) / 3;
  }

  step(input: Input, nowMs: number): void {
    switch (input.kind) {
      case "call":
        this.#submit(input, nowMs);
        break;
      case "received":
        if (input.link === this.#link) this.#received(input.bytes, nowMs);
        break;
      case "tick":
        this.#tick(nowMs);
        break;
      case "opened":
        if (input.link === this.#link) this.#opened(nowMs);
        break;
      case "lost":
        if (input.link === this.#link) this.#lost(this.#explained(input.failure), nowMs);
        break;
      case "withdrawn":
        this.#flow.calls.withdraw(input.call, input.reason);
        break;
      case "unwatched":
        this.#flow.unwatch(input.table, input.path, input.watcher, this.#phase === "serving", nowMs);
        break;
      case "auth":
        this.#addAuth(input.call, nowMs);
        break;
      case "probed":
        this.#probed(input.server, input.isReadWrite, nowMs);
        break;
      case "servers":
        this.#updateServers(input.servers, nowMs);
        break;
      case "close":
        this.#close(input.keepsSession, nowMs);
        break;
      default:
        unreachable(input, "input");
    }
  }

  takeReady(): Ready {
    const ready = {
      output: this.#flow.takeOutput(),
      hangUp: this.#hangUp,
      dial: this.#dial,
      probe: this.#probe,
      deliveries: this.#flow.calls.takeDeliveries(),
    };
    this.#hangUp = 0;
    this.#dial = null;
    this.#probe = null;
    return ready;
  }

  #submit(call: Call, nowMs: number): void {
    if (this.#endError !== undefined) this.#flow.calls.fail(call, this.#endError("not-applied"));
    else if (this.#isClosing) this.#flow.calls.fail(call, closedError("not-applied"));
    else this.#flow.submit(call, this.#phase === "serving" && !this.#isMoving, nowMs);
  }

  #addAuth(call: Call, nowMs: number): void {
    if (this.#endError !== undefined || this.#isClosing) {
      this.#submit(call, nowMs);
      return;
    }
    this.#auth.add(call);
    if (this.#phase === "serving") this.#sendAuth(call, nowMs);
  }

  #sendAuth(call: Call, nowMs: number): void {
    this.#flow.encode(call, Xid.auth, nowMs);
    this.#auth.sent(call);
  }

  // Time

  #tick(nowMs: number): void {
    this.#flow.calls.expire(nowMs, this.#lastFailure);
    switch (this.#phase) {
      case "waiting":
        if (nowMs >= this.#dialAtMs) this.#dialNext(nowMs);
        break;
      case "dialing":
      case "handshaking":
      case "authenticating":
        if (nowMs >= this.#attemptEndsMs) this.#drop(this.#attemptTimeout(), nowMs);
        break;
      case "serving":
        this.#tickServing(nowMs);
        break;
      case "ended":
        break;
      default:
        unreachable(this.#phase, "phase");
    }
  }

  #tickServing(nowMs: number): void {
    if (nowMs >= this.#closeEndsMs) {
      this.#end("closed", closedError);
      return;
    }
    const silentAtMs = this.#silentAtMs();
    if (nowMs >= silentAtMs) {
      if (nowMs - silentAtMs < LATE_MS) {
        const silentMs = Math.round(nowMs - this.#lastReceivedMs);
        this.#drop({ kind: "lost", message: `said nothing for ${silentMs} ms` }, nowMs);
        return;
      }
      this.#lastReceivedMs += nowMs - silentAtMs + LATE_MS;
    }
    if (nowMs >= this.#pingAtMs()) this.#flow.ping(nowMs);
    if (this.#search.isDue(nowMs)) this.#probe = this.#servers.after(this.#server!) ?? null;
  }

  #attemptTimeout(): LinkFailure {
    const waitedFor =
      this.#phase === "dialing"
        ? "a connection"
        : "the answer to the handshake (an ensemble without a quorum does not answer)";
    return { kind: "timeout", message: `gave up waiting for ${waitedFor}` };
  }

  // Connection

  #dialNext(nowMs: number): void {
    const server = this.#servers.next();
    const share = this.#options.sessionTimeoutMs / this.#servers.size;
    this.#server = server;
    this.#phase = "dialing";
    this.#attemptEndsMs = nowMs + Math.min(ATTEMPT_MS_MAX, Math.max(ATTEMPT_MS_MIN, share));
    this.#dial = { link: ++this.#link, server };
    this.#frames = new FrameReader(this.#options.replyBytesMax);
  }

  #opened(nowMs: number): void {
    if (this.#phase !== "dialing") return;
    this.#phase = "handshaking";
    this.#lastReceivedMs = nowMs;
    // A session that began on a read-only server is known there only (client-protocol 8.4).
    const session = this.#hasSeenReadWrite ? this.#session : undefined;
    writeConnectRequest(this.#flow.out, {
      lastZxidSeen: this.#flow.lastZxid,
      sessionTimeoutMs: this.#options.sessionTimeoutMs,
      session,
      allowsReadOnly: this.#options.allowsReadOnly,
    });
  }

  #received(bytes: Uint8Array, nowMs: number): void {
    const link = this.#link;
    this.#lastReceivedMs = nowMs;
    this.#frames.push(bytes);
    try {
      for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
        this.#frame(frame, nowMs);
        if (this.#link !== link || this.#phase === "waiting" || this.#phase === "ended") return;
      }
    } catch (error) {
      if (error instanceof FrameLengthError)
        this.#drop(garbageFailure(error.length, this.#options.replyBytesMax), nowMs);
      else if (error instanceof JuteError) this.#drop(undecodableFailure(error.message), nowMs);
      else throw error;
    }
  }

  #frame(frame: Uint8Array, nowMs: number): void {
    switch (this.#phase) {
      case "serving":
        this.#served(frame, nowMs);
        break;
      case "handshaking":
        this.#connected(frame, nowMs);
        break;
      case "authenticating":
        this.#saslReply(frame, nowMs);
        break;
      default:
        break;
    }
  }

  #connected(frame: Uint8Array, nowMs: number): void {
    const { session, isReadOnly } = readConnectResponse(frame);
    const asked = this.#hasSeenReadWrite ? this.#session : undefined;
    if (session === undefined || (asked !== undefined && !asked.id.equals(session.id))) {
      if (asked === undefined) this.#drop(REJECTED, nowMs);
      else this.#expired(nowMs);
      return;
    }
    const isNew = this.#session === undefined || !this.#session.id.equals(session.id);
    this.#session = session;
    this.#isReadOnlyServer = isReadOnly;
    this.#hasSeenReadWrite ||= !isReadOnly;
    this.#servers.succeeded();
    this.#delay.reset();
    this.#failures.delete(formatAddress(this.#server!));
    if (isNew) this.#flow.calls.deliver({ kind: "session" });
    if (this.#options.startSasl === undefined) this.#serve(nowMs);
    else this.#startSasl(this.#options.startSasl, nowMs);
  }

  /** Order of client-protocol 10.1: credentials, watches, then the calls that waited. */
  #serve(nowMs: number): void {
    this.#phase = "serving";
    this.#flow.lastSentMs = nowMs;
    for (const call of this.#auth.credentials) this.#sendAuth(call, nowMs);
    this.#flow.reRegister(nowMs);
    this.#flow.sendWaiting(nowMs);
    if (this.#isReadOnlyServer) this.#search.start(nowMs);
    if (!this.#auth.isAwaited) this.#announce();
  }

  #announce(): void {
    this.#setState(this.#isReadOnlyServer ? "connectedReadOnly" : "connected");
  }

  #setState(state: ClientState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#flow.calls.deliver({ kind: "state", state });
  }

  #startSasl(start: () => NonNullable<Authentication["sasl"]>, nowMs: number): void {
    this.#phase = "authenticating";
    this.#auth.sasl = start();
    this.#sendSaslToken(this.#auth.sasl.initial, nowMs);
  }

  #sendSaslToken(token: Uint8Array, nowMs: number): void {
    this.#flow.encode(new Call(OpCode.sasl, null, { data: token }), SASL_XID, nowMs);
  }

  #saslReply(frame: Uint8Array, nowMs: number): void {
    const { err, token } = readSaslReply(frame);
    if (err !== ErrorCode.OK) {
      this.#endUnauthenticated(authRequiredMessage(ErrorCode.AUTHFAILED));
      return;
    }
    if (token === null) {
      this.#endUnauthenticated(
        "the server does not do SASL: configure it there, or leave the option `sasl` out",
      );
      return;
    }
    const step = this.#auth.sasl!.respond(token);
    if (step instanceof Error) this.#endUnauthenticated(step.message);
    else if (step === undefined) this.#serve(nowMs);
    else this.#sendSaslToken(step, nowMs);
  }

  #served(frame: Uint8Array, nowMs: number): void {
    switch (this.#flow.reply(frame)) {
      case "handled":
        if (this.#isMoving && this.#flow.calls.sent.length === 0) this.#move(nowMs);
        break;
      case "auth":
        this.#authReply();
        break;
      case "closed":
        this.#end("closed", closedError);
        break;
      case "authRequired":
        this.#endUnauthenticated(authRequiredMessage(this.#flow.lastErr));
        break;
      case "outOfOrder":
        this.#drop({ kind: "protocol", message: "answered out of order" }, nowMs);
        break;
    }
  }

  #authReply(): void {
    const call = this.#auth.answered();
    const err = this.#flow.lastErr;
    if (call === undefined) return;
    if (err !== ErrorCode.OK) {
      const message = authRequiredMessage(ErrorCode.AUTHFAILED);
      this.#flow.calls.fail(call, new AuthFailedError(message));
      this.#endUnauthenticated(message);
      return;
    }
    this.#flow.calls.succeed(call, undefined, this.#flow.lastZxid);
    if (!this.#auth.isAwaited) this.#announce();
  }

  /** Ends the current link and goes on as if it had broken. */
  #drop(failure: LinkFailure, nowMs: number): void {
    this.#hangUp = this.#link;
    this.#lost(failure, nowMs);
  }

  /** A link that closes before the handshake was answered says more than "closed". */
  #explained(failure: LinkFailure): LinkFailure {
    return this.#phase === "handshaking" && failure.kind === "lost" ? REJECTED : failure;
  }

  #lost(failure: LinkFailure, nowMs: number): void {
    const wasServing = this.#phase === "serving";
    const server = formatAddress(this.#server!);
    const { kind, message, cause } = failure;
    const error = new ConnectionError(kind, `${server} ${message}`, { server, cause });
    this.#failures.set(server, error);
    this.#lastFailure = error;
    this.#note(`${server} ${message}`);
    this.#disconnect();
    this.#flow.calls.loseSent(server, message);
    if (this.#isClosing) {
      this.#end("closed", closedError);
      return;
    }
    this.#phase = "waiting";
    this.#dialAtMs = nowMs + this.#pauseMs(wasServing);
    if (this.#state !== "connecting") this.#setState("suspended");
  }

  #pauseMs(wasServing: boolean): number {
    if (wasServing) return this.#delay.afterLossMs();
    return this.#servers.isRoundDone ? this.#delay.afterRoundMs() : 0;
  }

  /** What belongs to one connection is gone. */
  #disconnect(): void {
    if (this.#phase === "serving") this.#flow.lost("reconnected");
    else this.#flow.out.reset();
    this.#link++;
    this.#auth.lost();
    this.#search.stop();
    this.#isMoving = false;
  }

  #note(message: string): void {
    this.#flow.calls.deliver({ kind: "notice", level: "info", message });
  }

  // Server list

  #probed(server: ServerAddress, isReadWrite: boolean, nowMs: number): void {
    if (!isReadWrite || this.#phase !== "serving" || !this.#isReadOnlyServer) return;
    this.#servers.prefer(server);
    this.#isMoving = true;
    this.#search.stop();
    if (this.#flow.calls.sent.length === 0) this.#move(nowMs);
  }

  #updateServers(servers: readonly ServerAddress[], nowMs: number): void {
    if (this.#phase === "ended") return;
    const shouldMove = this.#servers.update(servers, this.#phase === "waiting" ? undefined : this.#server);
    if (!shouldMove || this.#phase !== "serving" || this.#isClosing) return;
    this.#isMoving = true;
    if (this.#flow.calls.sent.length === 0) this.#move(nowMs);
  }

  #move(nowMs: number): void {
    this.#drop({ kind: "lost", message: "was left for another server of the list" }, nowMs);
    this.#dialAtMs = nowMs;
  }

  // Ends

  #expired(nowMs: number): void {
    this.#hangUp = this.#link;
    this.#disconnect();
    this.#flow.watches.lost(this.#flow.lastZxid, "newSession");
    const id = this.#session!.id;
    const message = `session ${id} has expired: its ephemeral znodes are gone`;
    this.#session = undefined;
    this.#hasSeenReadWrite = false;
    if (!this.#options.renewsSession) {
      this.#end("expired", (outcome) => new SessionExpiredError(message, outcome));
      return;
    }
    this.#flow.calls.failWaiting((outcome) => new SessionExpiredError(message, outcome));
    this.#setState("expired");
    this.#setState("connecting");
    this.#phase = "waiting";
    this.#dialAtMs = nowMs;
  }

  #endUnauthenticated(message: string): void {
    this.#end("authFailed", (outcome) => new AuthFailedError(message, outcome));
  }

  #close(keepsSession: boolean, nowMs: number): void {
    if (this.#phase === "ended" || this.#isClosing) return;
    this.#isClosing = true;
    this.#flow.calls.failWaiting(closedError);
    if (this.#phase !== "serving" || keepsSession) {
      this.#end("closed", closedError);
      return;
    }
    this.#closeEndsMs = nowMs + CLOSE_MS;
    this.#flow.request(new Call(OpCode.closeSession, null), nowMs);
  }

  #end(state: "closed" | "expired" | "authFailed", error: (outcome: Outcome) => ZooKeeperError): void {
    if (this.#phase === "ended") return;
    this.#hangUp = this.#link;
    this.#disconnect();
    this.#phase = "ended";
    this.#endError = error;
    this.#flow.calls.failSent(error);
    this.#flow.calls.failWaiting(error);
    for (const call of this.#auth.credentials) this.#flow.calls.fail(call, error("not-applied"));
    this.#setState(state);
  }
}
