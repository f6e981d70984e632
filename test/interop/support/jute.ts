/**
 * A second, independent codec for the client wire: the differential suite must not read bytes with the code that
 * wrote them. BigInt everywhere; it only has to be right.
 */
export class Packer {
  readonly #parts: Buffer[] = [];

  int(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value | 0);
    this.#parts.push(bytes);
    return this;
  }

  long(value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(BigInt.asIntN(64, value));
    this.#parts.push(bytes);
    return this;
  }

  bool(value: boolean | number): this {
    this.#parts.push(Buffer.from([Number(value)]));
    return this;
  }

  /** A string as UTF-8 or any bytes, with its length in front; null is length -1. */
  buffer(value: string | Uint8Array | null): this {
    if (value === null) return this.int(-1);
    const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : Buffer.from(value);
    this.int(bytes.length);
    this.#parts.push(bytes);
    return this;
  }

  strings(values: readonly (string | null)[] | null): this {
    if (values === null) return this.int(-1);
    this.int(values.length);
    for (const value of values) this.buffer(value);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

export class Unpacker {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  take(count: number): Buffer {
    if (count > this.remaining) throw new Error(`frame too short: ${count} wanted, ${this.remaining} left`);
    const part = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return part;
  }

  int(): number {
    return this.take(4).readInt32BE();
  }

  long(): bigint {
    return this.take(8).readBigInt64BE();
  }

  bool(): boolean {
    return this.take(1)[0] !== 0;
  }

  buffer(): Buffer | null {
    const length = this.int();
    return length < 0 ? null : this.take(length);
  }

  string(): string | null {
    return this.buffer()?.toString("utf8") ?? null;
  }

  vector<T>(element: () => T): T[] | null {
    const count = this.int();
    if (count < 0) return null;
    return Array.from({ length: count }, element);
  }
}
