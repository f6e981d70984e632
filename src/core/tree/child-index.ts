import { invariant } from "../../base/invariant.ts";
import { nameEquals } from "./node-name.ts";
import { IntField, type NodeRows } from "./node-rows.ts";
import type { PayloadArena } from "./payload-arena.ts";
import { NO_NODE, type NodeRef } from "./tree-types.ts";

/** Slots of a segment. A slot is two int32: the hash, and the row plus one (0 = free). */
const SLOTS = 2048;
const SLOT_MASK = SLOTS - 1;
/** A segment with more than this is divided: linear probing stays short. */
const USED_MAX = SLOTS * 0.75;
/** Low bits of the hash choose the slot; the next ones, this many at most, the segment: 2^20 segments of 1500 rows. */
const SLOT_BITS = 11;
const DEPTH_MAX = 20;

interface Segment {
  readonly slots: Int32Array;
  used: number;
  /** How many of the directory's bits the rows of this segment have in common. */
  depth: number;
}

/**
 * Finds a child by its parent's row and its name. One table serves all directories: a directory of a million children
 * costs what a million directories of one child cost, and leaves cost nothing.
 *
 * It is an extendible hash table: a directory of segments, each with open addressing. Growth divides one segment at a time,
 * so no insertion ever stops to rehash everything, and a lookup that fails touches no row.
 */
export class ChildIndex {
  readonly #rows: NodeRows;
  readonly #arena: PayloadArena;
  #directory: Segment[] = [newSegment(0)];
  #depth = 0;
  #depthMask = 0;

  constructor(rows: NodeRows, arena: PayloadArena) {
    this.#rows = rows;
    this.#arena = arena;
  }

  /** The child of `parent` named `path[start … end)`. Allocates nothing. */
  find(parent: NodeRef, path: string, start: number, end: number): NodeRef {
    const hash = hashName(parent, path, start, end);
    const { slots } = this.#directory[(hash >>> SLOT_BITS) & this.#depthMask]!;
    for (let slot = hash & SLOT_MASK; ; slot = (slot + 1) & SLOT_MASK) {
      const row = slots[slot * 2 + 1]! - 1;
      if (row < 0) return NO_NODE;
      if (slots[slot * 2] === hash && this.#is(row, parent, path, start, end)) return row;
    }
  }

  /** Adds a row, a child of `parent` named `path[start … end)`, which is not in the index yet. */
  insert(row: NodeRef, parent: NodeRef, path: string, start: number, end: number): void {
    const hash = hashName(parent, path, start, end);
    let segment = this.#directory[(hash >>> SLOT_BITS) & this.#depthMask]!;
    while (segment.used >= USED_MAX && segment.depth < DEPTH_MAX) {
      this.#divide(segment, hash);
      segment = this.#directory[(hash >>> SLOT_BITS) & this.#depthMask]!;
    }
    invariant(segment.used < SLOTS - 1, "the child index is full");
    put(segment, hash, row);
  }

  /** Takes a row out that is in the index under this parent and name. */
  remove(row: NodeRef, parent: NodeRef, path: string, start: number, end: number): void {
    const hash = hashName(parent, path, start, end);
    const segment = this.#directory[(hash >>> SLOT_BITS) & this.#depthMask]!;
    const { slots } = segment;
    let hole = hash & SLOT_MASK;
    while (slots[hole * 2 + 1] !== row + 1) {
      invariant(slots[hole * 2 + 1] !== 0, `row ${row} is not in the child index`);
      hole = (hole + 1) & SLOT_MASK;
    }
    segment.used--;
    closeGap(slots, hole);
  }

  #is(row: NodeRef, parent: NodeRef, path: string, start: number, end: number): boolean {
    const ints = this.#rows.intsOf(row);
    const at = this.#rows.intsAt(row);
    if (ints[at + IntField.parent] !== parent) return false;
    const length = ints[at + IntField.nameLength]!;
    if (length === 0) return start === end;
    const ref = ints[at + IntField.nameRef]!;
    return nameEquals(this.#arena.bytesOf(ref), this.#arena.offsetOf(ref), length, path, start, end);
  }

  /** Divides the segment that `hash` leads to in two, by the next bit of the rows' hashes. */
  #divide(segment: Segment, hash: number): void {
    if (segment.depth === this.#depth) {
      this.#directory = this.#directory.concat(this.#directory);
      this.#depth++;
      this.#depthMask = (1 << this.#depth) - 1;
    }
    const bit = 1 << segment.depth;
    const halves = [newSegment(segment.depth + 1), newSegment(segment.depth + 1)] as const;
    for (let slot = 0; slot < SLOTS; slot++) {
      const row = segment.slots[slot * 2 + 1]! - 1;
      if (row < 0) continue;
      const rowHash = segment.slots[slot * 2]!;
      put((rowHash >>> SLOT_BITS) & bit ? halves[1] : halves[0], rowHash, row);
    }
    // The directory repeats a segment at every index that has its bits.
    const first = (hash >>> SLOT_BITS) & (bit - 1);
    for (let i = first; i <= this.#depthMask; i += bit) this.#directory[i] = i & bit ? halves[1] : halves[0];
  }
}

function newSegment(depth: number): Segment {
  return { slots: new Int32Array(SLOTS * 2), used: 0, depth };
}

function put(segment: Segment, hash: number, row: NodeRef): void {
  const { slots } = segment;
  let slot = hash & SLOT_MASK;
  while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & SLOT_MASK;
  slots[slot * 2] = hash;
  slots[slot * 2 + 1] = row + 1;
  segment.used++;
}

/** Moves back what stands behind a removed entry and could no longer be found across the gap. */
function closeGap(slots: Int32Array, gap: number): void {
  let hole = gap;
  for (let slot = (hole + 1) & SLOT_MASK; slots[slot * 2 + 1] !== 0; slot = (slot + 1) & SLOT_MASK) {
    const home = slots[slot * 2]! & SLOT_MASK;
    // An entry may move into the hole unless its home lies behind it.
    if (((slot - home) & SLOT_MASK) < ((slot - hole) & SLOT_MASK)) continue;
    slots[hole * 2] = slots[slot * 2]!;
    slots[hole * 2 + 1] = slots[slot * 2 + 1]!;
    hole = slot;
  }
  slots[hole * 2 + 1] = 0;
}

/** FNV-1a over the UTF-16 units, begun with the parent's row, and stirred so that the low bits depend on all of it. */
function hashName(parent: NodeRef, path: string, start: number, end: number): number {
  let hash = Math.imul(parent + 1, 0x9e3779b1) ^ 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
