import { invariant } from "../../base/invariant.ts";
import { NO_NODE, type NodeRef } from "./tree-types.ts";

/**
 * Every znode is one row of numbers in typed arrays: no object per znode, so a million of them give the garbage
 * collector nothing to mark. A row is 13 doubles wide (104 bytes); its fields lie side by side, because a request touches
 * many fields of one znode and hardly ever one field of many. Rows come in chunks that are never moved: growth
 * costs one chunk, not a copy of everything.
 *
 * The first five doubles are read through `doubles`, the other fields as int32 through `ints`; both are views of the
 * same memory, indexed by {@link DoubleField} and {@link IntField}.
 */
const CHUNK_BITS = 12;
const CHUNK_ROWS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_ROWS - 1;
const ROW_DOUBLES = 13;
const ROW_INTS = ROW_DOUBLES * 2;

/** Fields that need more than 32 bits. */
export const DoubleField = { czxid: 0, mzxid: 1, pzxid: 2, ctime: 3, mtime: 4 } as const;
export type DoubleField = (typeof DoubleField)[keyof typeof DoubleField];

/** Fields of 32 bits; the first ten words of a row are the five doubles. */
export const IntField = {
  version: 10,
  /** How many children were ever created: what snapshots call cversion. */
  cversion: 11,
  aversion: 12,
  ownerHi: 13,
  ownerLo: 14,
  /** The znode's part of the tree digest, unsigned; 0 when it has none. */
  digest: 15,
  /** Slot in the ACL cache, -1 = world:anyone:cdrwa. */
  aclSlot: 16,
  /** Where the data is in the arena; meaningless while dataLength <= 0. */
  dataRef: 17,
  /** Bytes; -1 = null. */
  dataLength: 18,
  /** Row of the parent, -1 for the root, -2 for a row that is not in use. */
  parent: 19,
  firstChild: 20,
  /** Of a row that is not in use: the next such row. */
  nextSibling: 21,
  /** The sibling before; of the first child: the last one, so that appending needs no search. */
  prevSibling: 22,
  numChildren: 23,
  /** Where the name is in the arena; meaningless while nameLength is 0. */
  nameRef: 24,
  /** Bytes of the name in UTF-8. */
  nameLength: 25,
} as const;
export type IntField = (typeof IntField)[keyof typeof IntField];

const FREE = -2;

export class NodeRows {
  readonly #doubles: Float64Array[] = [];
  readonly #ints: Int32Array[] = [];
  #freeHead: NodeRef = NO_NODE;
  /** Rows below this were in use at least once. */
  #fresh = 0;
  #count = 0;

  /** Rows in use. */
  get count(): number {
    return this.#count;
  }

  /** A row whose fields are all 0, apart from the links, which point nowhere. */
  allocate(): NodeRef {
    let row = this.#freeHead;
    if (row !== NO_NODE) {
      this.#freeHead = this.int(row, IntField.nextSibling);
      const at = (row & CHUNK_MASK) * ROW_DOUBLES;
      this.#doubles[row >> CHUNK_BITS]!.fill(0, at, at + ROW_DOUBLES);
    } else {
      row = this.#fresh++;
      if (row >> CHUNK_BITS === this.#ints.length) this.#addChunk();
    }
    this.#count++;
    const ints = this.#ints[row >> CHUNK_BITS]!;
    const at = (row & CHUNK_MASK) * ROW_INTS;
    ints[at + IntField.parent] = NO_NODE;
    ints[at + IntField.firstChild] = NO_NODE;
    ints[at + IntField.nextSibling] = NO_NODE;
    ints[at + IntField.prevSibling] = NO_NODE;
    ints[at + IntField.aclSlot] = -1;
    ints[at + IntField.dataLength] = -1;
    return row;
  }

  free(row: NodeRef): void {
    invariant(this.isInUse(row), `row ${row} is freed twice`);
    this.setInt(row, IntField.parent, FREE);
    this.setInt(row, IntField.nextSibling, this.#freeHead);
    this.#freeHead = row;
    this.#count--;
  }

  isInUse(row: NodeRef): boolean {
    return row >= 0 && row < this.#fresh && this.int(row, IntField.parent) !== FREE;
  }

  /** The chunk that holds the row, for reading several fields at once with {@link intsAt}. */
  intsOf(row: NodeRef): Int32Array {
    return this.#ints[row >> CHUNK_BITS]!;
  }

  /** Where the row begins in {@link intsOf}; add an {@link IntField}. */
  intsAt(row: NodeRef): number {
    return (row & CHUNK_MASK) * ROW_INTS;
  }

  int(row: NodeRef, field: IntField): number {
    return this.#ints[row >> CHUNK_BITS]![(row & CHUNK_MASK) * ROW_INTS + field]!;
  }

  setInt(row: NodeRef, field: IntField, value: number): void {
    this.#ints[row >> CHUNK_BITS]![(row & CHUNK_MASK) * ROW_INTS + field] = value;
  }

  double(row: NodeRef, field: DoubleField): number {
    return this.#doubles[row >> CHUNK_BITS]![(row & CHUNK_MASK) * ROW_DOUBLES + field]!;
  }

  setDouble(row: NodeRef, field: DoubleField, value: number): void {
    this.#doubles[row >> CHUNK_BITS]![(row & CHUNK_MASK) * ROW_DOUBLES + field] = value;
  }

  #addChunk(): void {
    const memory = new ArrayBuffer(CHUNK_ROWS * ROW_DOUBLES * 8);
    this.#doubles.push(new Float64Array(memory));
    this.#ints.push(new Int32Array(memory));
  }
}
