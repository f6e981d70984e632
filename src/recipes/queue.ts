import type { Client } from "../client/index.ts";
import { ItemStore, type PutOptions, type TakeOptions } from "./item-store.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import {
  curatorPriorityQueue,
  curatorQueue,
  kazooQueue,
  type QueueLayoutName,
  zookeeperQueue,
} from "./queue-layout.ts";

const FIFO_LAYOUTS = { zookeeper: zookeeperQueue, kazoo: kazooQueue, curator: curatorQueue } as const;
const PRIORITY_LAYOUTS = { kazoo: kazooQueue, curator: curatorPriorityQueue } as const;

/** What kazoo gives an item without a priority. */
const KAZOO_PRIORITY = 100;

/** Whom the queue is shared with. */
export interface QueueOptions {
  /**
   * "zookeeper" (default): ZooKeeper's recipe and Curator's SimpleDistributedQueue. "kazoo": kazoo's Queue. "curator":
   * Curator's DistributedQueue, with its item format.
   */
  readonly layout?: QueueLayoutName | undefined;
}

/**
 * First in, first out, any number of producers and consumers.
 *
 * Layout, persistent sequential: `<path>/qn-<seq>`, `<path>/entry-100-<seq>` or `<path>/queue-<seq>`. Whoever deletes an item
 * has it. An item that was taken is gone even if its consumer dies: {@link LockingQueue} keeps it until it is done.
 */
export class Queue {
  /** The znode below which it lives. */
  readonly path: string;
  readonly #items: ItemStore;

  constructor(client: Client, path: string, options: QueueOptions = {}) {
    this.path = path;
    this.#items = new ItemStore(client, path, FIFO_LAYOUTS[options.layout ?? "zookeeper"]);
  }

  /** Appends an item; resolves with its path. */
  put(data: Uint8Array | string, options: PutOptions = {}): Promise<string> {
    return this.#items.put(data, KAZOO_PRIORITY, options);
  }

  /** Removes the first item, waiting for one if there is none. */
  take(options: TakeOptions = {}): Promise<Uint8Array> {
    return this.#items.take(options);
  }

  /** Removes the first item; undefined when there is none. */
  poll(options: TakeOptions = {}): Promise<Uint8Array | undefined> {
    return this.#items.poll(options);
  }

  /** How many there are. */
  async size(options: WaitOptions = {}): Promise<number> {
    return (await this.#items.names(new Patience(`the size of ${this.path}`, options))).length;
  }
}

/** Whom the queue is shared with. */
export interface PriorityQueueOptions {
  /** "kazoo" (default): priorities 0 … 999. "curator": DistributedPriorityQueue, 32 bits with sign. */
  readonly layout?: "kazoo" | "curator" | undefined;
}

/**
 * Lower priorities first; first in, first out within one.
 *
 * Layout, persistent sequential: `<path>/entry-<ppp>-<seq>` (kazoo) or `<path>/queue-<s><8 hex><seq>` (Curator).
 */
export class PriorityQueue {
  /** The znode below which it lives. */
  readonly path: string;
  readonly #items: ItemStore;

  constructor(client: Client, path: string, options: PriorityQueueOptions = {}) {
    this.path = path;
    this.#items = new ItemStore(client, path, PRIORITY_LAYOUTS[options.layout ?? "kazoo"]);
  }

  /** @throws MisuseError for a priority out of the layout's range */
  async put(data: Uint8Array | string, priority: number, options: PutOptions = {}): Promise<string> {
    return this.#items.put(data, priority, options);
  }

  /** Removes the first item, waiting for one if there is none. */
  take(options: TakeOptions = {}): Promise<Uint8Array> {
    return this.#items.take(options);
  }

  /** Removes the first item; undefined when there is none. */
  poll(options: TakeOptions = {}): Promise<Uint8Array | undefined> {
    return this.#items.poll(options);
  }

  /** How many items there are. */
  async size(options: WaitOptions = {}): Promise<number> {
    return (await this.#items.names(new Patience(`the size of ${this.path}`, options))).length;
  }
}
