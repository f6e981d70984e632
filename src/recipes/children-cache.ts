import type { Client } from "../client/index.ts";
import type { WaitOptions } from "./patience.ts";
import { type CachedNode, type CacheEvent, TreeCache } from "./tree-cache.ts";
import { childPath } from "./znode-path.ts";

/** The children of a znode with their data in memory, kept up to date. Layout: none. See {@link TreeCache}. */
export class ChildrenCache implements AsyncDisposable {
  readonly path: string;
  readonly #cache: TreeCache;

  constructor(client: Client, path: string) {
    this.path = path;
    this.#cache = new TreeCache(client, path, { depth: 1 });
  }

  async start(options: WaitOptions = {}): Promise<this> {
    await this.#cache.start(options);
    return this;
  }

  /** Names, sorted. */
  names(): string[] {
    return this.#cache.children();
  }

  get(name: string): CachedNode | undefined {
    return this.#cache.get(childPath(this.path, name));
  }

  /** All children, by name. */
  nodes(): CachedNode[] {
    return this.names().map((name) => this.get(name)!);
  }

  /** Events of the children, and repairs; not those of the parent. */
  on(listener: (event: CacheEvent) => void): () => void {
    return this.#cache.on((event) => {
      const node = "node" in event ? event.node : "before" in event ? event.before : undefined;
      if (node?.path !== this.path) listener(event);
    });
  }

  settled(): Promise<void> {
    return this.#cache.settled();
  }

  close(): Promise<void> {
    return this.#cache.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
