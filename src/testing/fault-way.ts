/** What happens to bytes that go one way. */
export interface Fault {
  isDropping: boolean;
  isHolding: boolean;
  delayMs: number;
}

/** Where the bytes of a way arrive: a socket. */
export interface WayEnd {
  write(bytes: Buffer): unknown;
  end(): unknown;
  resetAndDestroy(): unknown;
}

/** How a way ends: the sender has said everything, or its connection broke. */
export type WayEnding = "finished" | "broken";

/** One of the two ways of a connection: bytes leave in the order in which they came, whatever was done to them. */
export class Way {
  readonly #to: WayEnd;
  readonly #fault: Fault;
  readonly #queue: { readonly what: Buffer | WayEnding; readonly dueMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(to: WayEnd, fault: Fault) {
    this.#to = to;
    this.#fault = fault;
  }

  /** Bytes, or the end, which arrives behind all bytes before it. */
  take(what: Buffer | WayEnding): void {
    if (this.#fault.isDropping) return;
    this.#queue.push({ what, dueMs: performance.now() + this.#fault.delayMs });
    this.flow();
  }

  /** Passes on what is due, and comes back for the rest. */
  flow(): void {
    clearTimeout(this.#timer);
    if (this.#fault.isHolding) return;
    const nowMs = performance.now();
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (first.dueMs > nowMs) {
        this.#timer = setTimeout(() => this.flow(), first.dueMs - nowMs);
        return;
      }
      this.#queue.shift();
      if (first.what === "finished") this.#to.end();
      else if (first.what === "broken") this.#to.resetAndDestroy();
      else this.#to.write(first.what);
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }
}

export function faultless(): Fault {
  return { isDropping: false, isHolding: false, delayMs: 0 };
}
