import type { ErrorCode } from "../../protocol/error-code.ts";
import type { JuteReader } from "../../protocol/jute-reader.ts";
import type { JuteWriter } from "../../protocol/jute-writer.ts";
import type { ReconfigRequest } from "../../protocol/records/proto.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import type { TxnBody } from "../../protocol/txn.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { AclAuthority } from "../auth/acl.ts";
import type { AuthId, AuthPeer } from "../auth/auth-scheme.ts";
import type { ConnectionId } from "../connection-id.ts";
import type { OutstandingChanges } from "../pipeline/outstanding-changes.ts";
import type { ServerCounterName } from "../pipeline/server-stats.ts";
import type { TxnBudget } from "../pipeline/txn-budget.ts";
import type { DataTree } from "../tree/data-tree.ts";
import type { NodeRef, TxnResult } from "../tree/tree-types.ts";
import type { WatchManager } from "../watch/watch-manager.ts";
import type { WatchEventType } from "../watch/watch-types.ts";

/** What every operation says of itself. */
interface OperationBase {
  /** Its opcode. */
  readonly type: number;
  /** The metric that counts it. */
  readonly counter: ServerCounterName | undefined;
}

/**
 * Answered from the applied tree when its turn in the session's order comes, without a txn. `read` decodes the record,
 * checks, and only when nothing can fail any more writes the body of the reply and sets watches.
 */
export interface ReadOperation extends OperationBase {
  readonly kind: "read";
  /** @throws JuteError when the record cannot be decoded: answered with MARSHALLINGERROR */
  read(context: ReadContext, reader: JuteReader): ErrorCode;
}

/** Becomes a txn, also when it fails. */
export interface WriteOperation extends OperationBase {
  readonly kind: "write";
  /**
   * Decodes the record and checks it against the tree and everything outstanding, in the order of client-protocol 4.3.
   * Returns the body of the txn and has recorded its changes, or returns the code of the refusal and has changed nothing.
   * @throws JuteError when the record cannot be decoded
   */
  prepare(context: PrepareContext, reader: JuteReader): TxnBody | ErrorCode;
  /** Writes the body of the reply to `txn`, which was applied without error. `request` is the client's record. */
  respond(result: TxnResult, body: JuteWriter, txn: TxnBody, request: Uint8Array): void;
}

/** Concerns the connection only: handled at arrival, past all queues. */
export interface ConnectionOperation extends OperationBase {
  readonly kind: "connection";
  /** @throws JuteError when the record cannot be decoded: the connection is closed */
  handle(context: ConnectionContext, reader: JuteReader): ConnectionOutcome;
}

export type QueuedOperation = ReadOperation | WriteOperation;
export type Operation = QueuedOperation | ConnectionOperation;

/** What a read may see and do. */
export interface ReadContext {
  readonly tree: DataTree;
  readonly watches: WatchManager;
  readonly authority: AclAuthority;
  readonly connection: ConnectionId;
  readonly session: SessionId;
  /** Identities at the arrival of the request. */
  readonly ids: readonly AuthId[];
  /** Where the body of the reply goes. */
  readonly body: JuteWriter;
  /** Whether the client has one of `perms` on the znode. */
  allows(node: NodeRef, perms: number): boolean;
  /** For the metric `read_per_namespace`. */
  countRead(path: string, bytes: number): void;
  /**
   * Puts watch events in front of the reply: nothing may have been written to {@link body} before, and {@link body} must be
   * asked for again afterwards.
   */
  notifyFirst(events: Iterable<PendingWatchEvent>): void;
}

export interface PendingWatchEvent {
  readonly type: WatchEventType;
  readonly path: string;
}

/** Decides what a reconfig makes of the ensemble (quorum-protocol 5.3). */
export interface ReconfigDesk {
  /** The text of the new configuration, whose version is `zxid`, or why there is none. Nothing has happened yet. */
  decide(request: ReconfigRequest, zxid: Zxid): string | ErrorCode;
  /** The text that {@link decide} gave last is being proposed. */
  propose(): void;
}

/** What preparing a write may see. Time and zxid are stamped before. */
export interface PrepareContext {
  readonly tree: DataTree;
  readonly changes: OutstandingChanges;
  readonly authority: AclAuthority;
  readonly session: SessionId;
  readonly ids: readonly AuthId[];
  readonly zxid: Zxid;
  readonly timeMs: number;
  readonly isExtendedTypesEnabled: boolean;
  readonly isReconfigEnabled: boolean;
  readonly listsEphemeralsInCloseSession: boolean;
  /** How large the txn may become. */
  readonly budget: TxnBudget;
  /** Who decides about reconfigs; undefined on a standalone server, which has no members to change. */
  readonly reconfigDesk: ReconfigDesk | undefined;
  /** Whether the session may write (client-protocol 7.3). */
  checkSession(): ErrorCode;
  /** The same for what needs a global session. */
  checkGlobalSession(): ErrorCode;
  /** From now on the session can do nothing any more. */
  startClosingSession(): void;
  /** Whether a hard quota forbids `countDelta` more znodes and `bytesDelta` more bytes at `path`. */
  exceedsQuota(path: string, countDelta: number, bytesDelta: number): boolean;
}

/** What an operation on the connection may see. */
export interface ConnectionContext {
  readonly authority: AclAuthority;
  readonly peer: AuthPeer;
  /** Identities that the connection has already. */
  readonly ids: readonly AuthId[];
}

/**
 * What happens to the connection: an answer with `err` and perhaps a body, more identities, or nothing but a close.
 */
export type ConnectionOutcome =
  | {
      readonly kind: "answer";
      readonly err: ErrorCode;
      /** Scheme that was used, for the log. */
      readonly scheme: string;
      /** New identities; empty for a failure. */
      readonly ids: readonly AuthId[];
      /** Follows the header: a SASL token, which is null; undefined = no body. */
      readonly token: null | undefined;
      /** Why it failed; undefined when it did not. */
      readonly failure: string | undefined;
    }
  | { readonly kind: "close"; readonly scheme: string; readonly reason: string };
