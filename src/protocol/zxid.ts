/**
 * The only place that knows the bits of a zxid: epoch in the high 32, counter in the low 32.
 *
 * A zxid is held in a double, which is exact below 2^53, that is for epochs below 2^21. An ensemble that
 * elects a leader every minute reaches that in four years of nothing but elections; a larger zxid read from
 * a peer or a disk is refused by name instead of rounded (docs/decisions/0002).
 */
declare const zxidBrand: unique symbol;
/** The number of a transaction: they only grow, so the greater is the later. Plain numbers otherwise. */
export type Zxid = number & { readonly [zxidBrand]: true };

const TWO_32 = 0x1_0000_0000;

/** Highest epoch that a double holds exactly together with its counter. */
export const EPOCH_MAX = 0x1f_ffff;
export const COUNTER_MAX = 0xffff_ffff;
export const ZXID_ZERO = 0 as Zxid;
/** "No usable state": a server with this zxid does not vote with its data (storage-formats 3.7). */
export const ZXID_NONE = -1 as Zxid;

export function makeZxid(epoch: number, counter: number): Zxid {
  return (epoch * TWO_32 + counter) as Zxid;
}

/** From the two halves on the wire; exact for every zxid whose epoch is at most {@link EPOCH_MAX}, see {@link isExactZxid}. */
export function zxidFromHalves(hi: number, lo: number): Zxid {
  return (hi * TWO_32 + (lo >>> 0)) as Zxid;
}

export function isExactZxid(zxid: Zxid): boolean {
  return Number.isSafeInteger(zxid);
}

export function zxidHigh(zxid: Zxid): number {
  return Math.floor(zxid / TWO_32) | 0;
}

export function zxidLow(zxid: Zxid): number {
  return zxid >>> 0;
}

export const epochOf: (zxid: Zxid) => number = zxidHigh;
export const counterOf: (zxid: Zxid) => number = zxidLow;

/** The following zxid of the same epoch; the caller has made sure that the counter is not at its end. */
export function nextZxid(zxid: Zxid): Zxid {
  return (zxid + 1) as Zxid;
}

/** Whether `next` can come right behind `last` in a log: the next of the epoch, or the first of a later one (S16). */
export function follows(last: Zxid, next: Zxid): boolean {
  return next === last + 1 || (epochOf(next) > epochOf(last) && counterOf(next) === 1);
}

/** Lower-case hex without `0x`: file names, logs. Negative values as 64-bit two's complement, like Java. */
export function zxidToHex(zxid: Zxid): string {
  return zxid >= 0 ? zxid.toString(16) : BigInt.asUintN(64, BigInt(zxid)).toString(16);
}

/** For messages: {@link zxidToHex} behind `0x`. */
export function zxidText(zxid: Zxid): string {
  return `0x${zxidToHex(zxid)}`;
}

/** From hex digits as in `log.<hex>`; undefined when they are not a zxid. */
export function zxidFromHex(text: string): Zxid | undefined {
  if (!/^[0-9a-fA-F]{1,16}$/.test(text)) return undefined;
  return Number(BigInt.asIntN(64, BigInt(`0x${text}`))) as Zxid;
}
