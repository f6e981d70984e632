import type { ChangeSink } from "../tree/tree-types.ts";
import type { ConnectionId, DeliverWatchEvent, WatcherType } from "./watch-types.ts";

/** The public face; the body follows in the next commit. Give it to `Database.applyTxn` as the sink. */
export declare class WatchManager implements ChangeSink {
  constructor(deliver: DeliverWatchEvent);
  addDataWatch(connection: ConnectionId, path: string): void;
  addChildWatch(connection: ConnectionId, path: string): void;
  addPersistent(connection: ConnectionId, path: string): void;
  addRecursive(connection: ConnectionId, path: string): void;
  created(path: string, aclId: number): void;
  deleted(path: string, aclId: number): void;
  dataChanged(path: string, aclId: number): void;
  childrenChanged(parentPath: string, parentAclId: number): void;
  contains(connection: ConnectionId, path: string, type: WatcherType): boolean;
  /** False when there was no such watch. */
  remove(connection: ConnectionId, path: string, type: WatcherType): boolean;
  removeConnection(connection: ConnectionId): void;
  /** Watches in both tables: mntr's zk_watch_count. */
  get watchCount(): number;
  /** wchs: of the data table, as Apache. */
  summary(): { readonly connections: number; readonly paths: number; readonly watches: number };
  /** wchc: of the data table, as Apache. */
  byConnection(): Iterable<readonly [ConnectionId, readonly string[]]>;
  /** wchp: of the data table, as Apache. */
  byPath(): Iterable<readonly [string, readonly ConnectionId[]]>;
}
