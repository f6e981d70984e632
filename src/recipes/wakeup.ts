import type { Client } from "../client/index.ts";
import type { Patience } from "./patience.ts";

/** A bell that stays rung until somebody has waited for it: nothing that happens between two looks is missed. */
export class Wakeup {
  #isRung = false;
  #answer: (() => void) | undefined;

  /** Usable as a watch callback. */
  readonly ring = (): void => {
    this.#isRung = true;
    this.#answer?.();
  };

  /** Resolves at the next ring, or at once if it has rung since the last wait. */
  async wait(patience: Patience): Promise<void> {
    if (!this.#isRung) {
      try {
        await patience.until(
          new Promise<void>((resolve) => {
            this.#answer = resolve;
          }),
        );
      } finally {
        this.#answer = undefined;
      }
    }
    this.#isRung = false;
  }

  /** Rings, too, when the session ends or the client does: what was waited for may then never come. */
  ringOnEnd(client: Client): () => void {
    return client.on("state", (state) => {
      if (state === "expired" || state === "closed" || state === "authFailed") this.ring();
    });
  }
}
