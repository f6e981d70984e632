import { AbortedError, type CallOptions, DeadlineError } from "../client/index.ts";

/** How long a recipe may wait. */
export interface WaitOptions {
  /** Gives the wait up; it rejects with `AbortedError`, and what was begun is undone. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from now; default: no end. It rejects with `DeadlineError`, and what was begun is undone. */
  readonly deadlineMs?: number | undefined;
}

/** One deadline and one signal over the many calls of a recipe. */
export class Patience {
  readonly #what: string;
  readonly #signal: AbortSignal | undefined;
  readonly #untilMs: number;

  /** @param what completes the message "… was given up" */
  constructor(what: string, options: WaitOptions = {}) {
    this.#what = what;
    this.#signal = options.signal;
    this.#untilMs = performance.now() + (options.deadlineMs ?? Number.POSITIVE_INFINITY);
  }

  /** Options for the next call. @throws DeadlineError, AbortedError when there is no time left for one */
  get call(): CallOptions {
    this.check();
    return { signal: this.#signal, deadlineMs: this.#leftMs };
  }

  get #leftMs(): number {
    return this.#untilMs - performance.now();
  }

  /** @throws DeadlineError, AbortedError */
  check(): void {
    if (this.#signal?.aborted === true) throw this.#aborted();
    if (this.#leftMs <= 0) throw this.#late();
  }

  /** Settles as `promise` does, unless patience ends before. */
  async until<T>(promise: Promise<T>): Promise<T> {
    this.check();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let abort = (): void => {};
    const given = new Promise<never>((_, reject) => {
      abort = () => reject(this.#aborted());
      this.#signal?.addEventListener("abort", abort, { once: true });
      const leftMs = this.#leftMs;
      if (leftMs < TIMEOUT_MS_MAX) timer = setTimeout(() => reject(this.#late()), leftMs);
    });
    try {
      return await Promise.race([promise, given]);
    } finally {
      clearTimeout(timer);
      this.#signal?.removeEventListener("abort", abort);
    }
  }

  #aborted(): AbortedError {
    return new AbortedError(`${this.#what} was given up: aborted`, "not-applied", this.#signal?.reason);
  }

  #late(): DeadlineError {
    return new DeadlineError(`${this.#what} was given up: the deadline has passed`, "not-applied");
  }
}

/** Timers cannot be set further ahead; a deadline behind it is none. */
const TIMEOUT_MS_MAX = 0x7fff_ffff;
