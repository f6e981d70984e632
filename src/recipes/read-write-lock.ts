import type { Client } from "../client/index.ts";
import { Contention, type ContentionRules, type Layout, nextLower } from "./contention.ts";
import { Hold } from "./hold.ts";
import type { LockOptions } from "./lock.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { baseName } from "./znode-path.ts";

const MARKERS = {
  curator: { read: "__READ__", write: "__WRIT__" },
  kazoo: { read: "__rlock__", write: "__lock__" },
} as const;

const READER = /(?:__READ__|__rlock__)-?\d{10}$/;
const WRITER = /(?:__WRIT__|__lock__)-?\d{10}$/;

/**
 * Many readers or one writer, in the order of asking: a reader behind a waiting writer waits.
 *
 * Layout: `<path>/_c_<uuid>-__READ__<seq>` and `…-__WRIT__<seq>` (Curator's InterProcessReadWriteLock) or
 * `<path>/<32 hex>__rlock__<seq>` and `…__lock__<seq>` (kazoo's ReadLock and WriteLock), ephemeral sequential. A writer
 * watches the next lower of all, a reader the next lower writer.
 */
export class ReadWriteLock {
  /** The znode below which it lives. */
  readonly path: string;
  readonly #client: Client;
  readonly #options: LockOptions;
  /** Znodes of write locks that a reader of this process may pass. */
  readonly #downgraded = new Set<string>();

  constructor(client: Client, path: string, options: LockOptions = {}) {
    this.path = path;
    this.#client = client;
    this.#options = options;
  }

  /** Resolves when no writer is in front. */
  async acquireRead(options: WaitOptions = {}): Promise<Hold> {
    return this.#acquire("read", (own, sorted) => this.#lowerWriter(own, sorted), options);
  }

  /** Resolves when nobody else is in front. */
  async acquireWrite(options: WaitOptions = {}): Promise<Hold> {
    return this.#acquire("write", nextLower, options);
  }

  /** The read lock for whoever holds the write lock: it has both then, and releasing `write` leaves it a reader. */
  async downgrade(write: Hold, options: WaitOptions = {}): Promise<Hold> {
    write.signal.throwIfAborted();
    const name = baseName(write.path);
    this.#downgraded.add(name);
    try {
      return await this.acquireRead(options);
    } finally {
      this.#downgraded.delete(name);
    }
  }

  #lowerWriter(own: string, sorted: readonly string[]): string | undefined {
    const lower = sorted.slice(0, sorted.indexOf(own));
    return lower.findLast((name) => WRITER.test(name) && !this.#downgraded.has(name));
  }

  async #acquire(
    kind: "read" | "write",
    blockerOf: ContentionRules["blockerOf"],
    options: WaitOptions,
  ): Promise<Hold> {
    const layout: Layout = this.#options.layout ?? "curator";
    const isContender = (name: string): boolean => READER.test(name) || WRITER.test(name);
    const rules = { layout, marker: MARKERS[layout][kind], blockerOf, isContender };
    const contention = new Contention(this.#client, this.path, rules, this.#options.data ?? "");
    const place = await contention.acquire(new Patience(`the ${kind} lock ${this.path}`, options));
    return new Hold(this.#client, place, this.#options);
  }
}
