/**
 * The slot sizes of the payload arena: multiples of 8 up to 128, then eight sizes per doubling, so that at most an
 * eighth of a slot is wasted.
 */

/** Payloads above this get memory of their own. */
export const SLOT_BYTES_MAX = 8192;
const FINE_MAX = 128;
const FINE_CLASSES = FINE_MAX / 8;

export const CLASS_COUNT: number = FINE_CLASSES + 8 * Math.log2(SLOT_BYTES_MAX / FINE_MAX);

/** The class of a payload of `length` bytes, 1 … {@link SLOT_BYTES_MAX}. */
export function classOfLength(length: number): number {
  if (length <= FINE_MAX) return (length - 1) >> 3;
  const top = 31 - Math.clz32(length - 1); // 2^top <= length - 1 < 2^(top+1), top >= 7
  const eighth = ((length - 1) >> (top - 3)) & 7;
  return FINE_CLASSES + (top - 7) * 8 + eighth;
}

/** How long the slots of a class are. */
export function slotBytesOf(sizeClass: number): number {
  if (sizeClass < FINE_CLASSES) return (sizeClass + 1) * 8;
  const coarse = sizeClass - FINE_CLASSES;
  const top = 7 + (coarse >> 3);
  return (1 << top) + ((coarse & 7) + 1) * (1 << (top - 3));
}
