/**
 * ZooKeeper's data semantics written down a second time, as plainly as possible: one write after the other on a map of
 * paths, a full copy of the state for every zxid. Slow, and meant to be obviously right.
 */

export interface ModelNode {
  readonly data: string;
  readonly version: number;
  /** Creates of children ever. */
  readonly counter: number;
  readonly owner: string | null;
  readonly czxid: number;
  readonly mzxid: number;
  readonly pzxid: number;
}

export type ModelState = ReadonlyMap<string, ModelNode>;

export type ModelWrite =
  | { readonly kind: "create"; readonly path: string; readonly data: string; readonly flags: number }
  | { readonly kind: "delete"; readonly path: string; readonly version: number }
  | { readonly kind: "setData"; readonly path: string; readonly data: string; readonly version: number }
  | { readonly kind: "check"; readonly path: string; readonly version: number };

/** A code, or the path that was touched. */
export type ModelOutcome = { readonly err: number } | { readonly err: 0; readonly path: string };

export interface ModelChange {
  readonly type: "created" | "deleted" | "dataChanged";
  readonly path: string;
}

export const EMPTY_STATE: ModelState = new Map([
  ["/", { data: "", version: 0, counter: 0, owner: null, czxid: 0, mzxid: 0, pzxid: 0 }],
]);

const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf("/")));

export function childrenOf(state: ModelState, path: string): string[] {
  const prefix = path === "/" ? "/" : `${path}/`;
  const names = [...state.keys()].filter((each) => each !== "/" && each.startsWith(prefix));
  return names.map((each) => each.slice(prefix.length)).filter((name) => !name.includes("/"));
}

/** Applies one write to `state` in place; appends what changed. */
function applyWrite(
  state: Map<string, ModelNode>,
  write: ModelWrite,
  zxid: number,
  session: string,
  changes: ModelChange[],
): ModelOutcome {
  switch (write.kind) {
    case "create":
      return create(state, write, zxid, session, changes);
    case "delete": {
      const parent = state.get(parentOf(write.path));
      const node = state.get(write.path);
      if (parent === undefined || node === undefined) return { err: -101 };
      if (write.version !== -1 && write.version !== node.version) return { err: -103 };
      if (childrenOf(state, write.path).length > 0) return { err: -111 };
      state.delete(write.path);
      state.set(parentOf(write.path), { ...parent, pzxid: zxid });
      changes.push({ type: "deleted", path: write.path });
      return { err: 0, path: write.path };
    }
    case "setData": {
      const node = state.get(write.path);
      if (node === undefined) return { err: -101 };
      if (write.version !== -1 && write.version !== node.version) return { err: -103 };
      state.set(write.path, { ...node, data: write.data, version: node.version + 1, mzxid: zxid });
      changes.push({ type: "dataChanged", path: write.path });
      return { err: 0, path: write.path };
    }
    case "check": {
      const node = state.get(write.path);
      if (node === undefined) return { err: -101 };
      return write.version !== -1 && write.version !== node.version
        ? { err: -103 }
        : { err: 0, path: write.path };
    }
  }
}

function create(
  state: Map<string, ModelNode>,
  write: Extract<ModelWrite, { readonly kind: "create" }>,
  zxid: number,
  session: string,
  changes: ModelChange[],
): ModelOutcome {
  const parentPath = parentOf(write.path);
  const parent = state.get(parentPath);
  if (parent === undefined) return { err: -101 };
  const isSequential = write.flags === 2 || write.flags === 3;
  const path = isSequential ? write.path + String(parent.counter).padStart(10, "0") : write.path;
  if (state.has(path)) return { err: -110 };
  if (parent.owner !== null) return { err: -108 };
  const owner = write.flags === 1 || write.flags === 3 ? session : null;
  state.set(parentPath, { ...parent, counter: parent.counter + 1, pzxid: zxid });
  state.set(path, { data: write.data, version: 0, counter: 0, owner, czxid: zxid, mzxid: zxid, pzxid: zxid });
  changes.push({ type: "created", path });
  return { err: 0, path };
}

/** The outcome of a multi, and the state after it: all of it or nothing. */
export function applyMulti(
  before: ModelState,
  writes: readonly ModelWrite[],
  zxid: number,
  session: string,
): { state: ModelState; outcomes: ModelOutcome[]; changes: ModelChange[] } {
  const state = new Map(before);
  const changes: ModelChange[] = [];
  const outcomes: ModelOutcome[] = [];
  for (const write of writes) {
    const outcome = applyWrite(state, write, zxid, session, changes);
    outcomes.push(outcome);
    if (outcome.err === 0) continue;
    const failedAt = outcomes.length - 1;
    const all = writes.map((_, at) => ({ err: at < failedAt ? 0 : at === failedAt ? outcome.err : -2 }));
    return { state: before, outcomes: all, changes: [] };
  }
  return { state, outcomes, changes };
}

/** Ends a session: its ephemerals go. */
export function applyClose(
  before: ModelState,
  zxid: number,
  session: string,
): { state: ModelState; changes: ModelChange[] } {
  const state = new Map(before);
  const changes: ModelChange[] = [];
  for (const [path, node] of before) {
    if (node.owner !== session) continue;
    state.delete(path);
    state.set(parentOf(path), { ...state.get(parentOf(path))!, pzxid: zxid });
    changes.push({ type: "deleted", path });
  }
  return { state, changes };
}
