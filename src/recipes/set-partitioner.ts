import { type Client, MisuseError } from "../client/index.ts";
import { Emitter } from "./emitter.ts";
import type { Hold } from "./hold.ts";
import { Lock } from "./lock.ts";
import { ensurePersistent } from "./owned-znode.ts";
import { Party } from "./party.ts";
import { Patience } from "./patience.ts";
import { isCode, isEnded, isSessionExpired, persist } from "./persist.ts";
import { Wakeup } from "./wakeup.ts";
import { childPath } from "./znode-path.ts";

/** What is divided, and who takes part. */
export interface SetPartitionerOptions {
  /** What is divided. All members must name the same. Names become znodes: no "/". */
  readonly items: readonly string[];
  /** Unique among the members, the order in which items go round. Default: a random UUID. */
  readonly identifier?: string | undefined;
  /** How long the members must have been the same before items are taken, ms, default 30000 (kazoo's). */
  readonly settleMs?: number | undefined;
  /** Which items a member has; default {@link partition}. The same function everywhere. */
  readonly partition?:
    | ((identifier: string, members: readonly string[], items: readonly string[]) => string[])
    | undefined;
}

/** Every n-th item, beginning at the member's place among all: kazoo's rule. */
export function partition(
  identifier: string,
  members: readonly string[],
  items: readonly string[],
): string[] {
  const sorted = [...members].sort();
  const place = sorted.indexOf(identifier);
  if (place < 0) return [];
  return [...items].sort().filter((_, i) => i % sorted.length === place);
}

/** The items that this process has from now on; none while they are dealt out anew. */
export interface Partition {
  /** Of this process, locked for it. */
  readonly items: readonly string[];
  /** Fires when they must not be used any more: members came or went, or the session is in doubt. */
  readonly signal: AbortSignal;
}

/**
 * Divides a set among all who take part, anew whenever one comes or goes. Each item is locked, so nobody has one before its
 * former owner has let go of it.
 *
 * Layout (kazoo's SetPartitioner): `<path>/party/<32 hex>-<identifier>`, ephemeral; `<path>/locks/<item>/…`, kazoo's locks.
 */
export class SetPartitioner implements AsyncDisposable {
  /** The znode below which it lives. */
  readonly path: string;
  /** Who this is among the members. */
  readonly identifier: string;
  readonly #client: Client;
  readonly #options: SetPartitionerOptions;
  readonly #party: Party;
  readonly #partyPath: string;
  readonly #stop = new AbortController();
  readonly #partitions = new Emitter<Partition>();
  readonly #changed = new Wakeup();
  #current: Partition | undefined;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #waiters: (() => void)[] = [];

  constructor(client: Client, path: string, options: SetPartitionerOptions) {
    const wrong = options.items.find((item) => item.includes("/") || item === "");
    if (wrong !== undefined)
      throw new MisuseError(`the item ${JSON.stringify(wrong)} cannot be a znode's name`);
    this.path = path;
    this.identifier = options.identifier ?? crypto.randomUUID();
    this.#client = client;
    this.#options = options;
    this.#partyPath = childPath(path, "party");
    this.#party = new Party(client, this.#partyPath, { identifier: this.identifier, kind: "shallow" });
  }

  /** Takes part. */
  start(): this {
    if (this.#running !== undefined)
      throw new MisuseError(`${this.path} is partitioned by this object already`);
    this.#running = this.#run().catch((error) => {
      if (!this.#stop.signal.aborted) this.#failure = { error };
    });
    void this.#running.finally(() => this.#notify());
    return this;
  }

  /** The items now; undefined while they are dealt out. */
  get current(): Partition | undefined {
    return this.#current?.signal.aborted === false ? this.#current : undefined;
  }

  /** Calls `listener` with every new partition. */
  on(listener: (partition: Partition) => void): () => void {
    return this.#partitions.on(listener);
  }

