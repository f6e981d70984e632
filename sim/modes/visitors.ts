import type { Rng } from "../../src/base/ports.ts";
import type { WorkloadClient } from "../ensemble-workload.ts";
import type { VirtualClock } from "../virtual-clock.ts";
import type { Mode } from "./mode.ts";

export interface VisitorsOptions {
  readonly rng: Rng;
  readonly clock: VirtualClock;
  readonly mode: Mode;
  /** The server that is cut off from the others: every second visitor knows that one only. */
  readonly aside: () => string | undefined;
  /** A client that has seen nothing yet; of `host`, or of all. */
  readonly create: (name: string, host: string | undefined) => WorkloadClient;
}

const PAUSE_MS = 1_500;
const STAY_MS = 2_500;

/**
 * Clients that come without a past and are gone without a word: only such ones are taken by servers without a quorum that lag behind, and
 * by those that know nothing but global sessions.
 */
export class Visitors {
  readonly #options: VisitorsOptions;
  #count = 0;
  #isOver = false;
  #present: WorkloadClient | undefined;

  constructor(options: VisitorsOptions) {
    this.#options = options;
  }

  /** One after the other, until {@link stop}; where servers and sessions are as usual: none. */
  start(): void {
    const { rng, clock, mode, aside, create } = this.#options;
    if (!mode.hasReadOnly && mode.sessions === "global") return;
    const come = (): void => {
      if (this.#isOver) return;
      this.#present = create(`v${++this.#count}`, rng.below(2) === 0 ? aside() : undefined);
      void this.#present.run();
      clock.after(500 + rng.below(STAY_MS), () => {
        this.#present?.kill();
        if (!this.#isOver) clock.after(rng.below(PAUSE_MS), come);
      });
    };
    clock.after(rng.below(PAUSE_MS), come);
  }

  stop(): void {
    this.#isOver = true;
    this.#present?.kill();
  }
}
