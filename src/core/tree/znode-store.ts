import { invariant } from "../../base/invariant.ts";
import { ChildIndex } from "./child-index.ts";
import { decodeName, nameBytes, writeName } from "./node-name.ts";
import { DoubleField, IntField, NodeRows } from "./node-rows.ts";
import { PayloadArena } from "./payload-arena.ts";
import { NO_NODE, type NodeRef } from "./tree-types.ts";

const SLASH = 0x2f;

/** Told before a row leaves the tree, so that a walk in progress can step off it. */
export interface RemovalObserver {
  beforeRemoval(row: NodeRef): void;
}

/**
 * The shape of the tree in memory: rows linked to parents and siblings, names and data in the arena, children found
 * through one index. It knows nothing of transactions, ACLs or digests. Looking up allocates nothing.
 */
export class ZnodeStore {
  readonly rows: NodeRows = new NodeRows();
  readonly arena: PayloadArena = new PayloadArena();
  readonly root: NodeRef;
  /** Bytes of data of all znodes. */
  dataBytes = 0;
  /** The highest czxid that any znode ever had. */
  czxidMax = 0;
  readonly #index: ChildIndex;
  /** Held weakly: a snapshot that failed half-way is never heard of again, and must not be told of removals for ever. */
  readonly #observers = new Set<WeakRef<RemovalObserver>>();

  /** `hashSeed`: see {@link ChildIndex}. */
  constructor(hashSeed = 0) {
    this.#index = new ChildIndex(this.rows, this.arena, hashSeed);
    this.root = this.rows.allocate();
  }

  setCzxid(row: NodeRef, czxid: number): void {
    this.rows.setDouble(row, DoubleField.czxid, czxid);
    if (czxid > this.czxidMax) this.czxidMax = czxid;
  }

  observe(observer: RemovalObserver): void {
    this.#observers.add(new WeakRef(observer));
  }

