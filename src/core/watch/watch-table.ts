import type { ConnectionId } from "../connection-id.ts";
import { type TextKey, textKeyOf } from "../tree/text-key.ts";

/**
 * The modes of one connection on one path, as bits: ZooKeeper's two tables, data and child, in one entry.
 * client-protocol 5.1 says which call sets which.
 */
export const WatchMode = {
  dataOnce: 1,
  dataPersistent: 2,
  recursive: 4,
  childOnce: 8,
  childPersistent: 16,
} as const;
export const DATA_MODES: number = WatchMode.dataOnce | WatchMode.dataPersistent | WatchMode.recursive;
export const CHILD_MODES: number = WatchMode.childOnce | WatchMode.childPersistent;

/** Mode bits in the low part of a packed watcher, the connection above them. */
const MODES_BASE = 32;

/** Who watches a path: mostly one connection, then it is packed into a number; else connection → modes. */
type Watchers = number | Map<ConnectionId, number>;
/** What a connection watches: one path, or several. */
type Paths = TextKey | Set<TextKey>;

/**
 * Which connection watches which path in which modes, findable from both sides: a trigger knows the path, a closing
 * connection knows itself. The common case of one watcher per path costs an entry in a Map and nothing else.
 */
export class WatchTable {
  readonly #watchersOf = new Map<TextKey, Watchers>();
  readonly #pathsOf = new Map<ConnectionId, Paths>();
  /** The paths behind the keys that are digests. */
  readonly #longPaths = new Map<TextKey, string>();
  #dataCount = 0;
  #childCount = 0;
  /** Watches of mode recursive by the length of their path. */
  readonly #recursiveByLength = new Map<number, number>();

  /** Pairs of connection and path with a mode of the data table. */
  get dataCount(): number {
    return this.#dataCount;
  }

  /** Pairs of connection and path with a mode of the child table. */
  get childCount(): number {
    return this.#childCount;
  }

  get hasRecursive(): boolean {
    return this.#recursiveByLength.size > 0;
  }

  /** Whether anybody watches a path of `length` characters recursively: else no such path needs to be looked up. */
  hasRecursiveOfLength(length: number): boolean {
    return this.#recursiveByLength.has(length);
  }

  /** Paths and connections with an entry: what the table costs. */
  get entryCount(): number {
    return this.#watchersOf.size + this.#pathsOf.size + this.#longPaths.size;
  }

  /** 0 when the connection does not watch the path. */
  modes(connection: ConnectionId, path: string): number {
    return this.#modes(connection, textKeyOf(path));
  }

