const CAPACITY_BYTES_MIN = 1024;

/** The contents of a file in memory. What lies beyond the end reads as nothing; what was skipped reads as zeros. */
export class MemoryFile {
  #bytes = new Uint8Array(0);
  #size = 0;

  /** Bytes. */
  get size(): number {
    return this.#size;
  }

  read(into: Uint8Array, position: number): number {
    const part = this.#bytes.subarray(position, Math.min(this.#size, position + into.length));
    into.set(part);
    return part.length;
  }

  /** A copy of everything. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }

  write(bytes: Uint8Array, position: number): void {
    this.#reserve(position + bytes.length);
    this.#bytes.set(bytes, position);
    this.#size = Math.max(this.#size, position + bytes.length);
  }

  truncate(size: number): void {
    this.#reserve(size);
    // What is cut off must not come back when the file grows again.
    if (size < this.#size) this.#bytes.fill(0, size, this.#size);
    this.#size = size;
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(size, 2 * this.#bytes.length, CAPACITY_BYTES_MIN));
    grown.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = grown;
  }
}
