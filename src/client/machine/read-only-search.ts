const FIRST_MS = 100;
const LONGEST_MS = 60_000;

/** When to ask the next server whether it takes writes: 100 ms doubling to a minute (client-protocol 8.4). */
export class ReadOnlySearch {
  #pauseMs = FIRST_MS;
  #nextAtMs = Number.POSITIVE_INFINITY;

  get nextAtMs(): number {
    return this.#nextAtMs;
  }

  start(nowMs: number): void {
    this.#pauseMs = FIRST_MS;
    this.#nextAtMs = nowMs + FIRST_MS;
  }

  stop(): void {
    this.#nextAtMs = Number.POSITIVE_INFINITY;
  }

  /** Whether to ask now. */
  isDue(nowMs: number): boolean {
    if (nowMs < this.#nextAtMs) return false;
    this.#pauseMs = Math.min(LONGEST_MS, this.#pauseMs * 2);
    this.#nextAtMs = nowMs + this.#pauseMs;
    return true;
  }
}
