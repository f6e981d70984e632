/** What a test waits for: a condition is looked at again whenever what it is about has changed, and at no other time. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Something has changed. */
  readonly note = (): void => {
    for (const wake of this.#waiting) wake();
  };

  /**
   * Resolves when `condition` holds.
   *
   * @param deadlineMs without it, the test's own deadline is the limit
   * @throws Error with what `describe` says when `deadlineMs` have passed
   */
  async until(condition: () => boolean, deadlineMs?: number, describe = () => "not in time"): Promise<void> {
    const deadline = performance.now() + (deadlineMs ?? Number.POSITIVE_INFINITY);
    while (!condition()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new Error(describe());
      await this.#next(leftMs);
    }
  }

  #next(leftMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = Number.isFinite(leftMs) ? setTimeout(wake, leftMs) : undefined;
      this.#waiting.add(wake);
    });
  }
}
