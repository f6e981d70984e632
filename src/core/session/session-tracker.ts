import { ErrorCode } from "../../protocol/error-code.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import type { ConnectionId } from "../connection-id.ts";
import { type Expiring, ExpiryBuckets } from "./expiry-buckets.ts";
import { SessionIds } from "./session-ids.ts";

/**
 * Who speaks for a session: 0 is this server, any other number a learner's link to the leader. A session that is used by
 * another owner than its last one has moved (client-protocol 2.5).
 */
export type SessionOwner = number;
/** A connection of this server speaks for the session. */
export const OWNER_THIS_SERVER: SessionOwner = 0;
const OWNER_NONE: SessionOwner = -1;

/** A session that this server knows and watches over. */
export class TrackedSession implements Expiring {
  readonly id: SessionId;
  /** Negotiated with the newest connection, in ms. */
  timeoutMs: number;
  isLocal: boolean;
  /** A closeSession is under way: the session can do nothing any more. */
  isClosing = false;
  owner: SessionOwner = OWNER_NONE;
  /** The connection of this server that has it; 0 without one. */
  connection: ConnectionId = 0;
  expiresAtMs = 0;

  constructor(id: SessionId, timeoutMs: number, isLocal: boolean) {
    this.id = id;
    this.timeoutMs = timeoutMs;
    this.isLocal = isLocal;
  }
}

/** What a tracker is told: the tick is its expiry bucket; server and start time make its session ids. */
export interface SessionTrackerOptions {
  readonly tickTimeMs: number;
  readonly serverId: number;
  readonly startedAtElapsedMs: number;
  /**
   * Whether global sessions expire here: not on a learner, which tells its leader which of them were touched
   * (quorum-protocol 3.12).
   */
  readonly expiresGlobal?: boolean;
}

/**
 * All sessions of the server, global and local, with their expiry (client-protocol 7). It decides nothing about
 * transactions: an expired session is reported, and whoever drives the machine proposes its end.
 */
export class SessionTracker {
  readonly global: ExpiryBuckets<TrackedSession>;
  readonly local: ExpiryBuckets<TrackedSession>;
  readonly #ids: SessionIds;
  readonly #sessions = new Map<string, TrackedSession>();
  readonly #expiresGlobal: boolean;
  #touched = new Set<TrackedSession>();
  #localCount = 0;

  constructor(options: SessionTrackerOptions) {
    this.global = new ExpiryBuckets(options.tickTimeMs);
    this.local = new ExpiryBuckets(options.tickTimeMs);
    this.#ids = new SessionIds(options.serverId, options.startedAtElapsedMs);
    this.#expiresGlobal = options.expiresGlobal ?? true;
  }

  get globalCount(): number {
    return this.#sessions.size - this.#localCount;
  }

  get localCount(): number {
    return this.#localCount;
  }

  get nextDeadline(): number {
    return Math.min(this.global.nextDeadline, this.local.nextDeadline);
  }

  get(id: SessionId): TrackedSession | undefined {
    return this.#sessions.get(id.key);
  }

  sessions(): Iterable<TrackedSession> {
    return this.#sessions.values();
  }

