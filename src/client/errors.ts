import type { ErrorName } from "../protocol/error-code.ts";
import type { Zxid } from "../protocol/zxid.ts";

/**
 * Whether what was asked may have happened: `not-applied` it has not (or, for a read, there is nothing that could have);
 * `unknown` it may have, or may still: the connection or the patience ended between the request and its answer.
 */
export type Outcome = "not-applied" | "unknown";

interface ErrorTraits {
  readonly retryable: boolean;
  readonly outcome: Outcome;
  readonly cause?: unknown;
}

/** What every error of this client is. `retryable` says whether the same call can succeed later without any change. */
export abstract class ZooKeeperError extends Error {
  /** Whether the same call can succeed later without any change. */
  readonly retryable: boolean;
  /** Whether what was asked may have happened. */
  readonly outcome: Outcome;

  constructor(message: string, traits: ErrorTraits) {
    super(message, traits.cause === undefined ? undefined : { cause: traits.cause });
    this.retryable = traits.retryable;
    this.outcome = traits.outcome;
  }

  /** @internal This error, as the end of a call of several requests whose outcome is another. */
  withOutcome(outcome: Outcome): this {
    return Object.assign(this, { outcome });
  }
}

/** The call itself is wrong (a forbidden path, an option out of range, data over the limit): nothing was sent. */
export class MisuseError extends ZooKeeperError {
  override readonly name = "MisuseError";

  constructor(message: string) {
    super(message, { retryable: false, outcome: "not-applied" });
  }
}

/** Codes that may go away by themselves: a throttled request, an ensemble that reconfigures or has no quorum of the new. */
const RETRYABLE_CODES = new Set<string>(["THROTTLEDOP", "RECONFIGINPROGRESS", "NEWCONFIGNOQUORUM"]);

/**
 * Codes by which the server does not say whether it executed the request: it failed itself, on the way to the transaction or
 * behind it (3.8's last processor answers MARSHALLINGERROR for whatever goes wrong after the transaction was applied).
 */
const FAILURE_CODES = new Set<string>([
  "SYSTEMERROR",
  "RUNTIMEINCONSISTENCY",
  "DATAINCONSISTENCY",
  "CONNECTIONLOSS",
  "MARSHALLINGERROR",
  "OPERATIONTIMEOUT",
  "REQUESTTIMEOUT",
]);

/** Whether an error with this code leaves open if a write was executed; codes of the future do. @internal */
export function leavesOutcomeOpen(code: string): boolean {
  return FAILURE_CODES.has(code) || code.startsWith("CODE");
}

const HINTS: Partial<Record<string, string>> = {
  NONODE: "the znode, or for a create its parent, does not exist",
  NODEEXISTS: "the znode exists already",
  BADVERSION: "the version asked for is not the znode's: read it again",
  NOTEMPTY: "the znode has children: delete them first, or use deleteAll",
  NOAUTH: "the ACL does not permit it: addAuth with an identity that may",
  NOCHILDRENFOREPHEMERALS: "an ephemeral znode cannot have children",
  INVALIDACL: "the ACL is empty, malformed, or uses `auth` on a connection without an identity",
  NOTREADONLY: "the server is in read-only mode: wait for the state `connected`",
  UNIMPLEMENTED: "the server does not know or has not enabled this (TTL znodes need extendedTypesEnabled)",
  QUOTAEXCEEDED: "the quota of this subtree is used up",
  RECONFIGDISABLED: "set reconfigEnabled=true on the servers",
  NOWATCHER: "there is no such watch on this path",
  THROTTLEDOP: "the server is overloaded: try again later",
  MARSHALLINGERROR: "the server could not read the request: it may be too old for it",
  BADARGUMENTS: "the server refused an argument (path, flags, TTL or members)",
};

/**
 * The server answered with an error. Nearly always it refused, and nothing has happened. Where the code says that it failed itself
 * (`SYSTEMERROR`, `MARSHALLINGERROR`, `OPERATIONTIMEOUT`, …), the outcome of a write is `unknown`.
 */
