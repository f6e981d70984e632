import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WatchManager } from "../../src/core/watch/watch-manager.ts";
import { WatchEventType, WatcherType } from "../../src/core/watch/watch-types.ts";

/** Against two tables of (path, connection) → modes and nothing clever, as client-protocol 5 describes them. */

type Mode = "standard" | "persistent" | "recursive";
type Table = Map<string, Set<Mode>>;

class WatchModel {
  readonly data: Table = new Map();
  readonly child: Table = new Map();
  readonly heard: string[] = [];

  add(table: Table, connection: number, path: string, mode: Mode): void {
    const key = `${connection} ${path}`;
    table.set(key, (table.get(key) ?? new Set()).add(mode));
  }

  trigger(
    table: Table,
    type: WatchEventType,
    path: string,
    skip: ReadonlySet<number> = new Set(),
  ): Set<number> {
    const served = new Set<number>();
    for (const [key, modes] of [...table]) {
      const [connection, watched] = [Number(key.split(" ")[0]), key.split(" ")[1]!];
      const isAbove = watched === "/" || path.startsWith(`${watched}/`);
      if (watched === path) {
        served.add(connection);
        modes.delete("standard");
        if (modes.size === 0) table.delete(key);
      } else if (isAbove && modes.has("recursive")) {
        served.add(connection);
      }
    }
    const told = [...served].filter((connection) => !skip.has(connection)).sort((a, b) => a - b);
    for (const connection of told) this.heard.push(`${connection} ${type} ${path}`);
    return served;
  }

  has(connection: number, path: string, type: WatcherType): boolean {
    const data = this.data.get(`${connection} ${path}`);
    const child = this.child.get(`${connection} ${path}`);
    switch (type) {
      case WatcherType.children:
        return child?.has("standard") ?? false;
      case WatcherType.data:
        return data?.has("standard") ?? false;
      case WatcherType.any:
        return data !== undefined || child !== undefined;
      case WatcherType.persistent:
        return (data?.has("persistent") ?? false) || (child?.has("persistent") ?? false);
      case WatcherType.persistentRecursive:
        return data?.has("recursive") ?? false;
    }
  }

  remove(connection: number, path: string, type: WatcherType): boolean {
    const had = this.has(connection, path, type);
    const drop = (table: Table, modes: Mode[]) => {
      const key = `${connection} ${path}`;
      for (const mode of modes) table.get(key)?.delete(mode);
      if (table.get(key)?.size === 0) table.delete(key);
    };
    const all: Mode[] = ["standard", "persistent", "recursive"];
    if (type === WatcherType.children) drop(this.child, ["standard"]);
    if (type === WatcherType.data) drop(this.data, ["standard"]);
    if (type === WatcherType.persistentRecursive) drop(this.data, ["recursive"]);
    if (type === WatcherType.persistent)
      for (const table of [this.data, this.child]) drop(table, ["persistent"]);
    if (type === WatcherType.any) for (const table of [this.data, this.child]) drop(table, all);
    return had;
  }

  removeConnection(connection: number): void {
    for (const table of [this.data, this.child]) {
      for (const key of [...table.keys()]) if (key.startsWith(`${connection} `)) table.delete(key);
    }
  }
}

const connection = fc.integer({ min: 1, max: 4 });
const path = fc.constantFrom("/", "/a", "/b", "/a/x", "/a/y", "/a/x/1", "/ab");
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom("data", "child", "persistent", "recursive"), connection, path),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(
      fc.constantFrom("created", "deleted", "dataChanged", "childrenChanged"),
      connection,
      path,
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constantFrom("remove1", "remove2", "remove3", "remove4", "remove5"),
      connection,
      path,
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant("close"), connection, path) },
);

function perform(kind: string, id: number, at: string, watches: WatchManager, model: WatchModel): void {
  switch (kind) {
    case "data":
      watches.addDataWatch(id, at);
      model.add(model.data, id, at, "standard");
      return;
    case "child":
      watches.addChildWatch(id, at);
      model.add(model.child, id, at, "standard");
      return;
    case "persistent":
      watches.addPersistent(id, at);
      model.add(model.data, id, at, "persistent");
      model.add(model.child, id, at, "persistent");
      return;
    case "recursive":
      watches.addRecursive(id, at);
      model.add(model.data, id, at, "recursive");
      return;
    case "created":
      watches.created(at, 1);
      model.trigger(model.data, WatchEventType.NodeCreated, at);
      return;
    case "dataChanged":
      watches.dataChanged(at, 1);
      model.trigger(model.data, WatchEventType.NodeDataChanged, at);
      return;
    case "deleted": {
      watches.deleted(at, 1);
      const served = model.trigger(model.data, WatchEventType.NodeDeleted, at);
      model.trigger(model.child, WatchEventType.NodeDeleted, at, served);
      return;
    }
    case "childrenChanged":
      watches.childrenChanged(at, 1);
      model.trigger(model.child, WatchEventType.NodeChildrenChanged, at);
      return;
    case "close":
      watches.removeConnection(id);
      model.removeConnection(id);
      return;
    default: {
      const type = Number(kind.at(-1)) as WatcherType;
      expect(watches.remove(id, at, type)).toBe(model.remove(id, at, type));
    }
  }
}

describe("WatchManager and the naive model", () => {
  it("agree on every event, in order of triggers, and on what is left", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        let heard: string[] = [];
        const watches = new WatchManager((id, type, at) => heard.push(`${id} ${type} ${at}`));
        const model = new WatchModel();
        for (const [kind, id, at] of steps) {
          heard = [];
          model.heard.length = 0;
          perform(kind, id, at, watches, model);
          expect(inOrderOfTriggers(heard)).toEqual(inOrderOfTriggers(model.heard));
        }
        expect(watches.watchCount).toBe(model.data.size + model.child.size);
        for (const type of Object.values(WatcherType)) {
          for (const id of [1, 2, 3, 4]) {
            for (const at of ["/", "/a", "/b", "/a/x", "/a/y", "/a/x/1", "/ab"]) {
              expect(watches.contains(id, at, type)).toBe(model.has(id, at, type));
            }
          }
        }
        const keys = [...watches.byPath()].flatMap(([at, ids]) => ids.map((id) => `${id} ${at}`)).sort();
        expect(keys).toEqual([...model.data.keys()].sort());
        const byConnection = [...watches.byConnection()]
          .flatMap(([id, all]) => all.map((at) => `${id} ${at}`))
          .sort();
        expect(byConnection).toEqual(keys);
      }),
      { numRuns: 500 },
    );
  });
});

/** The order among the connections of one trigger is nobody's business; data before child is. */
function inOrderOfTriggers(events: readonly string[]): string[] {
  return [...events].sort((a, b) =>
    a.slice(a.indexOf(" ")) === b.slice(b.indexOf(" ")) ? (a < b ? -1 : 1) : 0,
  );
}
