import type { Rng } from "../src/base/ports.ts";

/** A machine on the network. */
export interface Reachable {
  /** False: it has no power. */
  readonly isUp: boolean;
}

/** One direction between two machines: how long bytes take, and whether any arrive. */
export class VirtualPath {
  /** Added to every delay, ms. */
  slowerByMs = 0;
  /** Bytes per ms; Infinity when size costs nothing. */
  bytesPerMs = Number.POSITIVE_INFINITY;
  readonly #ends: readonly [Reachable, Reachable];
  readonly #rng: Rng;
  readonly #delayMsMax: number;
  #isCut = false;

  constructor(ends: readonly [Reachable, Reachable], rng: Rng, delayMsMax: number) {
    this.#ends = ends;
    this.#rng = rng;
    this.#delayMsMax = delayMsMax;
  }

  /** Nothing arrives; what was sent is sent again (TCP) when this ends, or given up. */
  get isCut(): boolean {
    return this.#isCut || !this.#ends[0].isUp || !this.#ends[1].isUp;
  }

  cut(): void {
    this.#isCut = true;
  }

  /** How long the next `bytes` take: mostly short, now and then long. */
  delayMs(bytes: number): number {
    const long = this.#rng.below(32) === 0 ? this.#rng.below(this.#delayMsMax * 8 + 1) : 0;
    return this.#rng.below(this.#delayMsMax + 1) + long + this.slowerByMs + bytes / this.bytesPerMs;
  }

  restore(): void {
    this.#isCut = false;
    this.slowerByMs = 0;
    this.bytesPerMs = Number.POSITIVE_INFINITY;
  }
}
