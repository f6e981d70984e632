import { type Client, MisuseError, type Zxid } from "../client/index.ts";
import { Campaign } from "./campaign.ts";
import { nextLower } from "./contention.ts";
import { Emitter } from "./emitter.ts";
import type { Hold, HoldOptions } from "./hold.ts";
import { Patience, type WaitOptions } from "./patience.ts";

/** Who runs, and what a suspended connection means. */
export interface LeaderLatchOptions extends HoldOptions {
  /** Who this is, for {@link LeaderLatch.participants}. Default: a random UUID. */
  readonly id?: string | undefined;
}

/** `lead`: this process leads from now on. `loss`: it does not any more, `hold.signal.reason` says why. */
export type LeaderEvent = { readonly type: "lead" | "loss"; readonly hold: Hold };

const CANDIDATE = /latch-\d{10}$/;

/**
 * One leader among all who have started a latch on the same path; the others take over in the order in which they came. Gives
 * leadership up when the connection is suspended (see `onSuspended`), and takes it again when the session turns out to live.
 *
 * Layout (Curator's LeaderLatch): `<path>/_c_<uuid>-latch-<seq>`, ephemeral sequential, data = id. The lowest number leads,
 * each other one watches the next lower.
 *
 * ```ts
 * await using latch = new LeaderLatch(zk, "/election", { id: "host-7" }).start();
 * const hold = await latch.lead();
 * await work({ signal: hold.signal, token: hold.fencingToken });
 * ```
 */
export class LeaderLatch implements AsyncDisposable {
  /** Who this is, for the others. */
  readonly id: string;
  readonly #campaign: Campaign;
  readonly #events = new Emitter<LeaderEvent>();
  #hold: Hold | undefined;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void)[] = [];
  #stopped: () => void = () => {};

  constructor(client: Client, path: string, options: LeaderLatchOptions = {}) {
    this.id = options.id ?? crypto.randomUUID();
    this.#campaign = new Campaign(client, path, {
      ...options,
      id: this.id,
      rules: {
        layout: "curator",
        marker: "latch-",
        blockerOf: nextLower,
        isContender: (name) => CANDIDATE.test(name),
      },
    });
  }

  /** Begins to run. @throws MisuseError when started before */
  start(): this {
    if (this.#running !== undefined) throw new MisuseError("a leader latch starts once: make another");
    this.#running = this.#campaign
      .run((hold) => this.#serve(hold))
      .catch((error) => {
        this.#failure = { error };
      })
      .finally(() => this.#notify());
    return this;
  }

  /** Whether this process leads at this moment, as far as it can know. */
  get isLeader(): boolean {
    return this.#hold?.isHeld === true;
  }

  /** Of the current term; undefined when this process does not lead. */
  get fencingToken(): Zxid | undefined {
    return this.isLeader ? this.#hold?.fencingToken : undefined;
  }

  /** The returned function ends it. */
  on(listener: (event: LeaderEvent) => void): () => void {
    return this.#events.on(listener);
  }

  /** Resolves when this process leads. Rejects with what has ended the latch or the client. */
  async lead(options: WaitOptions = {}): Promise<Hold> {
    const patience = new Patience("the leadership", options);
    for (;;) {
      if (this.#hold?.isHeld === true) return this.#hold;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#campaign.isStopped) throw new MisuseError("the leader latch was closed");
      await patience.until(new Promise<void>((resolve) => this.#wake.push(resolve)));
    }
  }

  /** Ids of all who run, the leader first. */
  participants(): Promise<string[]> {
    return this.#campaign.participants();
  }

  /** Resigns and leaves; resolves when the znode is gone. */
  async close(): Promise<void> {
    this.#campaign.stop();
    this.#stopped();
    await this.#running;
    this.#notify();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(hold: Hold): Promise<"again" | "end"> {
    if (this.#campaign.isStopped) return "end";
    if (hold.isHeld) {
      this.#hold = hold;
      this.#events.emit({ type: "lead", hold });
      this.#notify();
      await new Promise<void>((resolve) => {
        this.#stopped = resolve;
        hold.signal.addEventListener("abort", () => resolve(), { once: true });
        if (hold.signal.aborted) resolve();
      });
      this.#hold = undefined;
      this.#events.emit({ type: "loss", hold });
    }
    return this.#campaign.isStopped ? "end" : "again";
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
