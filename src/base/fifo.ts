/** Slots at the front that are given back at the latest when they are as many as the rest. */
const COMPACT_MIN = 64;

/** First in, first out, without moving elements for every take. Holds no reference to what was taken. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest element, or undefined. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** The element `at` places behind the oldest. */
  at(at: number): T | undefined {
    return this.#items[this.#head + at];
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (this.#head === this.#items.length) return undefined;
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= COMPACT_MIN && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes everything, oldest first. */
  drain(): T[] {
    const items = this.#items.slice(this.#head) as T[];
    this.#items = [];
    this.#head = 0;
    return items;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let at = this.#head; at < this.#items.length; at++) yield this.#items[at]!;
  }

  /** Takes back what was pushed beyond `length` elements. */
  truncate(length: number): void {
    this.#items.length = this.#head + length;
  }
}
