import type { Client } from "../client/index.ts";
import { CacheView } from "./cache-view.ts";
import type { CachedNode } from "./tree-cache.ts";

/** One znode in memory, kept up to date, whether it exists or not. Layout: none. See {@link TreeCache}. */
export class NodeCache extends CacheView {
  constructor(client: Client, path: string) {
    super(client, path, 0);
  }

  /** The znode; undefined while there is none. */
  get current(): CachedNode | undefined {
    return this.cache.get();
  }
}