  unobserve(observer: RemovalObserver): void {
    for (const ref of this.#observers) if (ref.deref() === observer) this.#observers.delete(ref);
  }

  /** The znode at `path`; "" and "/" are the root. NO_NODE for what is missing or not a path at all. */
  lookup(path: string): NodeRef {
    return path.length === 1 && path.charCodeAt(0) === SLASH
      ? this.root
      : this.lookupPrefix(path, path.length);
  }

  /** The znode at `path[0 … end)`, which ends without a slash. */
  lookupPrefix(path: string, end: number): NodeRef {
    if (end === 0) return this.root;
    if (path.charCodeAt(0) !== SLASH) return NO_NODE;
    let row = this.root;
    let start = 1;
    while (row !== NO_NODE) {
      let stop = start;
      while (stop < end && path.charCodeAt(stop) !== SLASH) stop++;
      row = this.#index.find(row, path, start, stop);
      if (stop >= end) return row;
      start = stop + 1;
    }
    return NO_NODE;
  }

  /** The child of `parent` named `path[start … end)`. */
  child(parent: NodeRef, path: string, start: number, end: number): NodeRef {
    return this.#index.find(parent, path, start, end);
  }

  /** A new znode without data, the last child of `parent`, named `path[start … end)`; there is none of that name yet. */
  addChild(parent: NodeRef, path: string, start: number, end: number): NodeRef {
    const row = this.rows.allocate();
    const length = nameBytes(path, start, end);
    if (length > 0) {
      const ref = this.arena.allocate(length);
      writeName(this.arena.bytesOf(ref), this.arena.offsetOf(ref), path, start, end);
      this.rows.setInt(row, IntField.nameRef, ref);
      this.rows.setInt(row, IntField.nameLength, length);
    }
    this.#link(parent, row);
    this.#index.insert(row, parent, path, start, end);
    return row;
  }

  /** Takes a znode without children, whose name is `path[start … end)`, out of the tree and recycles its memory. */
  removeLeaf(row: NodeRef, path: string, start: number, end: number): void {
    const { rows } = this;
    invariant(row !== this.root && rows.int(row, IntField.numChildren) === 0, "only a leaf can be removed");
    if (this.#observers.size > 0) this.#announceRemoval(row);
    this.#index.remove(row, rows.int(row, IntField.parent), path, start, end);
    this.#unlink(row);
    if (rows.int(row, IntField.nameLength) > 0) this.arena.free(rows.int(row, IntField.nameRef));
    this.setData(row, null);
    rows.free(row);
  }

  /** Keeps a copy of `data`; null and empty are different things. */
  setData(row: NodeRef, data: Uint8Array | null): void {
    const { rows, arena } = this;
    const oldLength = rows.int(row, IntField.dataLength);
    const length = data === null ? -1 : data.length;
    if (oldLength > 0 && length > 0 && arena.fits(oldLength, length)) {
      const ref = rows.int(row, IntField.dataRef);
      arena.bytesOf(ref).set(data!, arena.offsetOf(ref));
    } else {
      if (oldLength > 0) arena.free(rows.int(row, IntField.dataRef));
      if (length > 0) rows.setInt(row, IntField.dataRef, arena.store(data!));
    }
    rows.setInt(row, IntField.dataLength, length);
    this.dataBytes += Math.max(0, length) - Math.max(0, oldLength);
  }

  /** A view of the data, valid until the next change of any znode. */
  data(row: NodeRef): Uint8Array | null {
    const length = this.rows.int(row, IntField.dataLength);
    if (length > 0) return this.arena.view(this.rows.int(row, IntField.dataRef), length);
    return length === 0 ? EMPTY : null;
  }

  /** Bytes of data; 0 for null. */
  dataLength(row: NodeRef): number {
    return Math.max(0, this.rows.int(row, IntField.dataLength));
  }

  /** A view of the name in UTF-8, valid until the next change of any znode. */
  nameView(row: NodeRef): Uint8Array {
    const length = this.rows.int(row, IntField.nameLength);
    return length === 0 ? EMPTY : this.arena.view(this.rows.int(row, IntField.nameRef), length);
  }

  /** Bytes of the name. */
  nameLength(row: NodeRef): number {
    return this.rows.int(row, IntField.nameLength);
  }

  /** Copies the name's bytes to `into` from `at` on. */
  copyName(row: NodeRef, into: Uint8Array, at: number): void {
    const length = this.rows.int(row, IntField.nameLength);
    if (length === 0) return;
    const ref = this.rows.int(row, IntField.nameRef);
    const bytes = this.arena.bytesOf(ref);
    const from = this.arena.offsetOf(ref);
    for (let i = 0; i < length; i++) into[at + i] = bytes[from + i]!;
  }

  name(row: NodeRef): string {
    const length = this.rows.int(row, IntField.nameLength);
    if (length === 0) return "";
    const ref = this.rows.int(row, IntField.nameRef);
    return decodeName(this.arena.bytesOf(ref), this.arena.offsetOf(ref), length);
  }

  /** The path; the root's is "/". */
  path(row: NodeRef): string {
    let path = "";
    for (let at = row; at !== this.root; at = this.rows.int(at, IntField.parent)) {
      path = path === "" ? this.name(at) : `${this.name(at)}/${path}`;
    }
    return `/${path}`;
  }

  firstChild(row: NodeRef): NodeRef {
    return this.rows.int(row, IntField.firstChild);
  }

  nextSibling(row: NodeRef): NodeRef {
    return this.rows.int(row, IntField.nextSibling);
  }

  parent(row: NodeRef): NodeRef {
    return this.rows.int(row, IntField.parent);
  }

  /** The znode after `row` in a depth-first walk that does not go below `row`; NO_NODE when `top` is done. */
  nextAfterSubtree(row: NodeRef, top: NodeRef): NodeRef {
    for (let at = row; at !== top; at = this.parent(at)) {
      const next = this.nextSibling(at);
      if (next !== NO_NODE) return next;
    }
    return NO_NODE;
  }

  /** The znode after `row` in a depth-first walk of everything below `top`. */
  nextInWalk(row: NodeRef, top: NodeRef): NodeRef {
    const child = this.firstChild(row);
    return child !== NO_NODE ? child : this.nextAfterSubtree(row, top);
  }

  #announceRemoval(row: NodeRef): void {
    for (const ref of this.#observers) {
      const observer = ref.deref();
      if (observer === undefined) this.#observers.delete(ref);
      else observer.beforeRemoval(row);
    }
  }

  #link(parent: NodeRef, row: NodeRef): void {
    const { rows } = this;
    rows.setInt(row, IntField.parent, parent);
    const first = rows.int(parent, IntField.firstChild);
    if (first === NO_NODE) {
      rows.setInt(parent, IntField.firstChild, row);
      rows.setInt(row, IntField.prevSibling, row);
    } else {
      const last = rows.int(first, IntField.prevSibling);
      rows.setInt(last, IntField.nextSibling, row);
      rows.setInt(row, IntField.prevSibling, last);
      rows.setInt(first, IntField.prevSibling, row);
    }
    rows.setInt(parent, IntField.numChildren, rows.int(parent, IntField.numChildren) + 1);
  }

  #unlink(row: NodeRef): void {
    const { rows } = this;
    const parent = rows.int(row, IntField.parent);
    const first = rows.int(parent, IntField.firstChild);
    const next = rows.int(row, IntField.nextSibling);
    const previous = rows.int(row, IntField.prevSibling);
    if (first === row) rows.setInt(parent, IntField.firstChild, next);
    else rows.setInt(previous, IntField.nextSibling, next);
    // The first child's prevSibling is the last child: it changes when the row was first or last.
    if (next !== NO_NODE) rows.setInt(next, IntField.prevSibling, previous);
    else if (first !== row) rows.setInt(first, IntField.prevSibling, previous);
    rows.setInt(parent, IntField.numChildren, rows.int(parent, IntField.numChildren) - 1);
  }
}

const EMPTY = new Uint8Array(0);
