import { ErrorCode } from "../../protocol/error-code.ts";
import { JuteError, JuteReader } from "../../protocol/jute-reader.ts";
import type { JuteWriter } from "../../protocol/jute-writer.ts";
import { OpCode, Xid } from "../../protocol/opcode.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import { type AclAuthority, OPEN_ACL_ID } from "../auth/acl.ts";
import type { AuthId } from "../auth/auth-scheme.ts";
import type { ConnectionId } from "../connection-id.ts";
import type { PendingWatchEvent, ReadContext, ReadOperation } from "../operations/operation.ts";
import type { DataTree } from "../tree/data-tree.ts";
import type { Database } from "../tree/database.ts";
import type { NodeRef } from "../tree/tree-types.ts";
import type { WatchManager } from "../watch/watch-manager.ts";
import { type Connection, REQUEST_HEADER_BYTES, type Request } from "./connection.ts";
import type { Notifications } from "./notifications.ts";
import type { Replies } from "./replies.ts";
import type { ServerStats } from "./server-stats.ts";

/**
 * Runs reads against the applied tree and answers them. One object is the context of every read in turn, and frames are
 * decoded by one reader: a read allocates nothing but what it decodes.
 */
export class Reads implements ReadContext {
  readonly tree: DataTree;
  readonly watches: WatchManager;
  readonly authority: AclAuthority;
  readonly #database: Database;
  readonly #notifications: Notifications;
  readonly #replies: Replies;
  readonly #stats: ServerStats;
  readonly #reader: JuteReader;
  #request!: Request;
  #connection!: Connection;
  #body!: JuteWriter;
  #xid = 0;

  constructor(
    database: Database,
    authority: AclAuthority,
    notifications: Notifications,
    replies: Replies,
    stats: ServerStats,
    fieldBytesMax: number,
  ) {
    this.tree = database.tree;
    this.watches = notifications.watches;
    this.authority = authority;
    this.#database = database;
    this.#notifications = notifications;
    this.#replies = replies;
    this.#stats = stats;
    this.#reader = new JuteReader(new Uint8Array(0), fieldBytesMax);
  }

  get connection(): ConnectionId {
    return this.#connection.id;
  }

  get session(): SessionId {
    return this.#connection.sessionId;
  }

  get ids(): readonly AuthId[] {
    return this.#request.ids;
  }

  get body(): JuteWriter {
    return this.#body;
  }

  allows(node: NodeRef, perms: number): boolean {
    if (this.tree.aclId(node) === OPEN_ACL_ID) return true;
    return this.authority.allows(this.tree.acl(node), perms, this.#request.ids);
  }

  countRead(path: string, bytes: number): void {
    this.#stats.readPerNamespace.add(path, bytes);
  }

  notifyFirst(events: Iterable<PendingWatchEvent>): void {
    this.#replies.withdraw(this.#connection);
    for (const event of events) this.#notifications.sendMissed(this.#connection, event.type, event.path);
    this.#body = this.#replies.begin(this.#connection, this.#xid, this.#database.lastProcessedZxid);
  }

  /** Answers `request` on `connection`, which is open. */
  run(request: Request, connection: Connection, operation: ReadOperation): void {
    this.#request = request;
    this.#connection = connection;
    this.#xid = operation.type === OpCode.ping ? Xid.ping : request.xid;
    this.#body = this.#replies.begin(connection, this.#xid, this.#database.lastProcessedZxid);
    let err: ErrorCode;
    try {
      this.#reader.reset(request.frame);
      this.#reader.position = REQUEST_HEADER_BYTES;
      err = operation.read(this, this.#reader);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.#replies.withdrawBody(connection);
      err = ErrorCode.MARSHALLINGERROR;
    }
    this.#replies.end(connection, err);
  }
}
