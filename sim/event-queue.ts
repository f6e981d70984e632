/** A callback that is due at a moment. */
export interface QueuedEvent {
  readonly atMs: number;
  /** Breaks ties: what was asked for first runs first. */
  readonly order: number;
  /** undefined: it was cancelled. */
  callback: (() => void) | undefined;
}

/**
 * What waits for its time, as a binary heap: adding and taking cost the logarithm of what waits. A cancelled event stays where
 * it is, empty, until its turn comes or until the empty ones outnumber the others.
 */
export class EventQueue {
  #heap: QueuedEvent[] = [];
  #order = 0;
  #cancelled = 0;

  add(atMs: number, callback: () => void): QueuedEvent {
    const event: QueuedEvent = { atMs, order: this.#order++, callback };
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1);
    return event;
  }

  cancel(event: QueuedEvent): void {
    if (event.callback === undefined) return;
    event.callback = undefined;
    this.#cancelled++;
    if (this.#cancelled * 2 > this.#heap.length && this.#heap.length > 64) this.#compact();
  }

  /** When the next one is due; Infinity when there is none. */
  get nextAtMs(): number {
    this.#dropCancelled();
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the next one out: its callback is the caller's to run, and cancelling it does nothing any more. */
  take(): { readonly atMs: number; readonly callback: () => void } | undefined {
    this.#dropCancelled();
    const event = this.#heap[0];
    if (event === undefined) return undefined;
    this.#removeFirst();
    const callback = event.callback!;
    event.callback = undefined;
    return { atMs: event.atMs, callback };
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && this.#heap[0]!.callback === undefined) {
      this.#removeFirst();
      this.#cancelled--;
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #compact(): void {
    this.#heap = this.#heap.filter((event) => event.callback !== undefined);
    this.#cancelled = 0;
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const event = heap[from]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const event = heap[from]!;
    let at = from;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, event)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = event;
  }
}

function isBefore(a: QueuedEvent, b: QueuedEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