  /** Resolves with the items when there are some (or certainly none) for this process. */
  async acquired(
    options: { readonly signal?: AbortSignal; readonly deadlineMs?: number } = {},
  ): Promise<Partition> {
    const patience = new Patience(`the partition of ${this.path}`, options);
    for (;;) {
      const { current } = this;
      if (current !== undefined) return current;
      if (this.#failure !== undefined) throw this.#failure.error;
      await patience.until(new Promise<void>((resolve) => this.#waiters.push(resolve)));
    }
  }

  /** Lets go of everything and leaves. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#party.leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    const patience = new Patience(`partitioning ${this.path}`, { signal: this.#stop.signal });
    await ensurePersistent(this.#client, this.#partyPath, patience);
    await this.#party.join(patience.call);
    // Other states than those of an end count as well: a suspended connection makes the round stale.
    const off = this.#client.on("state", () => this.#changed.ring());
    const stop = this.#changed.ringOnEnd(this.#client);
    try {
      while (!this.#stop.signal.aborted) {
        try {
          await this.#round(patience);
        } catch (error) {
          if (isEnded(error) || !isSessionExpired(error)) throw error;
          await patience.until(this.#client.when("connected"));
        }
      }
    } finally {
      off();
      stop();
    }
  }

  /** From a settled list of members to the next change of it. */
  async #round(patience: Patience): Promise<void> {
    const members = await this.#settled(patience);
    const controller = new AbortController();
    const share = (this.#options.partition ?? partition)(this.identifier, members, this.#options.items);
    const signal = AbortSignal.any([controller.signal, this.#stop.signal]);
    // It ends with the round: a lock that is lost ends it too, even when the members stay the same.
    const isStale = this.#whenStale(members, new Patience(`a round of ${this.path}`, { signal }));
    void isStale.catch(() => {}).finally(() => controller.abort());
    const holds: Hold[] = [];
    try {
      for (const item of share) {
        const lock = new Lock(this.#client, childPath(this.path, `locks/${item}`), { layout: "kazoo" });
        const hold = await lock.acquire({ signal });
        holds.push(hold);
        hold.signal.addEventListener("abort", () => controller.abort(), { once: true });
        if (hold.signal.aborted) controller.abort();
      }
      this.#current = { items: share, signal };
      this.#partitions.emit(this.#current);
      this.#notify();
      await isStale;
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    } finally {
      controller.abort();
      this.#current = undefined;
      await Promise.all(holds.map((hold) => hold.release()));
    }
  }

  /** The members after nobody has come or gone for the time that was asked for. */
  async #settled(patience: Patience): Promise<string[]> {
    const { settleMs = 30_000 } = this.#options;
    for (;;) {
      const members = await this.#members(patience);
      if (!members.includes(this.identifier)) {
        await this.#changed.wait(patience);
        continue;
      }
      try {
        await this.#changed.wait(
          new Patience("settling", { signal: this.#stop.signal, deadlineMs: settleMs }),
        );
      } catch (error) {
        if ((error as Error).name !== "DeadlineError") throw error;
        return members;
      }
    }
  }

  async #whenStale(members: readonly string[], patience: Patience): Promise<void> {
    const before = [...members].sort().join("/");
    for (;;) {
      await this.#changed.wait(patience);
      if (this.#client.state !== "connected") return;
      if ((await this.#members(patience)).sort().join("/") !== before) return;
    }
  }

  async #members(patience: Patience): Promise<string[]> {
    const call = { watch: this.#changed.at(this.#partyPath), ...patience.call };
    try {
      const { children } = await persist(() => this.#client.children(this.#partyPath, call));
      return children.map((name) => name.slice(name.indexOf("-") + 1));
    } catch (error) {
      if (!isCode(error, "NONODE")) throw error;
      await ensurePersistent(this.#client, this.#partyPath, patience);
      return this.#members(patience);
    }
  }

  #notify(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
