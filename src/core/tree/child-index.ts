import { nameEquals } from "./node-name.ts";
import { IntField, type NodeRows } from "./node-rows.ts";
import type { PayloadArena } from "./payload-arena.ts";
import { NO_NODE, type NodeRef } from "./tree-types.ts";

const HEADS_BITS = 14;
const HEADS_PER_CHUNK = 1 << HEADS_BITS;
const HEADS_MASK = HEADS_PER_CHUNK - 1;
const BUCKETS_INITIAL = 1024;

/**
 * Finds a child by its parent's row and its name. One table serves all directories: a directory of a million children
 * costs what a million directories of one child cost, and leaves cost nothing. It is a linear hash table: it grows by
 * one bucket per insertion, so no insertion ever stops to rehash the rest.
 */
export class ChildIndex {
  readonly #rows: NodeRows;
  readonly #arena: PayloadArena;
  /** First row of each bucket's chain, which goes on in the rows' hashNext. */
  readonly #heads: Int32Array[] = [];
  #count = 0;
  /** Buckets = 2^level + split; buckets below `split` have been divided already. */
  #levelMask = BUCKETS_INITIAL - 1;
  #split = 0;

  constructor(rows: NodeRows, arena: PayloadArena) {
    this.#rows = rows;
    this.#arena = arena;
    this.#reserve(BUCKETS_INITIAL - 1);
  }

  /** The child of `parent` named `path[start … end)`. Allocates nothing. */
  find(parent: NodeRef, path: string, start: number, end: number): NodeRef {
    const hash = hashName(parent, path, start, end);
    const bucket = this.#bucketOf(hash);
    let row = this.#heads[bucket >> HEADS_BITS]![bucket & HEADS_MASK]!;
    while (row !== NO_NODE) {
      const ints = this.#rows.intsOf(row);
      const at = this.#rows.intsAt(row);
      if (ints[at + IntField.nameHash] === hash && ints[at + IntField.parent] === parent) {
        const length = ints[at + IntField.nameLength]!;
        if (this.#hasName(ints[at + IntField.nameRef]!, length, path, start, end)) return row;
      }
      row = ints[at + IntField.hashNext]!;
    }
    return NO_NODE;
  }

  /** Adds a row whose parent and name are set and who is not in the index yet. */
  insert(row: NodeRef, path: string, start: number, end: number): void {
    const hash = hashName(this.#rows.int(row, IntField.parent), path, start, end);
    this.#rows.setInt(row, IntField.nameHash, hash);
    this.#push(this.#bucketOf(hash), row);
    this.#count++;
    if (this.#count > this.#levelMask + 1 + this.#split) this.#divide();
  }

  /** Takes out a row that is in the index. */
  remove(row: NodeRef): void {
    const rows = this.#rows;
    const bucket = this.#bucketOf(rows.int(row, IntField.nameHash));
    const heads = this.#heads[bucket >> HEADS_BITS]!;
    const next = rows.int(row, IntField.hashNext);
    let before = heads[bucket & HEADS_MASK]!;
    if (before === row) {
      heads[bucket & HEADS_MASK] = next;
    } else {
      for (let after = rows.int(before, IntField.hashNext); after !== row; ) {
        before = after;
        after = rows.int(before, IntField.hashNext);
      }
      rows.setInt(before, IntField.hashNext, next);
    }
    this.#count--;
  }

  #hasName(ref: number, length: number, path: string, start: number, end: number): boolean {
    if (length === 0) return start === end;
    return nameEquals(this.#arena.bytesOf(ref), this.#arena.offsetOf(ref), length, path, start, end);
  }

  #bucketOf(hash: number): number {
    const bucket = hash & this.#levelMask;
    return bucket < this.#split ? hash & ((this.#levelMask << 1) | 1) : bucket;
  }

  #push(bucket: number, row: NodeRef): void {
    const heads = this.#heads[bucket >> HEADS_BITS]!;
    this.#rows.setInt(row, IntField.hashNext, heads[bucket & HEADS_MASK]!);
    heads[bucket & HEADS_MASK] = row;
  }

  /** Moves about half of one bucket to a new one at the end. */
  #divide(): void {
    const from = this.#split;
    const heads = this.#heads[from >> HEADS_BITS]!;
    let row = heads[from & HEADS_MASK]!;
    heads[from & HEADS_MASK] = NO_NODE;
    this.#reserve(this.#levelMask + 1 + from);
    this.#split++;
    if (this.#split > this.#levelMask) {
      this.#levelMask = (this.#levelMask << 1) | 1;
      this.#split = 0;
    }
    while (row !== NO_NODE) {
      const next = this.#rows.int(row, IntField.hashNext);
      this.#push(this.#bucketOf(this.#rows.int(row, IntField.nameHash)), row);
      row = next;
    }
  }

  #reserve(bucket: number): void {
    if (bucket >> HEADS_BITS === this.#heads.length) {
      this.#heads.push(new Int32Array(HEADS_PER_CHUNK).fill(NO_NODE));
    }
  }
}

/** FNV-1a over the UTF-16 units, begun with the parent's row, and stirred so that the low bits depend on all of it. */
function hashName(parent: NodeRef, path: string, start: number, end: number): number {
  let hash = Math.imul(parent + 1, 0x9e3779b1) ^ 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
