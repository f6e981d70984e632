import type { WatchEventType, WatchKind, WatchMode } from "../../client/types.ts";

type Kind = "data" | "children" | WatchMode;

/** What Apache calls the event that tells of a removed watch. */
const REMOVED: Readonly<Record<Kind, string>> = {
  children: "ChildWatchRemoved",
  data: "DataWatchRemoved",
  persistent: "PersistentWatchRemoved",
  "persistent-recursive": "PersistentWatchRemoved",
};

const KINDS = Object.keys(REMOVED) as Kind[];

/**
 * Which watches the shell has set and not yet seen fire: `removewatches` prints what it removed, and the protocol does not
 * say it.
 */
export class WatchLedger {
  readonly #paths: Readonly<Record<Kind, Set<string>>> = {
    data: new Set(),
    children: new Set(),
    persistent: new Set(),
    "persistent-recursive": new Set(),
  };

  set(kind: Kind, path: string): void {
    this.#paths[kind].add(path);
  }

  /** One-shot watches that an event uses up. */
  fired(type: WatchEventType, path: string): void {
    if (type !== "childrenChanged") this.#paths.data.delete(path);
    if (type === "childrenChanged" || type === "deleted") this.#paths.children.delete(path);
  }

  /** Forgets the watches of a kind and returns the names of the events that tell of it; none: there were no watches. */
  remove(kind: WatchKind, path: string): readonly string[] {
    const kinds = kind === "any" ? KINDS : [kind];
    return [...new Set(kinds.filter((each) => this.#paths[each].delete(path)).map((each) => REMOVED[each]))];
  }

  has(kind: WatchKind, path: string): boolean {
    return (kind === "any" ? KINDS : [kind]).some((each) => this.#paths[each].has(path));
  }
}
