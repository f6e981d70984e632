/**
 * A signed 64-bit integer as two 32-bit halves, immutable. Used where all 64 bits matter and a double would
 * lose some: session ids, ephemeral owners, tree digests. BigInt is kept off the hot path (docs/decisions/0002).
 * Compare with {@link equals} or by {@link key}, never with `===`.
 */
export class Int64 {
  /** 0: of a session id, none. */
  static readonly ZERO: Int64 = new Int64(0, 0);

  /** High 32 bits, signed. */
  readonly hi: number;
  /** Low 32 bits, as a signed int32. */
  readonly lo: number;
  #key: string | undefined;

  constructor(hi: number, lo: number) {
    this.hi = hi | 0;
    this.lo = lo | 0;
  }

  /** From a double that holds an integer of any sign; exact up to 2^53. */
  static fromNumber(value: number): Int64 {
    return new Int64(Math.floor(value / 0x1_0000_0000), value >>> 0);
  }

  /** The low 64 bits of any bigint. */
  static fromBigInt(value: bigint): Int64 {
    return new Int64(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)));
  }

  /** From hex digits with or without `0x`, at most 16 digits. */
  static fromHex(text: string): Int64 {
    return Int64.fromBigInt(BigInt.asIntN(64, BigInt(text.startsWith("0x") ? text : `0x${text}`)));
  }

  /** Whether both are the same number. */
  equals(other: Int64): boolean {
    return this.hi === other.hi && this.lo === other.lo;
  }

  /** Whether it is 0. */
  isZero(): boolean {
    return this.hi === 0 && this.lo === 0;
  }

  /** Lower-case hex without leading zeros and without `0x`, as Java's Long.toHexString; unique, so fit as a Map key. */
  get key(): string {
    let key = this.#key;
    if (key === undefined) {
      const low = (this.lo >>> 0).toString(16);
      key = this.hi === 0 ? low : (this.hi >>> 0).toString(16) + low.padStart(8, "0");
      this.#key = key;
    }
    return key;
  }

  /** Signed value as a double; exact only within ±2^53. */
  toNumber(): number {
    return this.hi * 0x1_0000_0000 + (this.lo >>> 0);
  }

  /** Signed value, exact. */
  toBigInt(): bigint {
    return (BigInt(this.hi) << 32n) | BigInt(this.lo >>> 0);
  }

  /** `0x` and {@link key}: how logs and four-letter words show a session id. */
  toString(): string {
    return `0x${this.key}`;
  }
}
