import { type Client, type Data, MisuseError, type WatchCallback, type WatchEvent } from "../client/index.ts";
import type { Layout } from "./contention.ts";
import { createOwned, type OwnedZnode } from "./owned-znode.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import {
  deleteEphemeral,
  deleteOnce,
  isCode,
  isSession,
  isSessionRenewed,
  persistAcrossSessions,
} from "./persist.ts";
import { Wakeup } from "./wakeup.ts";
import { childPath, hexGuid } from "./znode-path.ts";

/** How many there are and whom the barrier is shared with. */
export interface DoubleBarrierOptions {
  /** How many must have entered before anybody goes on, at least 1. */
  readonly members: number;
  /** Data of the member's znode. Default: empty. */
  readonly data?: Data | undefined;
  /** "curator" (default) or "kazoo": who leaves when, see {@link DoubleBarrier}. */
  readonly layout?: Layout | undefined;
}

const READY = "ready";

/**
 * Members begin together and end together.
 *
 * Layout: `<path>/<uuid>` (Curator's DistributedDoubleBarrier) or `<path>/<32 hex>` (kazoo's DoubleBarrier), ephemeral, and
 * `<path>/ready`, created by the one who completes the number. Leaving differs: in Curator's order the lowest member waits for
 * the highest, every other deletes its own znode and waits for the lowest, and whoever comes last deletes `ready`; kazoo deletes
 * `ready` first. Do not mix the two on one path.
 */
export class DoubleBarrier {
  /** The znode below which it lives. */
  readonly path: string;
  readonly #client: Client;
  readonly #options: DoubleBarrierOptions;
  #own: OwnedZnode | undefined;

  constructor(client: Client, path: string, options: DoubleBarrierOptions) {
    if (!Number.isSafeInteger(options.members) || options.members < 1)
      throw new MisuseError(`members is ${options.members}: it must be a whole number from 1`);
    this.path = path;
    this.#client = client;
    this.#options = options;
  }

  /** Resolves when enough members have entered. Given up, the member is withdrawn. */
  async enter(options: WaitOptions = {}): Promise<void> {
    if (this.#own !== undefined) throw new MisuseError(`this member has entered ${this.path} already`);
    const patience = new Patience(`entering ${this.path}`, options);
    // Whoever waits at the door has been promised nothing: with another session it comes to the door again.
    while (this.#own === undefined) {
      try {
        this.#own = await this.#enterOnce(patience);
      } catch (error) {
        if (!isSessionRenewed(this.#client, error)) throw error;
      }
    }
  }

  /** Undefined when the session, and our znode with it, has gone meanwhile. */
  async #enterOnce(patience: Patience): Promise<OwnedZnode | undefined> {
    const { layout = "curator", data = "" } = this.#options;
    const create =
      layout === "curator"
        ? ({ prefix: crypto.randomUUID(), mode: "ephemeral", data } as const)
        : ({ prefix: hexGuid(), mode: "ephemeral", data, parentMode: "persistent" } as const);
    const wakeup = new Wakeup();
    let isOpen = false;
    const watch = (event: WatchEvent): void => {
      // In kazoo's order the first to leave deletes ready at once: that it was there is what counts.
      if (event.type === "created") isOpen = true;
      wakeup.ring();
    };
    try {
      // Before our znode is there, because nobody completes the number without it.
      await this.#isReady(watch, patience);
      const own = await createOwned(this.#client, this.path, create, patience);
      const stop = wakeup.ringOnEnd(this.#client);
      try {
        while (
          !isOpen &&
          !(await this.#isReady(watch, patience)) &&
          !(await this.#complete(patience, () => isOpen))
        ) {
          await wakeup.wait(patience);
          if (!isOpen && !isSession(this.#client, own.stat.ephemeralOwner)) return undefined;
        }
      } catch (error) {
        void deleteEphemeral(this.#client, own.path, own.stat.ephemeralOwner).catch(() => {});
        throw error;
      } finally {
        stop();
      }
      return own;
    } finally {
      this.#client.unwatch(childPath(this.path, READY), watch);
    }
  }

  async #isReady(watch: WatchCallback, patience: Patience): Promise<boolean> {
    const ready = childPath(this.path, READY);
    return (
      (await persistAcrossSessions(this.#client, () =>
        this.#client.exists(ready, { watch, ...patience.call }),
      )) !== null
    );
  }

  /** True when we are the one who completes the number; then everybody is told. */
  async #complete(patience: Patience, isOpen: () => boolean): Promise<boolean> {
    if ((await this.#members(patience)).length < this.#options.members) return false;
    if (isOpen()) return true;
    await this.#createReady(childPath(this.path, READY), patience);
    return true;
  }

  async #createReady(ready: string, patience: Patience): Promise<void> {
    try {
      await persistAcrossSessions(this.#client, () => this.#client.create(ready, patience.call));
    } catch (error) {
      if (!isCode(error, "NODEEXISTS")) throw error;
    }
  }

  /** Resolves when all members have left. */
  async leave(options: WaitOptions = {}): Promise<void> {
    const own = this.#own;
    if (own === undefined) throw new MisuseError(`this member has not entered ${this.path}`);
    const patience = new Patience(`leaving ${this.path}`, options);
    const ready = childPath(this.path, READY);
    let isThere = true;
    await this.#looping(patience, async (wakeup) => {
      const members = await this.#members(patience);
      if (members.length === 0) return true;
      const lowest = members[0]!;
      const isLast = members.length === 1 && lowest === own.name;
      if (isLast || (isThere && lowest !== own.name)) {
        await deleteEphemeral(this.#client, own.path, own.stat.ephemeralOwner);
        isThere = false;
        if (isLast) return true;
      }
      const other = lowest === own.name ? members.at(-1)! : lowest;
      // Gone already: look again at once.
      if (!(await this.#watch(other, wakeup, patience))) wakeup.ring();
      return false;
    });
    // Last, also among kazoo's members, who delete it first: one of them that is still counting counts it.
    await deleteOnce(this.#client, ready);
    this.#own = undefined;
  }

  async #looping(patience: Patience, isDone: (wakeup: Wakeup) => Promise<boolean>): Promise<void> {
    const wakeup = new Wakeup();
    const stop = wakeup.ringOnEnd(this.#client);
    try {
      while (!(await isDone(wakeup))) await wakeup.wait(patience);
    } finally {
      stop();
    }
  }

  async #watch(name: string, wakeup: Wakeup, patience: Patience): Promise<boolean> {
    const path = childPath(this.path, name);
    try {
      await persistAcrossSessions(this.#client, () =>
        this.#client.get(path, { watch: wakeup.at(path), ...patience.call }),
      );
      return true;
    } catch (error) {
      if (isCode(error, "NONODE")) return false;
      throw error;
    }
  }

  async #members(patience: Patience): Promise<string[]> {
    try {
      const { children } = await persistAcrossSessions(this.#client, () =>
        this.#client.children(this.path, patience.call),
      );
      return children.filter((name) => name !== READY).sort();
    } catch (error) {
      if (isCode(error, "NONODE")) return [];
      throw error;
    }
  }
}
