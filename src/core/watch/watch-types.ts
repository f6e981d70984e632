import type { ConnectionId } from "../connection-id.ts";

/** Event types that a server sends (client-protocol 5.3). */
export const WatchEventType = {
  NodeCreated: 1,
  NodeDeleted: 2,
  NodeDataChanged: 3,
  NodeChildrenChanged: 4,
} as const;
export type WatchEventType = (typeof WatchEventType)[keyof typeof WatchEventType];

/** The only KeeperState on the wire in a notification. */
export const KEEPER_STATE_SYNC_CONNECTED = 3;

/** Type numbers of checkWatches and removeWatches (client-protocol 5.7); others are refused with MARSHALLINGERROR. */
export const WatcherType = { children: 1, data: 2, any: 3, persistent: 4, persistentRecursive: 5 } as const;
export type WatcherType = (typeof WatcherType)[keyof typeof WatcherType];

export function isWatcherType(type: number): type is WatcherType {
  return type >= WatcherType.children && type <= WatcherType.persistentRecursive && Number.isInteger(type);
}

/** Modes of addWatch (client-protocol 3.2); others are refused with MARSHALLINGERROR. */
export const AddWatchMode = { persistent: 0, persistentRecursive: 1 } as const;

/**
 * Takes one watch event for one connection. `aclId` is the ACL whose READ decides whether it is sent
 * (client-protocol 5.6). For one trigger it is called once per connection in a row, with the same type and path: encode
 * once. It must not change the watches.
 */
export type DeliverWatchEvent = (
  connection: ConnectionId,
  type: WatchEventType,
  path: string,
  aclId: number,
) => void;
