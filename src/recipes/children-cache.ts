import type { Client } from "../client/index.ts";
import { CacheView } from "./cache-view.ts";
import type { CachedNode, CacheEvent } from "./tree-cache.ts";
import { childPath } from "./znode-path.ts";

/** The children of a znode with their data in memory, kept up to date. Layout: none. See {@link TreeCache}. */
export class ChildrenCache extends CacheView {
  constructor(client: Client, path: string) {
    super(client, path, 1);
  }

  /** Names, sorted. */
  names(): string[] {
    return this.cache.children();
  }

  /** A child by its name; undefined when there is none. */
  get(name: string): CachedNode | undefined {
    return this.cache.get(childPath(this.path, name));
  }

  /** All children, by name. */
  nodes(): CachedNode[] {
    return this.names().map((name) => this.get(name)!);
  }

  /** Events of the children, and repairs; not those of the parent. */
  override on(listener: (event: CacheEvent) => void): () => void {
    return super.on((event) => {
      const node = "node" in event ? event.node : "before" in event ? event.before : undefined;
      if (node?.path !== this.path) listener(event);
    });
  }
}
