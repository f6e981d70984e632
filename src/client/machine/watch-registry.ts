import { parentOf } from "../../protocol/path.ts";
import type { GapEvent, WatchEvent, WatchEventType } from "../types.ts";

/** Whoever is told; one-shot watchers never get a gap. */
export type Watcher = (event: WatchEvent & GapEvent) => void;

/**
 * The five tables of local watchers. `data`, `exist` and `child` are one-shot: set by a get, by an exists that found
 * nothing, by a list.
 */
export type WatchTable = "data" | "exist" | "child" | "persistent" | "recursive";

type Table = Map<string, Set<Watcher>>;

/**
 * Who is told of what (client-protocol 10.1). Paths are the server's, with the chroot. The server keeps one watch per
 * connection and path whatever number of watchers there is here.
 */
export class WatchRegistry {
  readonly #tables: Readonly<Record<WatchTable, Table>> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
    persistent: new Map(),
    recursive: new Map(),
  };

  add(table: WatchTable, path: string, watcher: Watcher): void {
    const watchers = this.#tables[table].get(path);
    if (watchers === undefined) this.#tables[table].set(path, new Set([watcher]));
    else watchers.add(watcher);
  }

  /** Returns true when that was the last one of the table on the path. */
  remove(table: WatchTable, path: string, watcher: Watcher): boolean {
    const watchers = this.#tables[table].get(path);
    if (watchers === undefined || !watchers.delete(watcher)) return false;
    if (watchers.size > 0) return false;
    this.#tables[table].delete(path);
    return true;
  }

  /** Forgets all watchers of the tables on the path. */
  clear(tables: readonly WatchTable[], path: string): void {
    for (const table of tables) this.#tables[table].delete(path);
  }

  has(table: WatchTable, path: string): boolean {
    return this.#tables[table].has(path);
  }

  hasOneShot(path: string): boolean {
    return this.has("data", path) || this.has("exist", path) || this.has("child", path);
  }

  get isEmpty(): boolean {
    const { data, exist, child, persistent, recursive } = this.#tables;
    return data.size + exist.size + child.size + persistent.size + recursive.size === 0;
  }

  /**
   * Whether a one-shot watch has to be set on the server. Not beside a persistent one on the same path, whose events tell
   * the same: servers before 3.9 would put the one-shot watch in the place of the persistent one (client-protocol 5.1).
   */
  needsServerWatch(table: "data" | "exist" | "child", path: string): boolean {
    if (this.has("persistent", path)) return false;
    return table === "child" || !this.has("recursive", path);
  }

  paths(table: WatchTable): readonly string[] {
    return [...this.#tables[table].keys()];
  }

  watchers(table: WatchTable, path: string): readonly Watcher[] {
    return [...(this.#tables[table].get(path) ?? [])];
  }

  /** The watchers of an event; one-shot ones are forgotten with it. A watcher that matches twice is in the list once. */
  match(type: WatchEventType, path: string): readonly Watcher[] {
    const found = new Set<Watcher>();
    const { data, exist, child, persistent, recursive } = this.#tables;
    if (type !== "childrenChanged") {
      take(data, path, found);
      take(exist, path, found);
    }
    if (type === "childrenChanged" || type === "deleted") take(child, path, found);
    collect(persistent, path, found);
    // A recursive watch does not get childrenChanged, although other watches of this connection make the server send it.
    if (type !== "childrenChanged" && recursive.size > 0) {
      for (let at: string | undefined = path; at !== undefined; at = parentOf(at))
        collect(recursive, at, found);
    }
    return [...found];
  }
}

function collect(table: Table, path: string, into: Set<Watcher>): void {
  const watchers = table.get(path);
  if (watchers !== undefined) for (const watcher of watchers) into.add(watcher);
}

function take(table: Table, path: string, into: Set<Watcher>): void {
  collect(table, path, into);
  table.delete(path);
}
