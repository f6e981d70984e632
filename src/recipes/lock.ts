import type { Client, Data } from "../client/index.ts";
import { Contention, type ContentionRules, type Layout, nextLower } from "./contention.ts";
import { Hold, type HoldOptions } from "./hold.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { isCode, persist } from "./persist.ts";
import { childPath, textOf } from "./znode-path.ts";

/** Whom the lock is shared with, and what a suspended connection means. */
export interface LockOptions extends HoldOptions {
  /** "curator" (default): shared with Curator's InterProcessMutex. "kazoo": shared with kazoo's Lock. */
  readonly layout?: Layout | undefined;
  /** Data of the lock's znode: who holds it, for people to read. Default: empty. */
  readonly data?: Data | undefined;
}

/** How long to wait, and for whom. */
export interface AcquireOptions extends WaitOptions {
  /** Whoever acquires again with the same owner (any value) while it holds the lock gets it at once. Default: nobody. */
  readonly owner?: unknown;
}

const CONTENDER = /(?:__lock__|lock-)-?\d{10}$/;

/** A queue for one holder at a time. @internal */
export function exclusiveRules(layout: Layout): ContentionRules {
  return {
    layout,
    marker: layout === "curator" ? "lock-" : "__lock__",
    blockerOf: nextLower,
    isContender: (name) => CONTENDER.test(name),
  };
}

/**
 * Mutual exclusion, in the order of asking. Two tasks of one process exclude each other as two processes do, unless they
 * name the same `owner`.
 *
 * Layout: `<path>/_c_<uuid>-lock-<seq>` (Curator) or `<path>/<32 hex>__lock__<seq>` (kazoo), ephemeral sequential; the lowest
 * number holds, each other one watches the next lower. Both kinds of names are respected, whichever it writes.
 * A missing `<path>` becomes a container in Curator's layout and persistent in kazoo's: where kazoo (with
 * `extra_lock_patterns=["-lock-"]`) shares Curator's names, create it before.
 *
 * ```ts
 * await using hold = await new Lock(zk, "/locks/billing").acquire({ deadlineMs: 10_000 });
 * await work({ signal: hold.signal, token: hold.fencingToken });
 * ```
 */
export class Lock {
  /** The znode below which it lives. */
  readonly path: string;
  readonly #client: Client;
  readonly #contention: Contention;
  readonly #options: LockOptions;
  readonly #owned = new Map<unknown, Promise<Hold>>();

  constructor(client: Client, path: string, options: LockOptions = {}) {
    this.path = path;
    this.#client = client;
    this.#options = options;
    this.#contention = new Contention(
      client,
      path,
      exclusiveRules(options.layout ?? "curator"),
      options.data ?? "",
    );
  }

  /** Resolves when this process holds the lock. @throws DeadlineError, AbortedError, and what ends the client */
  async acquire(options: AcquireOptions = {}): Promise<Hold> {
    const patience = new Patience(`the lock ${this.path}`, options);
    if (options.owner === undefined) return this.#acquire(patience);
    return this.#reenter(options.owner, patience);
  }

  async #reenter(owner: unknown, patience: Patience): Promise<Hold> {
    for (;;) {
      const before = this.#owned.get(owner);
      if (before === undefined) break;
      const hold = await patience.until(before.catch(() => undefined));
      if (hold?.isHeld === true) return hold.reenter();
      if (this.#owned.get(owner) === before) this.#owned.delete(owner);
    }
    const pending = this.#acquire(patience);
    this.#owned.set(owner, pending);
    // Owners come and go, one per task perhaps: none is kept longer than its hold.
    const forget = (): void => {
      if (this.#owned.get(owner) === pending) this.#owned.delete(owner);
    };
    try {
      const hold = await pending;
      hold.onReleased = forget;
      return hold;
    } catch (error) {
      forget();
      throw error;
    }
  }

  async #acquire(patience: Patience): Promise<Hold> {
    return new Hold(this.#client, await this.#contention.acquire(patience), this.#options);
  }

  /** The lock if nobody holds it or waits for it, else undefined, without waiting. */
  async tryAcquire(options: WaitOptions = {}): Promise<Hold | undefined> {
    const place = await this.#contention.tryAcquire(new Patience(`the lock ${this.path}`, options));
    return place === undefined ? undefined : new Hold(this.#client, place, this.#options);
  }

  /** Acquires, works, releases. `work` gets the hold, whose signal it must obey. */
  async run<T>(work: (hold: Hold) => Promise<T>, options: AcquireOptions = {}): Promise<T> {
    const hold = await this.acquire(options);
    try {
      return await work(hold);
    } finally {
      await hold.release();
    }
  }

  /** Who holds and who waits, in order: the data of their znodes as text. */
  async contenders(options: WaitOptions = {}): Promise<string[]> {
    const patience = new Patience(`the contenders of ${this.path}`, options);
    const names = await this.#contention.contenders(patience);
    const texts = await Promise.all(names.map((name) => this.#textOf(name, patience)));
    return texts.filter((text) => text !== undefined);
  }

  async #textOf(name: string, patience: Patience): Promise<string | undefined> {
    try {
      const { data } = await persist(() => this.#client.get(childPath(this.path, name), patience.call));
      return textOf(data);
    } catch (error) {
      if (isCode(error, "NONODE")) return undefined;
      throw error;
    }
  }
}