export class KeeperError extends ZooKeeperError {
  override readonly name = "KeeperError";
  /** ZooKeeper's name of the code (`NONODE`, `BADVERSION`, …), or `CODE-<n>` for one we do not know. */
  readonly code: ErrorName | `CODE${number}`;
  /** The number on the wire, see `ErrorCode`. */
  readonly codeNumber: number;
  /** The path that the call was about, as the caller wrote it; undefined for calls without one. */
  readonly path: string | undefined;
  /** Name of the operation: `create2`, `getData`, … */
  readonly op: string;
  /** zxid of the reply; -1 or 0 where the server sends none. */
  readonly zxid: Zxid;
  /** For a multi: which operation failed, counted from 0. */
  readonly index: number | undefined;

  constructor(fields: {
    readonly code: ErrorName | `CODE${number}`;
    readonly codeNumber: number;
    readonly path: string | undefined;
    readonly op: string;
    readonly zxid: Zxid;
    readonly index?: number;
    /** Instead of the usual hint. */
    readonly hint?: string | undefined;
    /** Default: not-applied. */
    readonly outcome?: Outcome | undefined;
  }) {
    const { code, codeNumber, path, op, zxid, index } = fields;
    const where = path === undefined ? "" : ` ${path}`;
    const place = index === undefined ? "" : ` (operation ${index} of the multi)`;
    const text = fields.hint ?? HINTS[code];
    const hint = text === undefined ? "" : `: ${text}`;
    super(`${code} (${codeNumber}) from ${op}${where}${place}${hint}`, {
      retryable: RETRYABLE_CODES.has(code),
      outcome: fields.outcome ?? "not-applied",
    });
    this.code = code;
    this.codeNumber = codeNumber;
    this.path = path;
    this.op = op;
    this.zxid = zxid;
    this.index = index;
  }
}

/**
 * What went wrong with the connection: the name does not resolve; nobody listens; nobody answers in time; TLS failed;
 * the other side does not speak ZooKeeper's protocol; the connection was there and broke; the other side closed before
 * it answered the handshake.
 */
export type ConnectionFailure =
  | "unresolved"
  | "refused"
  | "unreachable"
  | "timeout"
  | "tls"
  | "protocol"
  | "lost"
  | "rejected";

/** No connection, or not any more. Calls that were not sent yet wait and do not get this. */
export class ConnectionError extends ZooKeeperError {
  override readonly name = "ConnectionError";
  /** What went wrong. */
  readonly kind: ConnectionFailure;
  /** `host:port` that it happened with. */
  readonly server: string | undefined;

  constructor(
    kind: ConnectionFailure,
    message: string,
    fields: {
      readonly server?: string | undefined;
      readonly outcome?: Outcome;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { retryable: true, outcome: fields.outcome ?? "not-applied", cause: fields.cause });
    this.kind = kind;
    this.server = fields.server;
  }
}

/** The session is over: its ephemeral znodes are gone. Calls that waited for a connection end with this. */
export class SessionExpiredError extends ZooKeeperError {
  override readonly name = "SessionExpiredError";

  constructor(message: string, outcome: Outcome = "not-applied") {
    super(message, { retryable: false, outcome });
  }
}

/** The client was closed. */
export class ClosedError extends ZooKeeperError {
  override readonly name = "ClosedError";

  constructor(message: string, outcome: Outcome = "not-applied") {
    super(message, { retryable: false, outcome });
  }
}

/** The call's deadline passed before its answer came. */
export class DeadlineError extends ZooKeeperError {
  override readonly name = "DeadlineError";

  constructor(message: string, outcome: Outcome, cause?: unknown) {
    super(message, { retryable: true, outcome, cause });
  }
}

/** The call's AbortSignal fired; `cause` is the signal's reason. */
export class AbortedError extends ZooKeeperError {
  override readonly name = "AbortedError";

  constructor(message: string, outcome: Outcome, cause?: unknown) {
    super(message, { retryable: false, outcome, cause });
  }
}

/** The server refused our credentials; the client does not try again. */
export class AuthFailedError extends ZooKeeperError {
  override readonly name = "AuthFailedError";

  constructor(message: string, outcome: Outcome = "not-applied") {
    super(message, { retryable: false, outcome });
  }
}
