import type { Client } from "../client/index.ts";
import { Contention, type ContentionRules, PlaceLost } from "./contention.ts";
import { Hold, type HoldOptions } from "./hold.ts";
import type { OwnedZnode } from "./owned-znode.ts";
import { Patience } from "./patience.ts";
import { isCode, isConnectionLost, isSessionExpired, persist } from "./persist.ts";
import { childPath, textOf } from "./znode-path.ts";

export interface CampaignOptions extends HoldOptions {
  readonly id: string;
  readonly rules: ContentionRules;
}

/**
 * Runs for an office again and again until stopped: the common part of leader latch and leader selector. Each term is one
 * {@link Hold}; the next one begins when it was lost, with the same znode if that is still there.
 */
export class Campaign {
  readonly #client: Client;
  readonly #base: string;
  readonly #options: CampaignOptions;
  readonly #contention: Contention;
  readonly #stop = new AbortController();

  constructor(client: Client, base: string, options: CampaignOptions) {
    this.#client = client;
    this.#base = base;
    this.#options = options;
    this.#contention = new Contention(client, base, options.rules, options.id);
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  stop(): void {
    this.#stop.abort();
  }

  /**
   * Calls `serve` for each term; it resolves with "again" to run once more after a loss, with "resign" to give the office back
   * and queue up behind the others, with "end" for good.
   */
  async run(serve: (hold: Hold) => Promise<"again" | "resign" | "end">): Promise<void> {
    const patience = new Patience(`the election ${this.#base}`, { signal: this.#stop.signal });
    let place: OwnedZnode | undefined;
    try {
      while (!this.isStopped) {
        place = await this.#elected(place, patience);
        const hold = new Hold(this.#client, place, this.#options);
        const unwatch = await this.#watchOwn(hold);
        const verdict = await serve(hold);
        unwatch();
        if (verdict !== "again" || hold.signal.reason?.reason === "expired") {
          await hold.release();
          place = undefined;
        }
        if (verdict === "end") return;
      }
    } catch (error) {
      if (!this.isStopped) throw error;
    } finally {
      if (place !== undefined) await this.#contention.leave(place);
    }
  }

  /** The office, with the znode of the last term if it is still in the queue. */
  async #elected(before: OwnedZnode | undefined, patience: Patience): Promise<OwnedZnode> {
    for (;;) {
      try {
        await patience.until(connectedAgain(this.#client));
        if (before !== undefined && (await this.#isThere(before, patience)))
          return await this.#contention.waitTurn(before, patience);
        return await this.#contention.acquire(patience);
      } catch (error) {
        if (error instanceof ClientOver) throw error.cause;
        if (this.isStopped || !(isSessionExpired(error) || error instanceof PlaceLost)) throw error;
        before = undefined;
      }
    }
  }

  async #isThere(place: OwnedZnode, patience: Patience): Promise<boolean> {
    const stat = await persist(() => this.#client.exists(place.path, patience.call));
    return (
      stat !== null &&
      stat.czxid === place.stat.czxid &&
      this.#client.session?.id.equals(stat.ephemeralOwner) === true
    );
  }

  /** Somebody may delete the leader's znode by hand; then the next one leads, and we must know. */
  async #watchOwn(hold: Hold): Promise<() => void> {
    let isOver = false;
    const look = (): void => {
      if (isOver || !hold.isHeld) return;
      this.#client.get(hold.path, { watch: look }).catch((error) => {
        if (isCode(error, "NONODE") && !isOver) hold.lose("deleted");
        else if (isConnectionLost(error)) look();
      });
    };
    look();
    return () => {
      isOver = true;
      this.#client.unwatch(hold.path, look);
    };
  }

  /** Ids of all who run, the leader first. */
  async participants(): Promise<string[]> {
    const patience = new Patience(`the participants of ${this.#base}`, { deadlineMs: 60_000 });
    const names = await this.#contention.contenders(patience);
    const ids = await Promise.all(
      names.map(async (name) => {
        try {
          return textOf(
            (await persist(() => this.#client.get(childPath(this.#base, name), patience.call))).data,
          );
        } catch (error) {
          if (isCode(error, "NONODE")) return undefined;
          throw error;
        }
      }),
    );
    return ids.filter((id) => id !== undefined);
  }
}

/** The client has ended: with its session (`afterExpiry: "end"`), too, and then no other session is to be waited for. */
class ClientOver extends Error {}

async function connectedAgain(client: Client): Promise<void> {
  try {
    await client.when("connected");
  } catch (cause) {
    throw new ClientOver("the client has ended", { cause });
  }
}
