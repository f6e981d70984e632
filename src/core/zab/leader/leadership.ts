import type { Zxid } from "../../../protocol/zxid.ts";
import type { PeerState } from "../peer-state.ts";
import type { ZabPhase } from "../role.ts";
import type { Proposals } from "./proposals.ts";

/**
 * How far a leader has come (quorum-protocol 3.2, 3.9). Its phases:
 * - `discovery`: an epoch is sought that a quorum has not accepted before
 * - `synchronization`: the epoch is accepted, a quorum is to acknowledge it and then the leader's history
 * - `broadcast`: a quorum has both; clients are served
 */
export class Leadership {
  readonly #state: PeerState;
  readonly #history: Zxid;
  #phase: ZabPhase = "discovery";
  #deadlineMs = 0;
  #proposals: Proposals | undefined;
  /** The epoch that is sought, and later led. */
  epoch: number;

  constructor(state: PeerState) {
    this.#state = state;
    this.#history = state.lastZxid;
    this.epoch = state.acceptedEpoch + 1;
    this.restartClock();
  }

  get phase(): ZabPhase {
    return this.#phase;
  }

  /** When what comes before the broadcast has taken too long; infinite from then on. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** The broadcast; undefined before. */
  get proposals(): Proposals | undefined {
    return this.#proposals;
  }

  /** The last zxid proposed; before the broadcast, the last of the own history. */
  get lastProposed(): Zxid {
    return this.#proposals?.proposed ?? this.#history;
  }

  /** A step on the way to the broadcast is done: the next has its own time. */
  restartClock(): void {
    this.#deadlineMs = this.#state.nowMs + this.#state.initLimitMs;
  }

  startSynchronization(): void {
    this.#phase = "synchronization";
    this.restartClock();
  }

  startBroadcast(proposals: Proposals): void {
    this.#phase = "broadcast";
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    this.#proposals = proposals;
  }
}
