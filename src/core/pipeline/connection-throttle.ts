import type { Rng } from "../../base/ports.ts";
import type { ConnectionThrottleOptions } from "./server-options.ts";

/** What a ConnectRequest asks for: each costs its own number of tokens. */
export type ConnectKind = "global" | "renew" | "local";

/**
 * The token bucket in front of new connections, with the BLUE algorithm's random dropping on top (client-protocol 7.6,
 * `connection_throttle_*`).
 */
export class ConnectionThrottle {
  readonly #options: ConnectionThrottleOptions;
  readonly #rng: Rng;
  readonly #tokensMax: number;
  readonly #fillCount: number;
  #tokens: number;
  #filledAtMs: number;
  #frozenAtMs: number;
  #dropProbability = 0;

  constructor(options: ConnectionThrottleOptions, rng: Rng, nowMs: number) {
    const scale = options.weightEnabled ? options.globalSessionWeight : 1;
    this.#options = options;
    this.#rng = rng;
    this.#tokensMax = options.tokens * scale;
    this.#fillCount = options.fillCount * scale;
    this.#tokens = this.#tokensMax;
    this.#filledAtMs = nowMs;
    this.#frozenAtMs = nowMs;
  }

  /** Tokens missing in the bucket. */
  get deficit(): number {
    return this.#tokensMax - this.#tokens;
  }

  /** 0 … 1 */
  get dropProbability(): number {
    return this.#dropProbability;
  }

  /** Takes the tokens of one connect, or returns false: the connection must be closed. */
  allows(kind: ConnectKind, nowMs: number): boolean {
    if (this.#tokensMax === 0) return true;
    this.#fill(nowMs);
    if (this.#options.freezeTimeMs !== -1 && this.#isDropped(nowMs)) return false;
    const needed = this.#cost(kind);
    if (this.#tokens < needed) {
      this.#frozenAtMs = nowMs;
      return false;
    }
    this.#tokens -= needed;
    return true;
  }

  #cost(kind: ConnectKind): number {
    const options = this.#options;
    if (!options.weightEnabled) return 1;
    if (kind === "renew") return options.renewSessionWeight;
    return kind === "local" ? options.localSessionWeight : options.globalSessionWeight;
  }

  #fill(nowMs: number): void {
    const sinceMs = nowMs - this.#filledAtMs;
    if (sinceMs <= this.#options.fillTimeMs) return;
    const refill = Math.floor((sinceMs * this.#fillCount) / this.#options.fillTimeMs);
    this.#tokens = Math.min(this.#tokens + refill, this.#tokensMax);
    this.#filledAtMs = nowMs;
  }

  /** An empty bucket makes dropping more probable, a full one less, both at most once per freeze time. */
  #isDropped(nowMs: number): boolean {
    const { freezeTimeMs, dropIncrease, dropDecrease, decreaseRatio } = this.#options;
    if (nowMs - this.#frozenAtMs > freezeTimeMs) {
      if (this.#tokens === 0 && this.#dropProbability < 1) {
        this.#dropProbability = Math.min(this.#dropProbability + dropIncrease, 1);
        this.#frozenAtMs = nowMs;
      } else if (this.deficit <= Math.round(this.#tokensMax * decreaseRatio) && this.#dropProbability > 0) {
        this.#dropProbability = Math.max(this.#dropProbability - dropDecrease, 0);
        this.#frozenAtMs = nowMs;
      }
    }
    return this.#rng.uint32() / 0x1_0000_0000 < this.#dropProbability;
  }
}
