import { type Client, MisuseError } from "../client/index.ts";
import { Campaign } from "./campaign.ts";
import type { Layout } from "./contention.ts";
import type { Hold, HoldOptions } from "./hold.ts";
import { exclusiveRules } from "./lock.ts";

/** Who runs, with whom, and what a suspended connection means. */
export interface LeaderSelectorOptions extends HoldOptions {
  /** Who this is, for {@link LeaderSelector.participants}. Default: a random UUID. */
  readonly id?: string | undefined;
  /** "curator" (default): shared with LeaderSelector. "kazoo": shared with kazoo's Election. */
  readonly layout?: Layout | undefined;
}

/**
 * Leads by calling a function: leadership lasts until the function is done; then it goes to the next in the queue, and this
 * process queues up again behind the others.
 *
 * Layout: that of {@link Lock}; data = id.
 *
 * ```ts
 * const selector = new LeaderSelector(zk, "/election");
 * await selector.run(async (hold) => { await work(hold.signal); });   // until close()
 * ```
 */
export class LeaderSelector implements AsyncDisposable {
  /** Who this is, for the others. */
  readonly id: string;
  readonly #campaign: Campaign;
  #running: Promise<void> | undefined;
  #hold: Hold | undefined;
  #closing = new AbortController();

  constructor(client: Client, path: string, options: LeaderSelectorOptions = {}) {
    this.id = options.id ?? crypto.randomUUID();
    const rules = exclusiveRules(options.layout ?? "curator");
    this.#campaign = new Campaign(client, path, { ...options, id: this.id, rules });
  }

  /** Whether the leading function runs and the leadership is not lost. */
  get isLeader(): boolean {
    return this.#hold?.isHeld === true;
  }

  /**
   * Queues up, leads, queues up again, until {@link close} or, with `terms`, that many times. `lead` must end when its signal
   * fires: leadership was lost, or the selector is being closed. What `lead` throws ends the run, unless the leadership was
   * lost.
   */
  run(
    lead: (hold: Hold, signal: AbortSignal) => Promise<void>,
    options: { readonly terms?: number | undefined } = {},
  ): Promise<void> {
    if (this.#running !== undefined) throw new MisuseError("a leader selector runs once: make another");
    let termsLeft = options.terms ?? Number.POSITIVE_INFINITY;
    this.#running = this.#campaign.run(async (hold) => {
      if (!hold.isHeld) return "again";
      await this.#term(hold, lead);
      return --termsLeft > 0 && !this.#campaign.isStopped ? "resign" : "end";
    });
    return this.#running;
  }

  async #term(hold: Hold, lead: (hold: Hold, signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#hold = hold;
    try {
      await lead(hold, AbortSignal.any([hold.signal, this.#closing.signal]));
    } catch (error) {
      const isOver = hold.signal.aborted || this.#closing.signal.aborted;
      if (!isOver) {
        await hold.release();
        throw error;
      }
    } finally {
      this.#hold = undefined;
    }
  }

  /** Ids of all who run, the leader first. */
  participants(): Promise<string[]> {
    return this.#campaign.participants();
  }

  /** Asks the leading function to end and waits for it; leaves the queue. */
  async close(): Promise<void> {
    this.#campaign.stop();
    this.#closing.abort();
    await this.#running?.catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
