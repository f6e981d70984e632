import { Buffer } from "node:buffer";
import { Fifo } from "../../base/fifo.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { JuteWriter } from "../../protocol/jute-writer.ts";
import { NO_SESSION, type SessionId } from "../../protocol/session-id.ts";
import { ZXID_ZERO, type Zxid } from "../../protocol/zxid.ts";
import { type AuthId, type AuthPeer, NO_IDS } from "../auth/auth-scheme.ts";
import type { ConnectionId } from "../connection-id.ts";
import type { QueuedOperation } from "../operations/operation.ts";
import type { ConnectionOpened } from "../ready.ts";
import type { Expiring } from "../session/expiry-buckets.ts";
import { OWNER_THIS_SERVER, type SessionOwner, type TrackedSession } from "../session/session-tracker.ts";
import { ConnectionStats } from "./connection-stats.ts";

/**
 * - `handshake`: its ConnectRequest has not come
 * - `connecting`: the session is being created, or the leader is asked about it; whatever comes meanwhile is held back
 * - `open`: has a session
 * - `closed`: forgotten; requests that still point here are not answered
 */
export type ConnectionPhase = "handshake" | "connecting" | "open" | "closed";

/** A client connection of this server. */
export class Connection implements Expiring, AuthPeer {
  readonly id: ConnectionId;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly isSecure: boolean;
  readonly certificateSubject: string | undefined;
  readonly establishedWallMs: number;
  readonly stats = new ConnectionStats();

  phase: ConnectionPhase = "handshake";
  /** Whether its ConnectRequest had the readOnly byte, so that the answer has it too. */
  hasReadOnlyByte = true;
  session: TrackedSession | null = null;
  /** Requests of its session that wait or are proposed, in order of arrival. */
  queue = new Fifo<Request>();
  /** Replaced, never changed in place: requests keep the identities of their arrival. */
  ids: readonly AuthId[] = NO_IDS;
  /** Frames that came while `connecting`. */
  held: Uint8Array[] = [];
  /** Requests accepted and not answered, those with special xids left out. */
  outstanding = 0;
  /** Bytes of all requests accepted and not answered. */
  requestBytes = 0;
  /** Whether it should not be read now, and whether the host has been told so. */
  isReadingPaused = false;
  isPausedByHost = false;
  /** What it gets in this turn; null while that is nothing. */
  output: JuteWriter | null = null;
  isClosing = false;
  /** It has got so much that its reads wait until that has been taken. */
  isOutputFull = false;
  /** Its place in the queue of silent connections. */
  expiresAtMs = 0;
  /** Silence after which it is closed: the session's timeout, or the limit for connections without one. */
  silenceLimitMs: number;

  constructor(opened: ConnectionOpened, silenceLimitMs: number, establishedWallMs: number) {
    this.id = opened.connection;
    this.peerAddress = opened.peerAddress;
    this.peerPort = opened.peerPort;
    this.isSecure = opened.isSecure;
    this.certificateSubject = opened.certificateSubject;
    this.establishedWallMs = establishedWallMs;
    this.silenceLimitMs = silenceLimitMs;
  }

  get sessionId(): SessionId {
    return this.session === null ? NO_SESSION : this.session.id;
  }

  /** Negotiated; 0 without a session. */
  get sessionTimeoutMs(): number {
    return this.session === null ? 0 : this.session.timeoutMs;
  }

  hasIdOfScheme(schemes: readonly string[]): boolean {
    return this.ids.some((id) => schemes.includes(id.scheme));
  }
}

/** Bytes of xid and type in front of a request's record. */
export const REQUEST_HEADER_BYTES = 8;

/** One request on its way. The machine fills the same one again for every request that can be answered at once. */
export class Request {
  operation: QueuedOperation;
  /** Who gets the answer; null when nobody here does (the server's own requests). */
  connection: Connection | null;
  session: TrackedSession | null;
  xid: number;
  /** The whole payload, header included. */
  frame: Uint8Array;
  /** Identities at arrival. */
  ids: readonly AuthId[];
  owner: SessionOwner = OWNER_THIS_SERVER;
  /** The session that another server forwarded it for, whether that is known here or not. */
  forwardedFor: SessionId | undefined;
  receivedAtMs: number;
  /** On a learner: the last that the leader had proposed, as far as is known here, when it was asked. The txn comes behind that. */
  askedBehind: Zxid = ZXID_ZERO;
  /** A txn for it is on its way; it is answered when that is applied. */
  isProposed = false;
  /** The queue that it waits in; null when it is answered at once. */
  queue: Fifo<Request> | null = null;
  /** Whether it may be kept: it is not filled anew, and its frame is memory of its own. */
  readonly isKept: boolean;
  /** Not OK: to be answered with this code, unprocessed (THROTTLEDOP, NOTREADONLY). */
  refusal: ErrorCode = ErrorCode.OK;

  constructor(
    operation: QueuedOperation,
    connection: Connection | null,
    session: TrackedSession | null,
    xid: number,
    frame: Uint8Array,
    ids: readonly AuthId[],
    receivedAtMs: number,
    isKept = true,
  ) {
    this.operation = operation;
    this.connection = connection;
    this.session = session;
    this.xid = xid;
    this.frame = frame;
    this.ids = ids;
    this.receivedAtMs = receivedAtMs;
    this.isKept = isKept;
  }

  get sessionId(): SessionId {
    return this.session === null ? (this.forwardedFor ?? NO_SESSION) : this.session.id;
  }

  /** Itself, or a copy that may be kept: the memory of an arriving frame belongs to the host. */
  keep(): Request {
    if (this.isKept) return this;
    const frame = Buffer.allocUnsafe(this.frame.length);
    frame.set(this.frame);
    const kept = new Request(
      this.operation,
      this.connection,
      this.session,
      this.xid,
      frame,
      this.ids,
      this.receivedAtMs,
    );
    kept.refusal = this.refusal;
    return kept;
  }
}
