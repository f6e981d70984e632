const PAGE_BYTES = 4096;

/** The bytes of a virtual file: pages that were never written take no memory and read as zeros. */
export class SparseBytes {
  readonly #pages = new Map<number, Uint8Array>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get allocatedBytes(): number {
    return this.#pages.size * PAGE_BYTES;
  }

  /** Bytes of pages that a write would add. */
  allocationFor(position: number, length: number): number {
    let added = 0;
    this.#forEachPart(position, length, (page) => {
      if (!this.#pages.has(page)) added += PAGE_BYTES;
    });
    return added;
  }

  static from(bytes: Uint8Array): SparseBytes {
    const out = new SparseBytes();
    out.write(bytes, 0);
    return out;
  }

  clone(): SparseBytes {
    const out = new SparseBytes();
    out.#size = this.#size;
    for (const [page, bytes] of this.#pages) out.#pages.set(page, bytes.slice());
    return out;
  }

  write(bytes: Uint8Array, position: number): void {
    this.#forEachPart(position, bytes.length, (page, from, count, done) => {
      let target = this.#pages.get(page);
      if (target === undefined) this.#pages.set(page, (target = new Uint8Array(PAGE_BYTES)));
      target.set(bytes.subarray(done, done + count), from);
    });
    this.#size = Math.max(this.#size, position + bytes.length);
  }

  /** Up to `into.length` bytes from `position`; returns how many there were. */
  read(into: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(into.length, this.#size - position));
    this.#forEachPart(position, count, (page, from, part, done) => {
      const source = this.#pages.get(page);
      if (source === undefined) into.fill(0, done, done + part);
      else into.set(source.subarray(from, from + part), done);
    });
    return count;
  }

  truncate(size: number): void {
    if (size < this.#size) {
      const last = Math.floor(size / PAGE_BYTES);
      for (const page of [...this.#pages.keys()]) {
        if (page > last) this.#pages.delete(page);
      }
      this.#pages.get(last)?.fill(0, size % PAGE_BYTES);
    }
    this.#size = size;
  }

  toBytes(): Uint8Array {
    const out = new Uint8Array(this.#size);
    this.read(out, 0);
    return out;
  }

  #forEachPart(
    position: number,
    length: number,
    visit: (page: number, from: number, count: number, done: number) => void,
  ): void {
    for (let done = 0; done < length; ) {
      const from = (position + done) % PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - from, length - done);
      visit((position + done - from) / PAGE_BYTES, from, count, done);
      done += count;
    }
  }
}
