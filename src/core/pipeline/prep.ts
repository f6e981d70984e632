import { invariant } from "../../base/invariant.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { JuteError, JuteReader } from "../../protocol/jute-reader.ts";
import { JuteWriter } from "../../protocol/jute-writer.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import { type LoggedTxn, type TxnBody, writeTxn } from "../../protocol/txn.ts";
import { nextZxid, type Zxid } from "../../protocol/zxid.ts";
import type { AclAuthority } from "../auth/acl.ts";
import type { AuthId } from "../auth/auth-scheme.ts";
import type { PrepareContext, ReconfigDesk, WriteOperation } from "../operations/operation.ts";
import type { LogEntry } from "../ready.ts";
import type { SessionTracker } from "../session/session-tracker.ts";
import type { DataTree } from "../tree/data-tree.ts";
import type { Database } from "../tree/database.ts";
import { DIGEST_VERSION } from "../tree/digest.ts";
import { REQUEST_HEADER_BYTES, type Request } from "./connection.ts";
import { OutstandingChanges } from "./outstanding-changes.ts";
import type { ServerOptions } from "./server-options.ts";
import { namespaceOf, type ServerStats } from "./server-stats.ts";
import type { Turn } from "./turn.ts";
import { TxnBudget } from "./txn-budget.ts";

/** A prepared txn on its way to being committed. */
export interface Proposal {
  readonly request: Request;
  readonly txn: LoggedTxn;
  readonly entry: LogEntry;
  /** How many outstanding changes it has recorded. */
  readonly changeCount: number;
}

/** Bytes that a log entry has beyond its request: header, digest, and what a txn adds to its record. */
const ENTRY_BYTES_EXTRA = 128;

/**
 * Makes txns of write requests, in order of arrival (quorum-protocol 4.3). Here, and nowhere else, zxid and time are stamped.
 * A refusal becomes an error txn, so that it keeps its place in the order.
 */
export class Prep implements PrepareContext {
  readonly tree: DataTree;
  readonly changes: OutstandingChanges;
  readonly authority: AclAuthority;
  readonly isExtendedTypesEnabled: boolean;
  readonly isReconfigEnabled: boolean;
  readonly listsEphemeralsInCloseSession: boolean;
  readonly budget: TxnBudget;
  readonly reconfigDesk: ReconfigDesk | undefined;
  readonly #database: Database;
  readonly #sessions: SessionTracker;
  readonly #stats: ServerStats;
  readonly #turn: Turn;
  readonly #digestEnabled: boolean;
  readonly #enforcesQuota: boolean;
  readonly #hasLocalSessions: boolean;
  readonly #serverId: number;
  readonly #reader: JuteReader;
  #request!: Request;
  #zxid: Zxid;
  #quotaPath: string | undefined;

  constructor(
    options: ServerOptions,
    database: Database,
    authority: AclAuthority,
    sessions: SessionTracker,
    stats: ServerStats,
    turn: Turn,
    lastZxid: Zxid,
    reconfigDesk: ReconfigDesk | undefined,
  ) {
    this.tree = database.tree;
    this.changes = new OutstandingChanges(database.tree, options.digestEnabled);
    this.authority = authority;
    this.isExtendedTypesEnabled = options.extendedTypesEnabled;
    this.isReconfigEnabled = options.reconfigEnabled;
    this.listsEphemeralsInCloseSession = options.closeSessionTxnEnabled;
    this.budget = new TxnBudget(options.fieldBytesMax);
    this.#database = database;
    this.#sessions = sessions;
    this.#stats = stats;
    this.#turn = turn;
    this.#digestEnabled = options.digestEnabled;
    this.#enforcesQuota = options.enforceQuota;
    this.#hasLocalSessions = options.localSessionsEnabled;
    this.#serverId = options.serverId;
    this.#reader = new JuteReader(new Uint8Array(0), options.fieldBytesMax);
    this.#zxid = lastZxid;
    this.reconfigDesk = reconfigDesk;
  }

  /** A new epoch begins: the next txn is its first. Nothing may be outstanding. */
  startEpoch(zxid: Zxid): void {
    invariant(this.changes.length === 0 && zxid > this.#zxid, `epoch ${zxid} begins behind ${this.#zxid}`);
    this.#zxid = zxid;
  }

  get zxid(): Zxid {
    return this.#zxid;
  }

  get timeMs(): number {
    return this.#turn.wallMs;
  }

  get session(): SessionId {
    return this.#request.sessionId;
  }

  get ids(): readonly AuthId[] {
    return this.#request.ids;
  }

  /** The path whose hard quota refused the last prepared request, if one did. */
  get refusedByQuota(): string | undefined {
    return this.#quotaPath;
  }

  /** `request` must be kept memory: the txn's buffers are views into its frame. */
  prepare(request: Request, operation: WriteOperation): Proposal {
    this.#request = request;
    this.#quotaPath = undefined;
    this.budget.start(request.frame.length);
    this.#zxid = nextZxid(this.#zxid);
    const changesBefore = this.changes.length;
    const body = this.#body(request, operation);
    const header = {
      clientId: request.sessionId,
      cxid: request.xid,
      zxid: this.#zxid,
      time: this.#turn.wallMs,
      type: body.type,
    };
    const isDigested = this.#digestEnabled && body.type !== OpCode.error;
    const digest = isDigested ? { version: DIGEST_VERSION, treeDigest: this.changes.treeDigest } : undefined;
    const txn: LoggedTxn = { header, body, digest };
    const writer = new JuteWriter(request.frame.length + ENTRY_BYTES_EXTRA);
    writeTxn(writer, header, body, digest);
    const changeCount = this.changes.length - changesBefore;
    this.#stats.counters.outstanding_changes_queued += changeCount;
    return { request, txn, entry: { zxid: this.#zxid, bytes: writer.bytes() }, changeCount };
  }

  #body(request: Request, operation: WriteOperation): TxnBody {
    let prepared: TxnBody | ErrorCode;
    try {
      this.#reader.reset(request.frame);
      this.#reader.position = REQUEST_HEADER_BYTES;
      prepared = operation.prepare(this, this.#reader);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      prepared = ErrorCode.MARSHALLINGERROR;
    }
    return typeof prepared === "number" ? { type: OpCode.error, err: prepared } : prepared;
  }

  checkSession(): ErrorCode {
    const { session, owner } = this.#request;
    if (session === null) return this.#isLocalElsewhere() ? ErrorCode.OK : ErrorCode.SESSIONEXPIRED;
    return this.#sessions.check(session.id, owner);
  }

  checkGlobalSession(): ErrorCode {
    const { session, owner } = this.#request;
    if (session === null) return ErrorCode.SESSIONEXPIRED;
    return this.#sessions.checkGlobal(session.id, owner);
  }

  /** Whether a learner may have the session for itself: it has checked it then (client-protocol 7.3). */
  #isLocalElsewhere(): boolean {
    return this.#hasLocalSessions && this.#request.sessionId.hi >>> 24 !== this.#serverId;
  }

  startClosingSession(): void {
    const { session } = this.#request;
    if (session !== null) this.#sessions.startClosing(session);
  }

  exceedsQuota(path: string, countDelta: number, bytesDelta: number): boolean {
    if (!this.#enforcesQuota || !this.#database.quota.wouldExceed(path, countDelta, bytesDelta)) return false;
    this.#quotaPath = path;
    const counts = this.#stats.quotaExceededPerNamespace;
    const namespace = namespaceOf(path);
    counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
    return true;
  }
}
