import { unreachable } from "../../base/invariant.ts";
import { FrameLengthError, FrameReader } from "../../protocol/frame.ts";
import { JuteError } from "../../protocol/jute-reader.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { formatAddress, type ServerAddress } from "../connect-string.ts";
import { AuthFailedError, type Outcome, SessionExpiredError, type ZooKeeperError } from "../errors.ts";
import type { ClientState, Session } from "../types.ts";
import type { Attempts } from "./attempts.ts";
import type { Authentication, Verdict } from "./authentication.ts";
import { Call } from "./call.ts";
import { garbageFailure, REJECTED, undecodableFailure } from "./link-failures.ts";
import { Liveness } from "./liveness.ts";
import type { MachineOptions } from "./machine-options.ts";
import { closedError } from "./pending-calls.ts";
import { ReadOnlySearch } from "./read-only-search.ts";
import type { LinkFailure, Ready } from "./ready.ts";
import { authRequiredMessage, type RequestFlow } from "./request-flow.ts";
import { readConnectResponse, writeConnectRequest } from "./session-handshake.ts";

/** How long `close` waits for the server to end the session. */
const CLOSE_MS = 5_000;

/**
 * `waiting` for the next attempt; `dialing` until the link is there; `handshaking` until the session is; `authenticating`
 * through SASL; `serving`; `ended` for good.
 */
type Phase = "waiting" | "dialing" | "handshaking" | "authenticating" | "serving" | "ended";

/**
 * The session over all the TCP connections that it takes: decides when to dial whom, shakes hands, notices silence and loss,
 * moves between servers, and ends. What a reply means for its call is {@link RequestFlow}'s.
 */
export class ConnectionLife {
  state: ClientState = "connecting";
  session: Session | undefined;
  /** Set once the machine has ended: the error of every call from then on. */
  endError: ((outcome: Outcome) => ZooKeeperError) | undefined;
  isClosing = false;
  /** For the next `Ready`. */
  dial: Ready["dial"] = null;
  hangUp = 0;
  probe: ServerAddress | null = null;
  readonly #options: MachineOptions;
  readonly #flow: RequestFlow;
  readonly #attempts: Attempts;
  readonly #auth: Authentication;
  readonly #liveness = new Liveness();
  readonly #search = new ReadOnlySearch();
  #frames: FrameReader;
  #phase: Phase = "waiting";
  #link = 0;
  #server: ServerAddress | undefined;
  #hasSeenReadWrite: boolean;
  #isReadOnlyServer = false;
  #dialAtMs = 0;
  #attemptEndsMs = 0;
  #closeEndsMs = Number.POSITIVE_INFINITY;
  /** The server list says that this client should be elsewhere: it goes as soon as nothing is on its way. */
  #isMoving = false;

  constructor(options: MachineOptions, flow: RequestFlow, attempts: Attempts, auth: Authentication) {
    this.#options = options;
    this.#flow = flow;
    this.#attempts = attempts;
    this.#auth = auth;
    this.#frames = new FrameReader(options.replyBytesMax);
    this.session = options.session;
    this.#hasSeenReadWrite = options.session !== undefined;
  }

  /** The current link's number: what comes from another one is over. */
  get link(): number {
    return this.#link;
  }

  get isServing(): boolean {
    return this.#phase === "serving";
  }

  /** Whether a call can be sent now. */
  get canSend(): boolean {
    return this.#phase === "serving" && !this.#isMoving;
  }

  /** The server of the current connection, while there is one. */
  get server(): ServerAddress | undefined {
    return this.#phase === "serving" ? this.#server : undefined;
  }

