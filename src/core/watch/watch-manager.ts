import type { ConnectionId } from "../connection-id.ts";
import type { ChangeSink } from "../tree/tree-types.ts";
import { CHILD_MODES, DATA_MODES, WatchMode, WatchTable } from "./watch-table.ts";
import { type DeliverWatchEvent, WatchEventType, WatcherType } from "./watch-types.ts";

const PERSISTENT = WatchMode.dataPersistent | WatchMode.childPersistent;

/** Which modes checkWatches and removeWatches mean (client-protocol 5.7, 3.9 and newer). */
const MODES_OF_TYPE: Readonly<Record<WatcherType, number>> = {
  [WatcherType.children]: WatchMode.childOnce,
  [WatcherType.data]: WatchMode.dataOnce,
  [WatcherType.any]: DATA_MODES | CHILD_MODES,
  [WatcherType.persistent]: PERSISTENT,
  [WatcherType.persistentRecursive]: WatchMode.recursive,
};

/**
 * Who watches what, and who hears of which change (client-protocol 5). Watches belong to connections of this server and
 * are never replicated. It hears of changes as the ChangeSink of the tree and hands each watch event to `deliver`:
 * one per connection, path and trigger, however many modes match. A one-shot mode is used up by it, whether or not the
 * event is then sent.
 */
export class WatchManager implements ChangeSink {
  readonly #deliver: DeliverWatchEvent;
  readonly #table = new WatchTable();
  /** Scratch of one trigger: who gets the event from the data table, and who from the child table. */
  readonly #dataServed = new Set<ConnectionId>();
  readonly #childServed = new Set<ConnectionId>();

  constructor(deliver: DeliverWatchEvent) {
    this.#deliver = deliver;
  }

  /** getData or exists with watch: fires once. */
  addDataWatch(connection: ConnectionId, path: string): void {
    this.#add(connection, path, WatchMode.dataOnce);
  }

  /** getChildren with watch: fires once. */
  addChildWatch(connection: ConnectionId, path: string): void {
    this.#add(connection, path, WatchMode.childOnce);
  }

  /** addWatch mode 0. */
  addPersistent(connection: ConnectionId, path: string): void {
    this.#add(connection, path, PERSISTENT);
  }

  /** addWatch mode 1: the path and everything below it. */
  addRecursive(connection: ConnectionId, path: string): void {
    this.#add(connection, path, WatchMode.recursive);
  }

  created(path: string, aclId: number): void {
    this.#triggerData(WatchEventType.NodeCreated, path, aclId);
  }

  dataChanged(path: string, aclId: number): void {
    this.#triggerData(WatchEventType.NodeDataChanged, path, aclId);
  }

  /** Child watches get NodeDeleted too, unless their connection has it from the data table already. */
  deleted(path: string, aclId: number): void {
    this.#triggerData(WatchEventType.NodeDeleted, path, aclId);
    this.#triggerChild(WatchEventType.NodeDeleted, path, aclId, this.#dataServed);
  }

  childrenChanged(parentPath: string, parentAclId: number): void {
    this.#triggerChild(WatchEventType.NodeChildrenChanged, parentPath, parentAclId, undefined);
  }

  /** Whether the connection has a watch of this type on exactly this path. */
  contains(connection: ConnectionId, path: string, type: WatcherType): boolean {
    return (this.#table.modes(connection, path) & MODES_OF_TYPE[type]) !== 0;
  }

  /** Removes the connection's watches of this type on exactly this path, without an event; false when there was none. */
  remove(connection: ConnectionId, path: string, type: WatcherType): boolean {
    const modes = this.#table.modes(connection, path);
    const left = modes & ~MODES_OF_TYPE[type];
    this.#table.setModes(connection, path, left);
    return left !== modes;
  }

  /** The connection is closed. Costs as much as it had watches. */
  removeConnection(connection: ConnectionId): void {
    this.#table.removeConnection(connection);
  }

  /** Watches in both tables, a connection on a path counting once in each: metric watch_count. */
  get watchCount(): number {
    return this.#table.dataCount + this.#table.childCount;
  }

  /** Four-letter word wchs: of the data table only, as in Apache. */
  summary(): { readonly connections: number; readonly paths: number; readonly watches: number } {
    let connections = 0;
    for (const _ of this.byConnection()) connections++;
    let paths = 0;
    for (const _ of this.byPath()) paths++;
    return { connections, paths, watches: this.#table.dataCount };
  }

  /** Four-letter word wchc: of the data table only, as in Apache. */
  byConnection(): Iterable<readonly [ConnectionId, readonly string[]]> {
    return this.#table.byConnection(DATA_MODES);
  }

  /** Four-letter word wchp: of the data table only, as in Apache. */
  byPath(): Iterable<readonly [string, readonly ConnectionId[]]> {
    return this.#table.byPath(DATA_MODES);
  }

  #add(connection: ConnectionId, path: string, modes: number): void {
    this.#table.setModes(connection, path, this.#table.modes(connection, path) | modes);
  }

  /** The data table: who watches the path, then who watches an ancestor recursively. */
  #triggerData(type: WatchEventType, path: string, aclId: number): void {
    const served = this.#dataServed;
    if (served.size > 0) served.clear(); // clearing an empty set costs a new table
    this.#table.collect(path, DATA_MODES, served);
    if (served.size > 0) this.#table.clearMode(path, WatchMode.dataOnce);
    if (this.#table.hasRecursive) this.#collectFromAncestors(path, served);
    for (const connection of served) this.#deliver(connection, type, path, aclId);
  }

  #collectFromAncestors(path: string, served: Set<ConnectionId>): void {
    if (path.length <= 1) return;
    let end = path.lastIndexOf("/");
    while (end > 0) {
      // Hashing every ancestor would cost the square of the path's length.
      if (this.#table.hasRecursiveOfLength(end)) {
        this.#table.collect(path.slice(0, end), WatchMode.recursive, served);
      }
      end = path.lastIndexOf("/", end - 1);
    }
    this.#table.collect("/", WatchMode.recursive, served);
  }

  /** The child table, which knows no ancestors. `suppressed` have the event from the data table. */
  #triggerChild(
    type: WatchEventType,
    path: string,
    aclId: number,
    suppressed: ReadonlySet<ConnectionId> | undefined,
  ): void {
    const served = this.#childServed;
    if (served.size > 0) served.clear();
    this.#table.collect(path, CHILD_MODES, served);
    if (served.size === 0) return;
    this.#table.clearMode(path, WatchMode.childOnce);
    for (const connection of served) {
      if (suppressed === undefined || !suppressed.has(connection)) {
        this.#deliver(connection, type, path, aclId);
      }
    }
  }
}
