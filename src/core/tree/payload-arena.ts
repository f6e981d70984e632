import { invariant } from "../../base/invariant.ts";
import { CLASS_COUNT, classOfLength, SLOT_BYTES_MAX, slotBytesOf } from "./size-class.ts";

/** Where a payload lies: a slot of a slab (>= 0) or a block of its own (< 0). Only the arena knows what it means. */
export type PayloadRef = number;

const SLAB_BYTES = 256 * 1024;
const SLOT_BITS = 15; // 256 KiB in slots of at least 8 bytes
const SLOT_MASK = (1 << SLOT_BITS) - 1;
const SLABS_MAX = 1 << (31 - SLOT_BITS);
const NONE = -1;

/** One run of memory, cut into slots of one size. */
interface Slab {
  readonly bytes: Uint8Array;
  readonly sizeClass: number;
  readonly slotBytes: number;
  readonly slots: number;
  /** First free slot; each free slot holds the number of the next one in its first four bytes. */
  freeHead: number;
  /** Slots from here on have never been in use. */
  fresh: number;
  used: number;
  /** Where this slab stands in its class's list of slabs with room; NONE when it is full. */
  roomAt: number;
}

/**
 * Keeps the data and the names of all znodes outside the JavaScript heap: small payloads in slots of slabs, large ones
 * each in memory of its own. What is freed is used again; a slab that becomes empty goes back to the system. Payloads
 * of zero length are the caller's business: they have no place here.
 */
export class PayloadArena {
  readonly #slabs: (Slab | undefined)[] = [];
  readonly #unusedSlabNumbers: number[] = [];
  /** By size class: numbers of the slabs that have a free slot. */
  readonly #withRoom: number[][] = Array.from({ length: CLASS_COUNT }, () => []);
  readonly #large: (Uint8Array | undefined)[] = [];
  readonly #unusedLarge: number[] = [];
  #bytesReserved = 0;

  /** Bytes of memory behind everything that is stored, free slots included. */
  get bytesReserved(): number {
    return this.#bytesReserved;
  }

  /** Room for `length` > 0 bytes, whose contents are undefined. */
  allocate(length: number): PayloadRef {
    if (length > SLOT_BYTES_MAX) return this.#allocateLarge(length);
    const sizeClass = classOfLength(length);
    const room = this.#withRoom[sizeClass]!;
    const number = room.length > 0 ? room[room.length - 1]! : this.#addSlab(sizeClass);
    const slab = this.#slabs[number]!;
    const slot = takeSlot(slab);
    if (slab.used === slab.slots) {
      room.pop();
      slab.roomAt = NONE;
    }
    return (number << SLOT_BITS) | slot;
  }

  /** Room that holds a copy of `bytes`, which is not empty. */
  store(bytes: Uint8Array): PayloadRef {
    const ref = this.allocate(bytes.length);
    this.bytesOf(ref).set(bytes, this.offsetOf(ref));
    return ref;
  }

  /** Whether a payload of `from` bytes may be overwritten in place by one of `to` bytes. */
  fits(from: number, to: number): boolean {
    if (from > SLOT_BYTES_MAX || to > SLOT_BYTES_MAX) return from === to;
    return classOfLength(from) === classOfLength(to);
  }

  free(ref: PayloadRef): void {
    if (ref < 0) {
      this.#freeLarge(~ref);
      return;
    }
    const number = ref >> SLOT_BITS;
    const slab = this.#slabs[number];
    invariant(slab !== undefined, () => `payload ${ref} is in no slab`);
    putSlot(slab, ref & SLOT_MASK);
    const room = this.#withRoom[slab.sizeClass]!;
    if (slab.roomAt === NONE) {
      slab.roomAt = room.length;
      room.push(number);
    }
    // The last slab with room stays, or a znode that comes and goes would fetch and return memory each time.
    if (slab.used === 0 && room.length > 1) this.#removeSlab(number, slab, room);
  }

  /** The memory that holds the payload … */
  bytesOf(ref: PayloadRef): Uint8Array {
    return ref < 0 ? this.#large[~ref]! : this.#slabs[ref >> SLOT_BITS]!.bytes;
  }

  /** … and where in it the payload begins. */
  offsetOf(ref: PayloadRef): number {
    return ref < 0 ? 0 : (ref & SLOT_MASK) * this.#slabs[ref >> SLOT_BITS]!.slotBytes;
  }

  /** A view of the payload; valid until it is freed or overwritten. */
  view(ref: PayloadRef, length: number): Uint8Array {
    if (ref < 0) return this.#large[~ref]!;
    const slab = this.#slabs[ref >> SLOT_BITS]!;
    return new Uint8Array(slab.bytes.buffer, (ref & SLOT_MASK) * slab.slotBytes, length);
  }

  #allocateLarge(length: number): PayloadRef {
    const index = this.#unusedLarge.pop() ?? this.#large.length;
    this.#large[index] = new Uint8Array(length);
    this.#bytesReserved += length;
    return ~index;
  }

  #freeLarge(index: number): void {
    const block = this.#large[index];
    invariant(block !== undefined, `large payload ${index} is freed twice`);
    this.#bytesReserved -= block.length;
    this.#large[index] = undefined;
    this.#unusedLarge.push(index);
  }

  #addSlab(sizeClass: number): number {
    const number = this.#unusedSlabNumbers.pop() ?? this.#slabs.length;
    invariant(number < SLABS_MAX, `more than ${SLABS_MAX} slabs of ${SLAB_BYTES} bytes of small payloads`);
    const slotBytes = slotBytesOf(sizeClass);
    const room = this.#withRoom[sizeClass]!;
    this.#slabs[number] = {
      bytes: new Uint8Array(new ArrayBuffer(SLAB_BYTES)),
      sizeClass,
      slotBytes,
      slots: Math.floor(SLAB_BYTES / slotBytes),
      freeHead: NONE,
      fresh: 0,
      used: 0,
      roomAt: room.length,
    };
    room.push(number);
    this.#bytesReserved += SLAB_BYTES;
    return number;
  }

  #removeSlab(number: number, slab: Slab, room: number[]): void {
    const last = room.pop()!;
    if (last !== number) {
      room[slab.roomAt] = last;
      this.#slabs[last]!.roomAt = slab.roomAt;
    }
    this.#slabs[number] = undefined;
    this.#unusedSlabNumbers.push(number);
    this.#bytesReserved -= SLAB_BYTES;
  }
}

function takeSlot(slab: Slab): number {
  slab.used++;
  const slot = slab.freeHead;
  if (slot === NONE) return slab.fresh++;
  const b = slab.bytes;
  const at = slot * slab.slotBytes;
  slab.freeHead = b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24);
  return slot;
}

function putSlot(slab: Slab, slot: number): void {
  invariant(slab.used > 0 && slot < slab.fresh, () => `slot ${slot} is not in use`);
  const b = slab.bytes;
  const at = slot * slab.slotBytes;
  const next = slab.freeHead;
  b[at] = next;
  b[at + 1] = next >> 8;
  b[at + 2] = next >> 16;
  b[at + 3] = next >> 24;
  slab.freeHead = slot;
  slab.used--;
}