  /** A new session of a client of this server. */
  create(timeoutMs: number, isLocal: boolean, nowMs: number): TrackedSession {
    let id = this.#ids.next();
    // Ids restart from the clock at each start: after a restart within its resolution one may still be in use.
    while (this.#sessions.has(id.key)) id = this.#ids.next();
    const session = this.#add(id, timeoutMs, isLocal, nowMs);
    session.owner = OWNER_THIS_SERVER;
    return session;
  }

  /**
   * A global session that exists already: committed by another server, or known to the leader. A local one of the same id
   * becomes global. Its timeout starts afresh.
   */
  trackGlobal(id: SessionId, timeoutMs: number, nowMs: number): TrackedSession {
    const known = this.#sessions.get(id.key);
    if (known === undefined) return this.#add(id, timeoutMs, false, nowMs);
    if (known.isLocal) this.upgrade(known, nowMs);
    return known;
  }

  /**
   * A global session of the database that this server begins to serve. That is no sign of life: on a learner the leader hears
   * nothing of it, or every learner that comes would let all dead sessions live on.
   */
  trackRecovered(id: SessionId, timeoutMs: number, nowMs: number): void {
    const session = this.#add(id, timeoutMs, false, nowMs);
    this.#touched.delete(session);
  }

  /** Makes a local session a global one (client-protocol 7.4); it keeps its timeout and its connection. */
  upgrade(session: TrackedSession, nowMs: number): void {
    if (!session.isLocal) return;
    this.local.remove(session);
    session.isLocal = false;
    this.#localCount--;
    this.#restart(session, nowMs);
  }

  /** Restarts the session's timeout. False when it is closing or gone: its request must be dropped. */
  touch(session: TrackedSession, nowMs: number): boolean {
    if (session.isClosing) return false;
    this.#restart(session, nowMs);
    return true;
  }

  #restart(session: TrackedSession, nowMs: number): void {
    if (session.isLocal) this.local.touch(session, session.timeoutMs, nowMs);
    else if (this.#expiresGlobal) this.global.touch(session, session.timeoutMs, nowMs);
    else this.#touched.add(session);
  }

  /** Nobody could be heard for a while, by this server's own fault: no global session expires before `untilMs`. */
  postponeExpiry(untilMs: number, nowMs: number): void {
    this.global.postpone(untilMs, nowMs);
  }

  /** A learner's global sessions that were touched since the last call, for the answer to the leader's PING. */
  takeTouched(): Iterable<TrackedSession> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  /** Marks the session closing: from now on touch fails. */
  startClosing(session: TrackedSession): void {
    session.isClosing = true;
    (session.isLocal ? this.local : this.global).remove(session);
  }

  /** The session's end has been applied. */
  remove(id: SessionId): TrackedSession | undefined {
    const session = this.#sessions.get(id.key);
    if (session === undefined) return undefined;
    this.startClosing(session);
    this.#sessions.delete(id.key);
    this.#touched.delete(session);
    if (session.isLocal) this.#localCount--;
    return session;
  }

  /** Takes the sessions whose time is over and marks them closing. */
  takeExpired(nowMs: number): readonly TrackedSession[] {
    const global = this.global.takeExpired(nowMs);
    const local = this.local.takeExpired(nowMs);
    for (const session of global) session.isClosing = true;
    for (const session of local) session.isClosing = true;
    if (local.length === 0) return global;
    return [...global, ...local];
  }

  /**
   * Whether `owner` may use the session for a request (client-protocol 7.3): OK, UNKNOWNSESSION, SESSIONEXPIRED for a
   * closing one, SESSIONMOVED. The first user becomes the owner.
   */
  check(id: SessionId, owner: SessionOwner): ErrorCode {
    const session = this.#sessions.get(id.key);
    if (session === undefined) return ErrorCode.UNKNOWNSESSION;
    if (session.isClosing) return ErrorCode.SESSIONEXPIRED;
    if (session.owner === OWNER_NONE) session.owner = owner;
    return session.owner === owner ? ErrorCode.OK : ErrorCode.SESSIONMOVED;
  }

  /** As {@link check} for what only a global session may do (ephemerals): an unknown session counts as expired. */
  checkGlobal(id: SessionId, owner: SessionOwner): ErrorCode {
    const code = this.check(id, owner);
    if (code === ErrorCode.UNKNOWNSESSION) return ErrorCode.SESSIONEXPIRED;
    if (code === ErrorCode.OK && this.#sessions.get(id.key)!.isLocal)
      return ErrorCode.EPHEMERALONLOCALSESSION;
    return code;
  }

  /** A connect or a revalidation: the session is used through `owner` from now on. */
  setOwner(session: TrackedSession, owner: SessionOwner): void {
    session.owner = owner;
  }

  #add(id: SessionId, timeoutMs: number, isLocal: boolean, nowMs: number): TrackedSession {
    const session = new TrackedSession(id, timeoutMs, isLocal);
    this.#sessions.set(id.key, session);
    if (isLocal) this.#localCount++;
    this.#restart(session, nowMs);
    return session;
  }
}
