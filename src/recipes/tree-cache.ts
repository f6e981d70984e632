import {
  type Client,
  type GapEvent,
  MisuseError,
  type Stat,
  type Watch,
  type WatchEvent,
} from "../client/index.ts";
import { Emitter } from "./emitter.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { isCode, persistAcrossSessions } from "./persist.ts";
import { childPath } from "./znode-path.ts";

/** A znode as the cache knows it. */
export interface CachedNode {
  /** Where it is. */
  readonly path: string;
  /** As it was read; not to be changed. */
  readonly data: Uint8Array | null;
  /** Of the same moment, or newer where only children came and went. */
  readonly stat: Stat;
}

/** `repaired`: changes may have been missed, and the cache is up to date again. */
export type CacheEvent =
  | { readonly type: "added"; readonly node: CachedNode }
  | { readonly type: "changed"; readonly node: CachedNode; readonly before: CachedNode }
  | { readonly type: "removed"; readonly before: CachedNode }
  | { readonly type: "repaired"; readonly read: number; readonly kept: number }
  | { readonly type: "failed"; readonly error: unknown };

/** How much of the tree is kept. */
export interface TreeCacheOptions {
  /** Levels below the root that are kept: 0 the root only, 1 its children, default all. */
  readonly depth?: number | undefined;
}

/**
 * A subtree in memory, kept up to date by one recursive watch. Always a state that each znode has had; what the server has
 * changed a moment ago may still be on its way.
 *
 * After a gap (a new connection or session) it is not read again: the Stat of each znode is compared, and only where mzxid or
 * pzxid differ are data or children read.
 *
 * Layout: none. Needs servers of 3.6 or later.
 */
export class TreeCache implements AsyncDisposable {
  /** The root of what is cached. */
  readonly path: string;
  readonly #client: Client;
  readonly #depth: number;
  readonly #nodes = new Map<string, CachedNode>();
  readonly #events = new Emitter<CacheEvent>();
  #watch: Watch | undefined;
  #isClosed = false;
  /** Refreshes happen one after the other, in the order of the events. */
  #work: Promise<void> = Promise.resolve();

  constructor(client: Client, path: string, options: TreeCacheOptions = {}) {
    this.path = path;
    this.#client = client;
    this.#depth = options.depth ?? Number.POSITIVE_INFINITY;
  }

  /** Resolves when everything is read for the first time. */
  async start(options: WaitOptions = {}): Promise<this> {
    if (this.#watch !== undefined)
      throw new MisuseError(`the cache of ${this.path} has been started already`);
    const patience = new Patience(`filling the cache of ${this.path}`, options);
    // The watch first: what changes while we read is told.
    const mode = this.#depth === 0 ? "persistent" : "persistent-recursive";
    // Without the signal: it would end the watch even when the start is long done.
    const watching = this.#client.watch(this.path, { mode, ...FOR_EVER });
    try {
      this.#watch = await patience.until(watching);
    } catch (error) {
      void watching.then((watch) => watch.close()).catch(() => {});
      throw error;
    }
    this.#watch.on((event) => this.#heard(event));
    this.#work = this.#work.then(() => this.#walk(this.path, 0));
    const first = this.#work;
    this.#work = first.catch(() => {});
    await patience.until(first);
    return this;
  }

  /** The znode, or undefined when there is none. */
  get(path: string = this.path): CachedNode | undefined {
    return this.#nodes.get(path);
  }

  /** Names of the cached children, sorted. */
  children(path: string = this.path): string[] {
    const prefix = childPath(path, "");
    const names: string[] = [];
    for (const at of this.#nodes.keys()) {
      if (at.length > prefix.length && at.startsWith(prefix) && !at.includes("/", prefix.length))
        names.push(at.slice(prefix.length));
    }
    return names.sort();
  }

  /** All cached znodes. */
  nodes(): IterableIterator<CachedNode> {
    return this.#nodes.values();
  }

  /** How many znodes are cached. */
  get size(): number {
    return this.#nodes.size;
  }

  /** The returned function ends it. */
  on(listener: (event: CacheEvent) => void): () => void {
    return this.#events.on(listener);
  }

  /** Resolves when all that was heard until now is in the cache. */
  async settled(): Promise<void> {
    for (let work: Promise<void> | undefined; work !== this.#work; ) await (work = this.#work);
  }

  /** Ends the watch; what is cached stays as it is. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#watch?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #heard(event: WatchEvent | GapEvent): void {
    if (event.type === "gap") this.#queue(() => this.#repair());
    else if (event.type !== "childrenChanged" && this.#depthOf(event.path) <= this.#depth)
      this.#queue(() => this.#refresh(event.path));
  }

  #queue(work: () => Promise<void>): void {
    this.#work = this.#work
      .then(() => (this.#isClosed ? undefined : work()))
      .catch((error) => {
        if (!this.#isClosed) this.#events.emit({ type: "failed", error });
      });
  }

  #depthOf(path: string): number {
    const rest = path.slice(this.path === "/" ? 0 : this.path.length);
    return rest === "" || rest === "/" ? 0 : rest.split("/").length - 1;
  }

  /** Reads one znode. Those below it have events of their own. */
  async #refresh(path: string): Promise<void> {
    try {
      const { data, stat } = await persistAcrossSessions(this.#client, () =>
        this.#client.get(path, FOR_EVER),
      );
      this.#keep({ path, data, stat });
    } catch (error) {
      if (!isCode(error, "NONODE")) throw error;
      this.#forget(path);
    }
  }

  /** Reads a znode and everything below it, level by level. */
  async #walk(path: string, depth: number): Promise<void> {
    let level = [path];
    for (let at = depth; at <= this.#depth && level.length > 0; at++) {
      const lists = await inBatches(level, async (parent) => {
        const [, names] = await Promise.all([
          this.#refresh(parent),
          at < this.#depth ? this.#list(parent) : [],
        ]);
        return names.map((name) => childPath(parent, name));
      });
      level = lists.flat();
    }
  }

