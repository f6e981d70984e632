import type { Log, NetLink, NetLinkHandler, NetListener, Network, Timer } from "../../base/ports.ts";

/** Between two tries to bind. */
const RETRY_MS = 1_000;
/** After this many tries in a row that failed, the operator is told, and once only. */
const QUIET_TRIES = 3;

export interface QuorumListenerOptions {
  readonly network: Network;
  readonly timer: Timer;
  readonly log: Log;
  /** What it is for, as the log names it. */
  readonly what: string;
  readonly accepted: (link: NetLink) => NetLinkHandler;
}

export interface BindAddress {
  /** null: every address of this machine. */
  readonly host: string | null;
  readonly port: number;
}

/**
 * A port that is open only at times: the quorum port while this server leads. It is bound when it is wanted, and again and
 * again while that fails: learners that dial meanwhile try again as well.
 */
export class QuorumListener {
  readonly #options: QuorumListenerOptions;
  #wanted: readonly BindAddress[] = [];
  #key = "";
  #bound: NetListener[] = [];
  #cancelRetry: (() => void) | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(options: QuorumListenerOptions) {
    this.#options = options;
  }

  /** Opens exactly these, and closes what else is open; accepted links live on. */
  listen(wanted: readonly BindAddress[]): void {
    const key = JSON.stringify(wanted);
    if (key === this.#key) return;
    this.#key = key;
    this.#wanted = wanted;
    this.#cancelRetry?.();
    this.#working = this.#working.then(() => this.#bind(wanted, 1));
  }

  /** Resolves when nothing is open any more. */
  async close(): Promise<void> {
    this.listen([]);
    await this.#working;
  }

  async #bind(wanted: readonly BindAddress[], tries: number): Promise<void> {
    if (wanted !== this.#wanted) return;
    const { network, timer, log, what, accepted } = this.#options;
    await Promise.all(this.#bound.splice(0).map((listener) => listener.close()));
    try {
      for (const at of wanted) this.#bound.push(await network.listen(at, accepted));
    } catch (error) {
      if (tries === QUIET_TRIES) {
        log.error({}, `the ${what} cannot be opened, trying again every second: ${(error as Error).message}`);
      }
      this.#cancelRetry = timer.after(RETRY_MS, () => {
        this.#working = this.#working.then(() => this.#bind(wanted, tries + 1));
      });
    }
  }
}