  #modes(connection: ConnectionId, key: TextKey): number {
    const watchers = this.#watchersOf.get(key);
    if (watchers === undefined) return 0;
    if (typeof watchers !== "number") return watchers.get(connection) ?? 0;
    return connectionOf(watchers) === connection ? watchers % MODES_BASE : 0;
  }

  /** 0 removes the watch. */
  setModes(connection: ConnectionId, path: string, modes: number): void {
    const key = textKeyOf(path);
    const before = this.#modes(connection, key);
    if (before === modes) return;
    this.#count(path.length, before, modes);
    if (before === 0 && key !== path) this.#longPaths.set(key, path);
    if (modes === 0) this.#removeWatcher(connection, key);
    else this.#putWatcher(connection, key, modes);
    if (before === 0) this.#addPath(connection, key);
    else if (modes === 0) this.#removePath(connection, key);
  }

  /** Adds to `into` every connection that watches the path in one of the modes of `mask`. */
  collect(path: string, mask: number, into: Set<ConnectionId>): void {
    if (this.#watchersOf.size > 0) this.#collect(textKeyOf(path), mask, into);
  }

  #collect(key: TextKey, mask: number, into: Set<ConnectionId>): void {
    const watchers = this.#watchersOf.get(key);
    if (watchers === undefined) return;
    if (typeof watchers === "number") {
      if ((watchers % MODES_BASE) & mask) into.add(connectionOf(watchers));
      return;
    }
    for (const [connection, modes] of watchers) if (modes & mask) into.add(connection);
  }

  /** Takes one mode away from everybody who watches the path. */
  clearMode(path: string, mode: number): void {
    const key = textKeyOf(path);
    const watchers = this.#watchersOf.get(key);
    if (watchers === undefined) return;
    if (typeof watchers === "number") {
      if (watchers & mode) this.setModes(connectionOf(watchers), path, (watchers % MODES_BASE) & ~mode);
      return;
    }
    for (const [connection, modes] of watchers) {
      if ((modes & mode) === 0) continue;
      const left = modes & ~mode;
      this.#count(path.length, modes, left);
      if (left !== 0) {
        watchers.set(connection, left);
      } else {
        watchers.delete(connection);
        this.#removePath(connection, key);
      }
    }
    if (watchers.size === 0) this.#forget(key);
  }

  /** Takes away all watches of a connection: costs as much as it has. */
  removeConnection(connection: ConnectionId): void {
    const paths = this.#pathsOf.get(connection);
    if (paths === undefined) return;
    this.#pathsOf.delete(connection);
    for (const key of typeof paths === "string" ? [paths] : paths) {
      this.#count(this.#pathOf(key).length, this.#modes(connection, key), 0);
      this.#removeWatcher(connection, key);
    }
  }

  /** Every connection and what it watches in a mode of `mask`; connections with no such watch are left out. */
  *byConnection(mask: number): Iterable<readonly [ConnectionId, readonly string[]]> {
    for (const [connection, paths] of this.#pathsOf) {
      const all = typeof paths === "string" ? [paths] : [...paths];
      const matching = all.filter((key) => (this.#modes(connection, key) & mask) !== 0);
      if (matching.length > 0) yield [connection, matching.map((key) => this.#pathOf(key))];
    }
  }

  /** Every path and who watches it in a mode of `mask`; paths with no such watch are left out. */
  *byPath(mask: number): Iterable<readonly [string, readonly ConnectionId[]]> {
    const connections = new Set<ConnectionId>();
    for (const key of this.#watchersOf.keys()) {
      connections.clear();
      this.#collect(key, mask, connections);
      if (connections.size > 0) yield [this.#pathOf(key), [...connections]];
    }
  }

  #putWatcher(connection: ConnectionId, key: TextKey, modes: number): void {
    const watchers = this.#watchersOf.get(key);
    if (watchers !== undefined && typeof watchers !== "number") {
      watchers.set(connection, modes);
    } else if (watchers === undefined || connectionOf(watchers) === connection) {
      this.#watchersOf.set(key, connection * MODES_BASE + modes);
    } else {
      const both = new Map([[connectionOf(watchers), watchers % MODES_BASE]]);
      this.#watchersOf.set(key, both.set(connection, modes));
    }
  }

  #removeWatcher(connection: ConnectionId, key: TextKey): void {
    const watchers = this.#watchersOf.get(key);
    if (watchers === undefined) return;
    if (typeof watchers === "number") {
      this.#forget(key);
    } else {
      watchers.delete(connection);
      if (watchers.size === 0) this.#forget(key);
    }
  }

  #addPath(connection: ConnectionId, key: TextKey): void {
    const paths = this.#pathsOf.get(connection);
    if (paths === undefined) this.#pathsOf.set(connection, key);
    else if (typeof paths === "string") this.#pathsOf.set(connection, new Set([paths, key]));
    else paths.add(key);
  }

  #removePath(connection: ConnectionId, key: TextKey): void {
    const paths = this.#pathsOf.get(connection);
    if (paths === undefined) return;
    if (typeof paths !== "string") {
      paths.delete(key);
      if (paths.size > 0) return;
    }
    this.#pathsOf.delete(connection);
  }

  /** Nobody watches the path any more. */
  #forget(key: TextKey): void {
    this.#watchersOf.delete(key);
    this.#longPaths.delete(key);
  }

  #pathOf(key: TextKey): string {
    return this.#longPaths.get(key) ?? key;
  }

  #count(pathChars: number, before: number, after: number): void {
    this.#dataCount += has(after, DATA_MODES) - has(before, DATA_MODES);
    this.#childCount += has(after, CHILD_MODES) - has(before, CHILD_MODES);
    const recursive = has(after, WatchMode.recursive) - has(before, WatchMode.recursive);
    if (recursive === 0) return;
    const count = (this.#recursiveByLength.get(pathChars) ?? 0) + recursive;
    if (count === 0) this.#recursiveByLength.delete(pathChars);
    else this.#recursiveByLength.set(pathChars, count);
  }
}

function connectionOf(packed: number): ConnectionId {
  return Math.floor(packed / MODES_BASE);
}

function has(modes: number, mask: number): 0 | 1 {
  return (modes & mask) !== 0 ? 1 : 0;
}
