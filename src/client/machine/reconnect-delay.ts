import type { Rng } from "../../base/ports.ts";

/** After the loss of a working connection: spreads the clients of a server that died, without costing anybody much. */
const LOSS_JITTER_MS = 100;

/** How long to wait before the next attempt: doubling from round to round, with jitter so that clients do not march in step. */
export class ReconnectDelay {
  readonly #rng: Rng;
  readonly #initialMs: number;
  readonly #maxMs: number;
  #rounds = 0;

  constructor(rng: Rng, initialMs: number, maxMs: number) {
    this.#rng = rng;
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
  }

  reset(): void {
    this.#rounds = 0;
  }

  afterLossMs(): number {
    return this.#rng.below(Math.min(LOSS_JITTER_MS, this.#initialMs) + 1);
  }

  /** All servers have been tried: between half and all of the doubled pause. */
  afterRoundMs(): number {
    const pauseMs = Math.min(this.#maxMs, this.#initialMs * 2 ** Math.min(this.#rounds++, 20));
    return pauseMs / 2 + this.#rng.below(Math.floor(pauseMs / 2) + 1);
  }
}
