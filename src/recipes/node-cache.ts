import type { Client } from "../client/index.ts";
import type { WaitOptions } from "./patience.ts";
import { type CachedNode, type CacheEvent, TreeCache } from "./tree-cache.ts";

/** One znode in memory, kept up to date, whether it exists or not. Layout: none. See {@link TreeCache}. */
export class NodeCache implements AsyncDisposable {
  readonly path: string;
  readonly #cache: TreeCache;

  constructor(client: Client, path: string) {
    this.path = path;
    this.#cache = new TreeCache(client, path, { depth: 0 });
  }

  async start(options: WaitOptions = {}): Promise<this> {
    await this.#cache.start(options);
    return this;
  }

  /** The znode; undefined while there is none. */
  get current(): CachedNode | undefined {
    return this.#cache.get();
  }

  on(listener: (event: CacheEvent) => void): () => void {
    return this.#cache.on(listener);
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
