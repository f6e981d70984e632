import { type Client, type KeeperError, op, type Zxid } from "../client/index.ts";
import { claim } from "./claim.ts";
import { Hold } from "./hold.ts";
import { ItemStore, type PutOptions } from "./item-store.ts";
import { ensurePersistent, type OwnedZnode } from "./owned-znode.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import {
  deleteEphemeral,
  isCode,
  isConnectionLost,
  isSessionRenewed,
  outcomeOf,
  persist,
  persistAcrossSessions,
} from "./persist.ts";
import { kazooQueue } from "./queue-layout.ts";
import { Wakeup } from "./wakeup.ts";
import { childPath, hexGuid } from "./znode-path.ts";

/**
 * A queue whose items stay until they are done: whoever takes one locks it; if the process dies, the item is free again.
 *
 * Layout (kazoo's LockingQueue): `<path>/entries/entry-<ppp>-<seq>`, persistent sequential; `<path>/taken/<entry>`, ephemeral,
 * data = the taker's id (32 hex digits).
 */
export class LockingQueue {
  /** The znode below which it lives. */
  readonly path: string;
  readonly #client: Client;
  readonly #entries: string;
  readonly #taken: string;
  readonly #items: ItemStore;

  constructor(client: Client, path: string) {
    this.path = path;
    this.#client = client;
    this.#entries = childPath(path, "entries");
    this.#taken = childPath(path, "taken");
    this.#items = new ItemStore(client, this.#entries, kazooQueue);
  }

  /** Lower priorities first, 0 … 999, default 100. */
  async put(
    data: Uint8Array | string,
    options: PutOptions & { readonly priority?: number | undefined } = {},
  ): Promise<string> {
    return this.#items.put(data, options.priority ?? 100, options);
  }

  /** Locks the first item that nobody has, waiting for one if there is none. */
  async take(options: WaitOptions = {}): Promise<TakenItem> {
    const patience = new Patience(`taking from ${this.path}`, options);
    await ensurePersistent(this.#client, this.#taken, patience);
    const wakeup = new Wakeup();
    const stop = wakeup.ringOnEnd(this.#client);
    try {
      for (;;) {
        const names = await this.#items.names(patience, wakeup);
        const call = { watch: wakeup.at(this.#taken), ...patience.call };
        const list = () => this.#client.children(this.#taken, call);
        const { children } = await persistAcrossSessions(this.#client, list);
        const isTaken = new Set(children);
        for (const name of names) {
          const item = isTaken.has(name) ? undefined : await this.#lock(name, patience);
          if (item !== undefined) return item;
        }
        await wakeup.wait(patience);
      }
    } finally {
      stop();
    }
  }

  /** How many there are, taken ones included. */
  async size(options: WaitOptions = {}): Promise<number> {
    return (await this.#items.names(new Patience(`the size of ${this.path}`, options))).length;
  }

  async #lock(name: string, patience: Patience): Promise<TakenItem | undefined> {
    let lock: OwnedZnode | undefined;
    try {
      lock = await claim(this.#client, childPath(this.#taken, name), hexGuid(), patience);
      if (lock === undefined) return undefined;
      const entry = childPath(this.#entries, name);
      const { data } = await persist(() => this.#client.get(entry, patience.call));
      return new TakenItem(this.#client, entry, lock, data ?? new Uint8Array(0));
    } catch (error) {
      if (lock !== undefined) await deleteEphemeral(this.#client, lock.path, lock.stat.ephemeralOwner);
      // Done by somebody between our look and our lock; or the lock has gone with the session.
      if (isCode(error, "NONODE") || isSessionRenewed(this.#client, error)) return undefined;
      throw error;
    }
  }
}

/** An item that this process works on. `await using` gives it back to the queue unless it was consumed. */
export class TakenItem implements AsyncDisposable {
  /** What was put; empty for an item without data. */
  readonly data: Uint8Array;
  /** The item's znode. */
  readonly path: string;
  readonly #client: Client;
  readonly #hold: Hold;

  /** @internal */
  constructor(client: Client, path: string, lock: OwnedZnode, data: Uint8Array) {
    this.data = data;
    this.path = path;
    this.#client = client;
    this.#hold = new Hold(client, lock);
  }

  /** Fires when the item may be another's: a `LostError` says why. */
  get signal(): AbortSignal {
    return this.#hold.signal;
  }

  /** Grows with every taker of the same item. */
  get fencingToken(): Zxid {
    return this.#hold.fencingToken;
  }

  /**
   * The item is done: removes it. Resolves with false when it was not ours any more (the session had ended): another works on
   * it, or has done it. @throws ConnectionError with `outcome: "unknown"` when the answer was lost, the session has ended, and the item is gone:
   * by us, or by one who has done it again
   */
  async consume(options: WaitOptions = {}): Promise<boolean> {
    const patience = new Patience(`consuming ${this.path}`, options);
    let unsure: unknown;
    for (;;) {
      // With another session a lock of this name is another taker's.
      if (!this.#hold.isOurSession) {
        if (unsure === undefined || (await this.#isThere(patience))) return false;
        throw unsure;
      }
      try {
        await this.#client.multi(
          [op.delete(this.#hold.path, { version: 0 }), op.delete(this.path)],
          patience.call,
        );
        await this.#hold.release();
        return true;
      } catch (error) {
        if (isCode(error, "NONODE") && (error as KeeperError).index !== undefined) {
          await this.#hold.release();
          // After a lost answer the missing lock is our own doing, if the item is gone with it.
          return unsure !== undefined && !(await this.#isThere(patience));
        }
        if (!isConnectionLost(error) && !isSessionRenewed(this.#client, error)) throw error;
        if (outcomeOf(error) === "unknown") unsure = error;
      }
    }
  }

  async #isThere(patience: Patience): Promise<boolean> {
    const look = () => this.#client.exists(this.path, patience.call);
    return (await persistAcrossSessions(this.#client, look)) !== null;
  }

  /** Gives the item back: another may take it. */
  release(): Promise<void> {
    return this.#hold.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