  async #list(path: string): Promise<string[]> {
    try {
      return (await persistAcrossSessions(this.#client, () => this.#client.children(path, FOR_EVER)))
        .children;
    } catch (error) {
      if (isCode(error, "NONODE")) return [];
      throw error;
    }
  }

  async #repair(): Promise<void> {
    const before = [...this.#nodes.values()];
    let read = 0;
    const repair = async (node: CachedNode): Promise<void> => {
      const stat = await persistAcrossSessions(this.#client, () => this.#client.exists(node.path, FOR_EVER));
      if (stat === null) {
        this.#forget(node.path);
        return;
      }
      const isSameNode = stat.czxid === node.stat.czxid;
      if (stat.mzxid !== node.stat.mzxid || !isSameNode) {
        read++;
        await this.#refresh(node.path);
      } else this.#keep({ ...node, stat });
      if (stat.pzxid !== node.stat.pzxid || !isSameNode) read += await this.#adopt(node.path);
    };
    await inBatches(before, repair);
    if (before.length === 0) await this.#walk(this.path, 0);
    this.#events.emit({ type: "repaired", read, kept: before.length - Math.min(read, before.length) });
  }

  /** Reads the children of a znode that the cache does not know yet. */
  async #adopt(path: string): Promise<number> {
    const depth = this.#depthOf(path);
    if (depth >= this.#depth) return 0;
    const paths = (await this.#list(path)).map((name) => childPath(path, name));
    const unknown = paths.filter((child) => !this.#nodes.has(child));
    for (const child of unknown) await this.#walk(child, depth + 1);
    return unknown.length;
  }

  #keep(node: CachedNode): void {
    if (this.#isClosed) return;
    const before = this.#nodes.get(node.path);
    // Answers of one session never go back in time; a repair and an event may still bring the same twice.
    this.#nodes.set(node.path, node);
    if (before === undefined) this.#events.emit({ type: "added", node });
    else if (before.stat.mzxid !== node.stat.mzxid) this.#events.emit({ type: "changed", node, before });
  }

  #forget(path: string): void {
    const before = this.#nodes.get(path);
    if (before === undefined || this.#isClosed) return;
    this.#nodes.delete(path);
    this.#events.emit({ type: "removed", before });
  }
}

/** Calls wait for a connection as long as it takes: the cache is behind meanwhile, and says so by what it has. */
const FOR_EVER = { deadlineMs: Number.POSITIVE_INFINITY } as const;

/** Znodes that are read at a time: enough to fill the line, few enough for the client's limit of pending calls. */
const BATCH = 500;

async function inBatches<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < all.length; at += BATCH)
    results.push(...(await Promise.all(all.slice(at, at + BATCH).map(work))));
  return results;
}
