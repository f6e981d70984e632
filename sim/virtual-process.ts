import type { Clock, Instant, Timer } from "../src/base/ports.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/**
 * The clocks of one machine: they run a little faster or slower than the world's, and the wall clock is set forth and back.
 * They outlive the processes on it. Monotonic time never goes back.
 */
export class VirtualClocks {
  readonly #world: VirtualClock;
  #rate: number;
  #baseMs: number;
  #sinceMs: number;
  #wallOffsetMs: number;

  /** `rate`: local ms per ms of the world, 0.5 … 2. `elapsedMs`: what the monotonic clock shows now. */
  constructor(
    world: VirtualClock,
    options: { readonly rate?: number; readonly elapsedMs?: number; readonly wallOffsetMs?: number } = {},
  ) {
    this.#world = world;
    this.#rate = options.rate ?? 1;
    this.#baseMs = options.elapsedMs ?? 0;
    this.#sinceMs = world.now().elapsedMs;
    this.#wallOffsetMs = options.wallOffsetMs ?? 0;
  }

  get rate(): number {
    return this.#rate;
  }

  /** From now on the clocks run at this rate. */
  drift(rate: number): void {
    this.#baseMs = this.#elapsedMs();
    this.#sinceMs = this.#world.now().elapsedMs;
    this.#rate = rate;
  }

  /** Somebody sets the wall clock. */
  jump(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  now(): Instant {
    return {
      elapsedMs: Math.floor(this.#elapsedMs()),
      wallMs: Math.floor(this.#world.now().wallMs + this.#wallOffsetMs),
    };
  }

  #elapsedMs(): number {
    return this.#baseMs + (this.#world.now().elapsedMs - this.#sinceMs) * this.#rate;
  }
}

/**
 * One process on a virtual machine: whatever is to reach it (timers, bytes, answers of the disk) comes through its gate, which
 * can be shut for a while (SIGSTOP, a long collection of garbage) or for ever (the process is dead).
 */
export class VirtualProcess implements Clock, Timer {
  readonly #world: VirtualClock;
  readonly #clocks: VirtualClocks;
  #state: "running" | "paused" | "dead" = "running";
  #held: (() => void)[] = [];

  constructor(world: VirtualClock, clocks: VirtualClocks) {
    this.#world = world;
    this.#clocks = clocks;
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  get isPaused(): boolean {
    return this.#state === "paused";
  }

  now(): Instant {
    return this.#clocks.now();
  }

  /** Runs `callback` in the process: now, when it runs again, or never. */
  enter(callback: () => void): void {
    if (this.#state === "running") callback();
    else if (this.#state === "paused") this.#held.push(callback);
  }

  after(delayMs: number, callback: () => void): () => void {
    let isCancelled = false;
    const dueMs = this.#clocks.now().elapsedMs + Math.max(0, delayMs);
    const arm = (): (() => void) => {
      const leftMs = Math.max(0, dueMs - this.#clocks.now().elapsedMs);
      return this.#world.after(leftMs / this.#clocks.rate, () =>
        this.enter(() => {
          if (isCancelled) return;
          // The clock may have been slowed down meanwhile.
          if (this.#clocks.now().elapsedMs < dueMs) cancel = arm();
          else callback();
        }),
      );
    };
    let cancel = arm();
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  soon(callback: () => void): void {
    this.#world.soon(() => this.enter(callback));
  }

  /** A wait on the world's clock that ends in the process; never, when the process is dead by then. */
  wait(worldMs: number): Promise<void> {
    return new Promise((resolve) => void this.#world.after(worldMs, () => this.enter(resolve)));
  }

  pause(): void {
    if (this.#state === "running") this.#state = "paused";
  }

  /** What came meanwhile is handed in at once, in order. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    const held = this.#held;
    this.#held = [];
    // Each for itself, so that what its promises do comes before the next, as in a process that was not paused.
    for (const callback of held) this.#world.soon(() => this.enter(callback));
  }

  kill(): void {
    this.#state = "dead";
    this.#held = [];
  }
}
