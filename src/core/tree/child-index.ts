import { invariant } from "../../base/invariant.ts";
import { nameEquals } from "./node-name.ts";
import { IntField, type NodeRows } from "./node-rows.ts";
import type { PayloadArena } from "./payload-arena.ts";
import { NO_NODE, type NodeRef } from "./tree-types.ts";

/** Slots of a new segment. A slot is two int32: the hash, and the row plus one (0 = free). */
const SLOTS = 2048;
/** A segment fuller than this is divided or grows: linear probing stays short. */
const LOAD_MAX = 0.75;
/** The directory looks at the bits of the hash above these, so that a segment's rows still differ in the low ones. */
const SLOT_BITS = 11;
const DEPTH_MAX = 32 - SLOT_BITS;
/** The directory doubles only while segments hold this many rows on average: chosen names cannot blow it up. */
const ROWS_PER_SEGMENT_MIN = SLOTS / 8;

interface Segment {
  slots: Int32Array;
  /** Number of slots minus one. */
  mask: number;
  used: number;
  /** How many of the directory's bits the rows of this segment have in common. */
  depth: number;
}

/**
 * Finds a child by its parent's row and its name. One table serves all directories: a directory of a million children
 * costs what a million directories of one child cost, and leaves cost nothing.
 *
 * It is an extendible hash table: a directory of segments, each with open addressing. Growth divides one segment at a time,
 * so no insertion ever stops to rehash everything, and a lookup that fails touches no row. Where dividing does not help,
 * because somebody chose names with equal hashes, the segment itself grows: slow there, right everywhere.
 */
export class ChildIndex {
  readonly #rows: NodeRows;
  readonly #arena: PayloadArena;
  readonly #seed: number;
  #directory: Segment[] = [newSegment(0, SLOTS)];
  #count = 0;
  #depth = 0;
  #depthMask = 0;

  /** `seed`: any int32, best one that nobody outside can know; it shows in nothing but speed. */
  constructor(rows: NodeRows, arena: PayloadArena, seed: number) {
    this.#rows = rows;
    this.#arena = arena;
    this.#seed = seed;
  }

  /** The child of `parent` named `path[start … end)`. Allocates nothing. */
  find(parent: NodeRef, path: string, start: number, end: number): NodeRef {
    const hash = hashName(this.#seed, parent, path, start, end);
    const { slots, mask } = this.#segmentOf(hash);
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = slots[slot * 2 + 1]! - 1;
      if (row < 0) return NO_NODE;
      if (slots[slot * 2] === hash && this.#is(row, parent, path, start, end)) return row;
    }
  }

  /** Adds a row, a child of `parent` named `path[start … end)`, which is not in the index yet. */
  insert(row: NodeRef, parent: NodeRef, path: string, start: number, end: number): void {
    const hash = hashName(this.#seed, parent, path, start, end);
    let segment = this.#segmentOf(hash);
    while (segment.used >= (segment.mask + 1) * LOAD_MAX) {
      if (this.#mayDivide(segment)) this.#divide(segment, hash);
      else grow(segment);
      segment = this.#segmentOf(hash);
    }
    put(segment, hash, row);
    this.#count++;
  }

  /** Takes a row out that is in the index under this parent and name. */
  remove(row: NodeRef, parent: NodeRef, path: string, start: number, end: number): void {
    const hash = hashName(this.#seed, parent, path, start, end);
    const segment = this.#segmentOf(hash);
    const { slots, mask } = segment;
    let hole = hash & mask;
    while (slots[hole * 2 + 1] !== row + 1) {
      invariant(slots[hole * 2 + 1] !== 0, `row ${row} is not in the child index`);
      hole = (hole + 1) & mask;
    }
    segment.used--;
    this.#count--;
    closeGap(slots, mask, hole);
  }

  #segmentOf(hash: number): Segment {
    return this.#directory[(hash >>> SLOT_BITS) & this.#depthMask]!;
  }

  #mayDivide(segment: Segment): boolean {
    if (segment.depth < this.#depth) return true;
    return this.#depth < DEPTH_MAX && this.#count >= this.#directory.length * ROWS_PER_SEGMENT_MIN;
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
    const slotCount = segment.mask + 1;
    const halves = [
      newSegment(segment.depth + 1, slotCount),
      newSegment(segment.depth + 1, slotCount),
    ] as const;
    for (let slot = 0; slot < slotCount; slot++) {
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

function newSegment(depth: number, slotCount: number): Segment {
  return { slots: new Int32Array(slotCount * 2), mask: slotCount - 1, used: 0, depth };
}

/** Twice the slots for the same rows. */
function grow(segment: Segment): void {
  const { slots, mask } = segment;
  segment.slots = new Int32Array(slots.length * 2);
  segment.mask = mask * 2 + 1;
  segment.used = 0;
  for (let slot = 0; slot <= mask; slot++) {
    const row = slots[slot * 2 + 1]! - 1;
    if (row >= 0) put(segment, slots[slot * 2]!, row);
  }
}

function put(segment: Segment, hash: number, row: NodeRef): void {
  const { slots, mask } = segment;
  let slot = hash & mask;
  while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
  slots[slot * 2] = hash;
  slots[slot * 2 + 1] = row + 1;
  segment.used++;
}

/** Moves back what stands behind a removed entry and could no longer be found across the gap. */
function closeGap(slots: Int32Array, mask: number, gap: number): void {
  let hole = gap;
  for (let slot = (hole + 1) & mask; slots[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
    const home = slots[slot * 2]! & mask;
    // An entry may move into the hole unless its home lies behind it.
    if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
    slots[hole * 2] = slots[slot * 2]!;
    slots[hole * 2 + 1] = slots[slot * 2 + 1]!;
    hole = slot;
  }
  slots[hole * 2 + 1] = 0;
}

/** FNV-1a over the UTF-16 units, begun with seed and parent, and stirred so that the low bits depend on all of it. */
function hashName(seed: number, parent: NodeRef, path: string, start: number, end: number): number {
  let hash = Math.imul(parent + 1, 0x9e3779b1) ^ seed;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
