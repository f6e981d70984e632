import type { Client } from "../client/index.ts";
import type { WaitOptions } from "./patience.ts";
import { type CacheEvent, TreeCache } from "./tree-cache.ts";

/** A part of a tree, seen through a {@link TreeCache} of that depth: what the node cache and the children cache have in common. */
export abstract class CacheView implements AsyncDisposable {
  /** What is cached. */
  readonly path: string;
  /** @internal */
  protected readonly cache: TreeCache;

  /** @internal */
  constructor(client: Client, path: string, depth: number) {
    this.path = path;
    this.cache = new TreeCache(client, path, { depth });
  }

  /** Resolves when everything is read for the first time; once only. */
  async start(options: WaitOptions = {}): Promise<this> {
    await this.cache.start(options);
    return this;
  }

  /** Calls `listener` with each change and repair; the returned function ends that. */
  on(listener: (event: CacheEvent) => void): () => void {
    return this.cache.on(listener);
  }

  /** Resolves when all that was heard until now is in the cache. */
  settled(): Promise<void> {
    return this.cache.settled();
  }

  /** Ends the watch; what is cached stays as it is. */
  close(): Promise<void> {
    return this.cache.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
