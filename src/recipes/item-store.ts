import type { Client } from "../client/index.ts";
import { ensurePersistent } from "./owned-znode.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { isCode, isConnectionLost, isSessionRenewed, outcomeOf, persistAcrossSessions } from "./persist.ts";
import { itemBytes, type QueueLayout } from "./queue-layout.ts";
import { Wakeup } from "./wakeup.ts";
import { childPath } from "./znode-path.ts";

/** What putting an item takes. */
export interface PutOptions extends WaitOptions {
  /**
   * When the connection breaks before the answer: "reject" (default) with `outcome: "unknown"`; "again": the item may be in the
   * queue twice. The names are those of other libraries and have no room for a GUID.
   */
  readonly onLoss?: "reject" | "again" | undefined;
}

/** What taking an item takes. */
export interface TakeOptions extends WaitOptions {
  /**
   * When the connection breaks while an item is taken and it is gone afterwards, nobody can say who has it. "deliver"
   * (default): it may be taken twice, never lost. "drop": it may be lost, never taken twice.
   */
  readonly onLoss?: "deliver" | "drop" | undefined;
}

/** Items as persistent sequential znodes: the common part of the queues. */
export class ItemStore {
  readonly path: string;
  readonly #client: Client;
  readonly #layout: QueueLayout;
  /** The rest of a znode that held several items. */
  readonly #rest: Uint8Array[] = [];

  constructor(client: Client, path: string, layout: QueueLayout) {
    this.path = path;
    this.#client = client;
    this.#layout = layout;
  }

  /** Resolves with the item's path when it is in the queue. */
  async put(data: Uint8Array | string, priority: number, options: PutOptions): Promise<string> {
    const patience = new Patience(`putting into ${this.path}`, options);
    const path = childPath(this.path, this.#layout.prefixOf(priority));
    const bytes = this.#layout.encode(itemBytes(data));
    for (;;) {
      try {
        const create = { data: bytes, mode: "persistent-sequential", ...patience.call } as const;
        return (await this.#client.create(path, create)).path;
      } catch (error) {
        if (isCode(error, "NONODE")) await ensurePersistent(this.#client, this.path, patience);
        else if (!this.#mayAskAgain(error, options)) throw error;
      }
    }
  }

  /** Certainly nothing was put, or twice is as good. */
  #mayAskAgain(error: unknown, { onLoss }: PutOptions): boolean {
    if (isSessionRenewed(this.#client, error) && outcomeOf(error) === "not-applied") return true;
    return onLoss === "again" && (isConnectionLost(error) || isSessionRenewed(this.#client, error));
  }

  /** The first item as soon as there is one. */
  async take(options: TakeOptions): Promise<Uint8Array> {
    const patience = new Patience(`taking from ${this.path}`, options);
    const wakeup = new Wakeup();
    const stop = wakeup.ringOnEnd(this.#client);
    try {
      for (;;) {
        const item = await this.#takeNow(patience, options, wakeup);
        if (item !== undefined) return item;
        await wakeup.wait(patience);
      }
    } finally {
      stop();
    }
  }

  /** The first item, or undefined when there is none now. */
  poll(options: TakeOptions): Promise<Uint8Array | undefined> {
    return this.#takeNow(new Patience(`taking from ${this.path}`, options), options);
  }

  /** Names of the items, the next one first. */
  async names(patience: Patience, wakeup?: Wakeup): Promise<string[]> {
    for (;;) {
      try {
        const options = { ...patience.call, watch: wakeup?.at(this.path) };
        const { children } = await persistAcrossSessions(this.#client, () =>
          this.#client.children(this.path, options),
        );
        return children.filter(this.#layout.isItem).sort();
      } catch (error) {
        if (!isCode(error, "NONODE")) throw error;
        if (wakeup === undefined) return [];
        await ensurePersistent(this.#client, this.path, patience);
      }
    }
  }

  async #takeNow(patience: Patience, options: TakeOptions, wakeup?: Wakeup): Promise<Uint8Array | undefined> {
    const rest = this.#rest.shift();
    if (rest !== undefined) return rest;
    // When all that were listed have gone to others there may be new ones; the watch rings if so.
    for (const name of await this.names(patience, wakeup)) {
      const data = await this.#remove(childPath(this.path, name), patience, options);
      if (data === undefined) continue;
      const [first, ...others] = this.#layout.decode(data);
      this.#rest.push(...others);
      if (first !== undefined) return first;
    }
    return undefined;
  }

  /** The data if the item became ours. */
  async #remove(path: string, patience: Patience, options: TakeOptions): Promise<Uint8Array | undefined> {
    let isUnsure = false;
    try {
      const { data } = await persistAcrossSessions(this.#client, () => this.#client.get(path, patience.call));
      for (;;) {
        try {
          await this.#client.delete(path, patience.call);
          return data ?? new Uint8Array(0);
        } catch (error) {
          if (isCode(error, "NONODE") && isUnsure && options.onLoss !== "drop")
            return data ?? new Uint8Array(0);
          if (!isConnectionLost(error) && !isSessionRenewed(this.#client, error)) throw error;
          isUnsure ||= outcomeOf(error) === "unknown";
        }
      }
    } catch (error) {
      if (isCode(error, "NONODE")) return undefined;
      throw error;
    }
  }
}