  /** Monotonic milliseconds at which it wants a tick. */
  get deadline(): number {
    switch (this.#phase) {
      case "waiting":
        return this.#dialAtMs;
      case "dialing":
      case "handshaking":
      case "authenticating":
        return this.#attemptEndsMs;
      case "serving":
        return Math.min(
          this.#liveness.pingAtMs(this.#flow.lastSentMs),
          this.#liveness.silentAtMs,
          this.#closeEndsMs,
          this.#search.nextAtMs,
        );
      case "ended":
        return Number.POSITIVE_INFINITY;
      default:
        return unreachable(this.#phase, "phase");
    }
  }

  tick(nowMs: number): void {
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
    const silentMs = this.#liveness.tooSilentMs(nowMs);
    if (silentMs !== undefined) {
      this.#drop({ kind: "lost", message: `said nothing for ${silentMs} ms` }, nowMs);
      return;
    }
    if (nowMs >= this.#liveness.pingAtMs(this.#flow.lastSentMs)) this.#flow.ping(nowMs);
    if (this.#search.isDue(nowMs)) this.probe = this.#attempts.list.after(this.#server!) ?? null;
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
    const server = this.#attempts.list.next();
    this.#server = server;
    this.#phase = "dialing";
    this.#attemptEndsMs = nowMs + this.#attempts.patienceMs;
    this.dial = { link: ++this.#link, server };
    this.#frames = new FrameReader(this.#options.replyBytesMax);
  }

  opened(): void {
    if (this.#phase !== "dialing") return;
    this.#phase = "handshaking";
    // A session that began on a read-only server is known there only (client-protocol 8.4).
    const session = this.#hasSeenReadWrite ? this.session : undefined;
    writeConnectRequest(this.#flow.out, {
      lastZxidSeen: this.#flow.lastZxid,
      sessionTimeoutMs: this.#options.sessionTimeoutMs,
      session,
      allowsReadOnly: this.#options.allowsReadOnly,
    });
  }

  received(bytes: Uint8Array, nowMs: number): void {
    const link = this.#link;
    this.#liveness.received(nowMs);
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
        this.#proceed(this.#auth.saslAnswered(frame, nowMs), nowMs);
        break;
      default:
        break;
    }
  }

  #connected(frame: Uint8Array, nowMs: number): void {
    const { session, isReadOnly } = readConnectResponse(frame);
    const asked = this.#hasSeenReadWrite ? this.session : undefined;
    if (session === undefined || (asked !== undefined && !asked.id.equals(session.id))) {
      if (asked === undefined) this.#drop(REJECTED, nowMs);
      else this.#expired(nowMs);
      return;
    }
    const isNew = this.session === undefined || !this.session.id.equals(session.id);
    this.session = session;
    this.#isReadOnlyServer = isReadOnly;
    this.#hasSeenReadWrite ||= !isReadOnly;
    this.#liveness.start(session.timeoutMs, nowMs);
    this.#attempts.succeeded(this.#server!);
    if (isNew) this.#flow.calls.deliver({ kind: "session" });
    if (this.#options.startSasl === undefined) {
      this.#serve(nowMs);
      return;
    }
    this.#phase = "authenticating";
    this.#auth.startSasl(this.#options.startSasl(), nowMs);
  }

  /** SASL ends with serving; other authentication with saying so. */
  #proceed(verdict: Verdict, nowMs: number): void {
    if (verdict === "wait") return;
    if (verdict !== "done") this.#endUnauthenticated(verdict.failure);
    else if (this.#phase === "authenticating") this.#serve(nowMs);
    else this.#announce();
  }

  /** Order of client-protocol 10.1: credentials, watches, then the calls that waited. */
  #serve(nowMs: number): void {
    this.#phase = "serving";
    this.#flow.lastSentMs = nowMs;
    this.#auth.sendAll(nowMs);
    this.#flow.reRegister(nowMs);
    this.#flow.sendWaiting(nowMs);
    if (this.#isReadOnlyServer) this.#search.start(nowMs);
    if (!this.#auth.isAwaited) this.#announce();
  }

  #announce(): void {
    this.#setState(this.#isReadOnlyServer ? "connectedReadOnly" : "connected");
  }

  #setState(state: ClientState): void {
    if (this.state === state) return;
    this.state = state;
    this.#flow.calls.deliver({ kind: "state", state });
  }

  #served(frame: Uint8Array, nowMs: number): void {
    switch (this.#flow.reply(frame)) {
      case "handled":
        if (this.#isMoving && this.#flow.calls.sent.length === 0) this.#move(nowMs);
        break;
      case "auth":
        this.#proceed(this.#auth.answered(this.#flow.lastErr), nowMs);
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

  /** Ends the current link and goes on as if it had broken. */
  #drop(failure: LinkFailure, nowMs: number): void {
    this.hangUp = this.#link;
    this.#lost(failure, nowMs);
  }

  /** A link that closes before the handshake was answered says more than "closed". */
  lost(failure: LinkFailure, nowMs: number): void {
    this.#lost(this.#phase === "handshaking" && failure.kind === "lost" ? REJECTED : failure, nowMs);
  }

  #lost(failure: LinkFailure, nowMs: number): void {
    const wasServing = this.#phase === "serving";
    const server = formatAddress(this.#server!);
    const pauseMs = this.#attempts.failed(this.#server!, failure, wasServing);
    this.#flow.calls.deliver({ kind: "notice", level: "info", message: `${server} ${failure.message}` });
    this.#disconnect();
    this.#flow.calls.loseSent(server, failure.message);
    if (this.isClosing) {
      this.#end("closed", closedError);
      return;
    }
    this.#phase = "waiting";
    this.#dialAtMs = nowMs + pauseMs;
    if (this.state !== "connecting") this.#setState("suspended");
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

  // Server list

  probed(server: ServerAddress, isReadWrite: boolean, nowMs: number): void {
    if (!isReadWrite || this.#phase !== "serving" || !this.#isReadOnlyServer) return;
    this.#attempts.list.prefer(server);
    this.#isMoving = true;
    this.#search.stop();
    if (this.#flow.calls.sent.length === 0) this.#move(nowMs);
  }

  updateServers(servers: readonly ServerAddress[], nowMs: number): void {
    if (this.#phase === "ended") return;
    const shouldMove = this.#attempts.list.update(
      servers,
      this.#phase === "waiting" ? undefined : this.#server,
    );
    if (!shouldMove || this.#phase !== "serving" || this.isClosing) return;
    this.#isMoving = true;
    if (this.#flow.calls.sent.length === 0) this.#move(nowMs);
  }

  #move(nowMs: number): void {
    this.#drop({ kind: "lost", message: "was left for another server of the list" }, nowMs);
    this.#dialAtMs = nowMs;
  }

  // Ends

  #expired(nowMs: number): void {
    this.hangUp = this.#link;
    this.#disconnect();
    this.#flow.watches.lost(this.#flow.lastZxid, "newSession");
    const id = this.session!.id;
    const message = `session ${id} has expired: its ephemeral znodes are gone`;
    this.session = undefined;
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

  close(keepsSession: boolean, nowMs: number): void {
    if (this.#phase === "ended" || this.isClosing) return;
    this.isClosing = true;
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
    this.hangUp = this.#link;
    this.#disconnect();
    this.#phase = "ended";
    this.endError = error;
    this.#flow.calls.failSent(error);
    this.#flow.calls.failWaiting(error);
    for (const call of this.#auth.credentials) this.#flow.calls.fail(call, error("not-applied"));
    this.#setState(state);
  }
}
