import { AbortedError, type ZooKeeperError } from "./errors.ts";
import type { ClientState } from "./types.ts";

const FINAL: ReadonlySet<ClientState> = new Set(["authFailed", "closed"]);

/** Whoever listens to or waits for states. */
export class StateDesk {
  readonly #listeners = new Set<(state: ClientState) => void>();
  #current: ClientState = "connecting";

  get current(): ClientState {
    return this.#current;
  }

  on(listener: (state: ClientState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells everybody, in the order in which they came. */
  changed(state: ClientState): void {
    this.#current = state;
    for (const listener of [...this.#listeners]) queueMicrotask(() => listener(state));
  }

  /** Resolves with the first of `states` that is reached; rejects when none can be reached any more. */
  when(
    states: readonly ClientState[],
    signals: readonly AbortSignal[],
    endError: () => ZooKeeperError | undefined,
  ): Promise<ClientState> {
    const fired = (): AbortSignal | undefined => signals.find((signal) => signal.aborted);
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        this.#listeners.delete(look);
        for (const signal of signals) signal.removeEventListener("abort", abort);
        settle();
      };
      const look = (state: ClientState): void => {
        if (states.includes(state)) {
          done(() => resolve(state));
          return;
        }
        const error = FINAL.has(state) || state === "expired" ? endError() : undefined;
        if (error !== undefined) done(() => reject(error));
      };
      const abort = (): void =>
        done(() =>
          reject(new AbortedError("the wait for a state was aborted", "not-applied", fired()?.reason)),
        );
      this.#listeners.add(look);
      if (fired() !== undefined) abort();
      else {
        for (const signal of signals) signal.addEventListener("abort", abort);
        look(this.#current);
      }
    });
  }
}
