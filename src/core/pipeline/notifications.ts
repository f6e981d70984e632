import { JuteWriter } from "../../protocol/jute-writer.ts";
import { ZXID_NONE, type Zxid } from "../../protocol/zxid.ts";
import { type AclAuthority, OPEN_ACL_ID } from "../auth/acl.ts";
import { Perms } from "../auth/perms.ts";
import type { ConnectionId } from "../connection-id.ts";
import type { DataTree } from "../tree/data-tree.ts";
import type { ChangeSink } from "../tree/tree-types.ts";
import { WatchManager } from "../watch/watch-manager.ts";
import type { WatchEventType } from "../watch/watch-types.ts";
import type { Connection } from "./connection.ts";
import { type Replies, writeNotification } from "./replies.ts";
import type { ServerStats } from "./server-stats.ts";
import type { Summary } from "./summary.ts";

/**
 * Turns changes of the tree into notifications: the watch manager says who watches, the ACL who may know, and the frame is
 * encoded once however many get it.
 */
export class Notifications implements ChangeSink {
  readonly watches: WatchManager;
  readonly #tree: DataTree;
  readonly #authority: AclAuthority;
  readonly #connections: ReadonlyMap<ConnectionId, Connection>;
  readonly #replies: Replies;
  readonly #stats: ServerStats;
  readonly #frame = new JuteWriter(256);
  #zxid: Zxid = ZXID_NONE;
  #encodedType = 0;
  #encodedPath = "";
  #fired = 0;

  constructor(
    tree: DataTree,
    authority: AclAuthority,
    connections: ReadonlyMap<ConnectionId, Connection>,
    replies: Replies,
    stats: ServerStats,
  ) {
    this.#tree = tree;
    this.#authority = authority;
    this.#connections = connections;
    this.#replies = replies;
    this.#stats = stats;
    this.watches = new WatchManager((connection, type, path, aclId) => {
      this.#deliver(connection, type, path, aclId);
    });
  }

  /** The following changes belong to the txn `zxid`: their notifications carry it (since 3.9). */
  startTxn(zxid: Zxid): void {
    this.#zxid = zxid;
    this.#encodedType = 0;
  }

  created(path: string, aclId: number): void {
    this.watches.created(path, aclId);
    if (this.#fired > 0) this.#countFired(this.#stats.summaries.node_created_watch_count);
  }

  deleted(path: string, aclId: number): void {
    this.watches.deleted(path, aclId);
    if (this.#fired > 0) this.#countFired(this.#stats.summaries.node_deleted_watch_count);
  }

  dataChanged(path: string, aclId: number): void {
    this.watches.dataChanged(path, aclId);
    if (this.#fired > 0) this.#countFired(this.#stats.summaries.node_changed_watch_count);
  }

  childrenChanged(parentPath: string, parentAclId: number): void {
    this.watches.childrenChanged(parentPath, parentAclId);
    if (this.#fired > 0) this.#countFired(this.#stats.summaries.node_children_watch_count);
  }

  /** An event of setWatches: for one connection, without a check of READ and without a zxid. */
  sendMissed(connection: Connection, type: WatchEventType, path: string): void {
    this.#encode(type, path, ZXID_NONE);
    this.#encodedType = 0;
    this.#replies.notify(connection, this.#frame.bytes());
  }

  #countFired(summary: Summary): void {
    summary.add(this.#fired);
    this.#fired = 0;
  }

  #deliver(id: ConnectionId, type: WatchEventType, path: string, aclId: number): void {
    this.#fired++;
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    if (aclId !== OPEN_ACL_ID) {
      const acl = this.#tree.aclById(aclId);
      if (!this.#authority.allows(acl, Perms.READ, connection.ids)) return;
    }
    if (type !== this.#encodedType || path !== this.#encodedPath) {
      this.#encode(type, path, this.#zxid);
      this.#encodedType = type;
      this.#encodedPath = path;
    }
    this.#replies.notify(connection, this.#frame.bytes());
  }

  #encode(type: WatchEventType, path: string, zxid: Zxid): void {
    this.#frame.reset();
    writeNotification(this.#frame, type, path, zxid);
  }
}
