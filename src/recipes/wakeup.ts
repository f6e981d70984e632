import type { Client } from "../client/index.ts";
import type { Patience } from "./patience.ts";

/** A bell that stays rung until somebody has waited for it: nothing that happens between two looks is missed. */
export class Wakeup {
  /** Where {@link at} was asked for. */
  readonly #paths = new Set<string>();
  #isRung = false;
  #answer: (() => void) | undefined;

  /** The callback of a watch on `path`; it is taken back with the rest when the waiting is over. */
  at(path: string): () => void {
    this.#paths.add(path);
    return this.ring;
  }

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

  /**
   * Rings, too, when the session ends or the client does: what was waited for may then never come. The returned function ends that,
   * and takes all watches back that have not fired.
   */
  ringOnEnd(client: Client): () => void {
    const off = client.on("state", (state) => {
      if (state === "expired" || state === "closed" || state === "authFailed") this.ring();
    });
    return () => {
      off();
      for (const path of this.#paths) client.unwatch(path, this.ring);
      this.#paths.clear();
    };
  }
}
