import type { Zxid } from "../../protocol/zxid.ts";
import type { ConnectionId } from "../connection-id.ts";
import type { DataTree } from "../tree/data-tree.ts";
import type { WatchManager } from "./watch-manager.ts";
import { WatchEventType } from "./watch-types.ts";

/** The paths of setWatches (persistent lists empty) and setWatches2. */
export interface WatchPaths {
  readonly data: readonly string[];
  readonly exist: readonly string[];
  readonly child: readonly string[];
  readonly persistent: readonly string[];
  readonly persistentRecursive: readonly string[];
}

/**
 * Registers again what a client watched before it reconnected (client-protocol 5.8). What happened after
 * `relativeZxid`, the last zxid the client had seen, is told at once through `emit`, without a READ check, in the order
 * data, exist, child; the notification's zxid is -1. Persistent watches never produce an event here.
 */
export function setWatches(
  tree: DataTree,
  watches: WatchManager,
  connection: ConnectionId,
  relativeZxid: Zxid,
  paths: WatchPaths,
  emit: (type: WatchEventType, path: string) => void,
): void {
  for (const path of paths.data) {
    const node = tree.lookup(path);
    if (node < 0) emit(WatchEventType.NodeDeleted, path);
    else if (tree.mzxid(node) > relativeZxid) emit(WatchEventType.NodeDataChanged, path);
    else watches.addDataWatch(connection, path);
  }
  for (const path of paths.exist) {
    if (tree.lookup(path) >= 0) emit(WatchEventType.NodeCreated, path);
    else watches.addDataWatch(connection, path);
  }
  for (const path of paths.child) {
    const node = tree.lookup(path);
    if (node < 0) emit(WatchEventType.NodeDeleted, path);
    else if (tree.pzxid(node) > relativeZxid) emit(WatchEventType.NodeChildrenChanged, path);
    else watches.addChildWatch(connection, path);
  }
  for (const path of paths.persistent) watches.addPersistent(connection, path);
  for (const path of paths.persistentRecursive) watches.addRecursive(connection, path);
}
