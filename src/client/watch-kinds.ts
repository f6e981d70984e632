import { WatcherType } from "./machine/watch-desk.ts";
import type { WatchTable } from "./machine/watch-registry.ts";
import type { WatchKind } from "./types.ts";

/** Which local tables a kind of watch means, and its number on the wire (client-protocol 5.7). */
export const WATCH_KINDS: Readonly<
  Record<WatchKind, { readonly type: number; readonly tables: readonly WatchTable[] }>
> = {
  children: { type: WatcherType.children, tables: ["child"] },
  data: { type: WatcherType.data, tables: ["data", "exist"] },
  any: { type: WatcherType.any, tables: ["data", "exist", "child", "persistent", "recursive"] },
  persistent: { type: WatcherType.persistent, tables: ["persistent"] },
  "persistent-recursive": { type: WatcherType.recursive, tables: ["recursive"] },
};
