import type { Client, Data } from "../client/index.ts";
import { createOwned, type OwnedZnode } from "./owned-znode.ts";
import type { Patience } from "./patience.ts";
import { deleteEphemeral, isCode, isSessionExpired, persist } from "./persist.ts";
import { Wakeup } from "./wakeup.ts";
import { childPath, hexGuid, sequenceOf } from "./znode-path.ts";

/** Whose names the recipe uses: Curator's `_c_<uuid>-<marker><seq>` or kazoo's `<32 hex><marker><seq>`. */
export type Layout = "curator" | "kazoo";

/** The rules of one queue of contenders below a znode. */
export interface ContentionRules {
  readonly layout: Layout;
  /** Stands between GUID and number: `lock-`, `__rlock__`. */
  readonly marker: string;
  /** Who is in the way of `own` among the children of the base: the one to be watched. Lowest number first. */
  readonly blockerOf: (own: string, sorted: readonly string[]) => string | undefined;
  /** Whether a child contends at all. */
  readonly isContender: (name: string) => boolean;
}

/** In the way is the next lower of all: each contender watches one znode, and a release wakes one contender. */
export function nextLower(own: string, sorted: readonly string[]): string | undefined {
  return sorted[sorted.indexOf(own) - 1];
}

/** Our znode has vanished from the queue: the session expired, or somebody deleted it. */
export class PlaceLost extends Error {}

/** A queue of ephemeral sequential znodes: the common part of locks, read/write locks and elections. */
export class Contention {
  readonly #client: Client;
  readonly #base: string;
  readonly #rules: ContentionRules;
  readonly #data: Data;

  constructor(client: Client, base: string, rules: ContentionRules, data: Data) {
    this.#client = client;
    this.#base = base;
    this.#rules = rules;
    this.#data = data;
  }

  /** Queues up and waits for the turn. A session that expires while waiting has promised nothing yet: it queues up again. */
  async acquire(patience: Patience): Promise<OwnedZnode> {
    for (;;) {
      try {
        const place = await this.join(patience);
        return await this.waitTurn(place, patience);
      } catch (error) {
        if (!isSessionExpired(error) && !(error instanceof PlaceLost)) throw error;
        await patience.until(this.#client.when("connected"));
      }
    }
  }

  /** Queues up, and leaves again when it is not at once the turn. */
  async tryAcquire(patience: Patience): Promise<OwnedZnode | undefined> {
    const place = await this.join(patience);
    try {
      if ((await this.#blocker(place, patience)) === undefined) return place;
    } catch (error) {
      void this.leave(place).catch(() => {});
      throw error;
    }
    await this.leave(place);
    return undefined;
  }

  /** Queues up. */
  join(patience: Patience): Promise<OwnedZnode> {
    const { layout, marker } = this.#rules;
    const prefix = layout === "curator" ? `_c_${crypto.randomUUID()}-${marker}` : `${hexGuid()}${marker}`;
    const parentMode = layout === "kazoo" ? "persistent" : "container";
    const options = { prefix, mode: "ephemeral-sequential", data: this.#data, parentMode } as const;
    return createOwned(this.#client, this.#base, options, patience);
  }

  /** Waits until nobody is in the way; leaves the queue when patience ends. */
  async waitTurn(place: OwnedZnode, patience: Patience): Promise<OwnedZnode> {
    const wakeup = new Wakeup();
    const stop = wakeup.ringOnEnd(this.#client);
    try {
      for (;;) {
        const blocker = await this.#blocker(place, patience);
        if (blocker === undefined) return place;
        if (await this.#watch(blocker, wakeup, patience)) await wakeup.wait(patience);
      }
    } catch (error) {
      // Nobody waits for the deletion: the caller's patience is at its end.
      if (!(error instanceof PlaceLost)) void this.leave(place).catch(() => {});
      throw error;
    } finally {
      stop();
    }
  }

  leave(place: OwnedZnode): Promise<void> {
    return deleteEphemeral(this.#client, place.path, place.stat.ephemeralOwner);
  }

  /** All contenders, the first one first. */
  async contenders(patience: Patience): Promise<string[]> {
    try {
      const { children } = await persist(() => this.#client.children(this.#base, patience.call));
      return bySequence(children.filter(this.#rules.isContender));
    } catch (error) {
      if (isCode(error, "NONODE")) return [];
      throw error;
    }
  }

  async #blocker(place: OwnedZnode, patience: Patience): Promise<string | undefined> {
    const sorted = await this.contenders(patience);
    if (!sorted.includes(place.name)) throw new PlaceLost(`${place.path} is gone`);
    return this.#rules.blockerOf(place.name, sorted);
  }

  /** False when the blocker is gone already. By get, not exists: that would leave a watch on a name that never comes back. */
  async #watch(blocker: string, wakeup: Wakeup, patience: Patience): Promise<boolean> {
    const path = childPath(this.#base, blocker);
    try {
      await persist(() => this.#client.get(path, { watch: wakeup.at(path), ...patience.call }));
      return true;
    } catch (error) {
      if (isCode(error, "NONODE")) return false;
      throw error;
    }
  }
}

/** By the number behind the name, whatever stands in front of it. */
export function bySequence(names: readonly string[]): string[] {
  const numbered = names.map((name) => ({ name, sequence: sequenceOf(name) ?? 0 }));
  return numbered.sort((a, b) => a.sequence - b.sequence).map(({ name }) => name);
}
