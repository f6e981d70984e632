import { type Client, type Data, MisuseError } from "../client/index.ts";
import type { Layout } from "./contention.ts";
import { Hold, type HoldOptions } from "./hold.ts";
import { Lock } from "./lock.ts";
import { createOwned, ensurePersistent, type OwnedZnode } from "./owned-znode.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { deleteEphemeral, isCode, isSessionExpired, persistAcrossSessions } from "./persist.ts";
import { Wakeup } from "./wakeup.ts";
import { childPath, hexGuid, textOf } from "./znode-path.ts";

/** How many leases there are and whom they are shared with. */
export interface SemaphoreOptions extends HoldOptions {
  /** How many may hold a lease at a time, at least 1. Everybody must name the same number. */
  readonly maxLeases: number;
  /** "curator" (default): shared with InterProcessSemaphoreV2. "kazoo": shared with kazoo's Semaphore. */
  readonly layout?: Layout | undefined;
  /** Data of the lease's znode. Default: empty. */
  readonly data?: Data | undefined;
}

/** Where each layout keeps what. */
interface Places {
  readonly guard: string;
  readonly leases: string;
}

/**
 * At most `maxLeases` holders at a time. Who wants one takes a lock first; only its holder watches the leases, so a lease that
 * is given back wakes one process.
 *
 * Layout: Curator `<path>/locks/_c_<uuid>-lock-<seq>`, `<path>/leases/_c_<uuid>-lease-<seq>` (ephemeral sequential); kazoo
 * `<path>-__lock__/<32 hex>__lock__<seq>`, `<path>/<32 hex>` (ephemeral), and the data of `<path>` is the number of leases in
 * decimal: another number is refused with a MisuseError. Curator's does not store the number.
 */
export class Semaphore {
  /** The znode below which it lives. */
  readonly path: string;
  readonly #client: Client;
  readonly #options: SemaphoreOptions;
  readonly #places: Places;
  readonly #guard: Lock;

  constructor(client: Client, path: string, options: SemaphoreOptions) {
    if (!Number.isSafeInteger(options.maxLeases) || options.maxLeases < 1)
      throw new MisuseError(`maxLeases is ${options.maxLeases}: it must be a whole number from 1`);
    const layout = options.layout ?? "curator";
    this.path = path;
    this.#client = client;
    this.#options = options;
    this.#places =
      layout === "curator"
        ? { guard: childPath(path, "locks"), leases: childPath(path, "leases") }
        : { guard: `${path}-__lock__`, leases: path };
    this.#guard = new Lock(client, this.#places.guard, { ...options, layout });
  }

  /** Resolves with a lease as soon as there is one. */
  async acquire(options: WaitOptions = {}): Promise<Hold> {
    const patience = new Patience(`the semaphore ${this.path}`, options);
    await this.#check(patience);
    for (;;) {
      try {
        const lease = await this.#guard.run((guard) => this.#lease(patience, guard), patience.call);
        if (lease !== undefined) return new Hold(this.#client, lease, this.#options);
      } catch (error) {
        if (!isSessionExpired(error)) throw error;
      }
      await patience.until(this.#client.when("connected"));
    }
  }

  /** A lease if one is free now and nobody waits, else undefined. */
  async tryAcquire(options: WaitOptions = {}): Promise<Hold | undefined> {
    const patience = new Patience(`the semaphore ${this.path}`, options);
    await this.#check(patience);
    const guard = await this.#guard.tryAcquire(patience.call);
    if (guard === undefined) return undefined;
    try {
      if ((await this.#count(patience)) >= this.#options.maxLeases) return undefined;
      const lease = await this.#create(patience);
      return new Hold(this.#client, lease, this.#options);
    } finally {
      await guard.release();
    }
  }

  /** How many leases are held now. */
  async held(options: WaitOptions = {}): Promise<number> {
    return this.#count(new Patience(`the leases of ${this.path}`, options));
  }

  /** Under the guard: waits for a free place and takes it. Undefined when the guard was lost meanwhile. */
  async #lease(patience: Patience, guard: Hold): Promise<OwnedZnode | undefined> {
    const wakeup = new Wakeup();
    const stop = wakeup.ringOnEnd(this.#client);
    try {
      for (;;) {
        if (!guard.isHeld) return undefined;
        if ((await this.#count(patience, wakeup)) < this.#options.maxLeases) break;
        await wakeup.wait(patience);
      }
    } finally {
      stop();
    }
    const lease = await this.#create(patience);
    if (guard.isHeld) return lease;
    // Another may have had the guard when we made it: there may be one too many.
    await deleteEphemeral(this.#client, lease.path, lease.stat.ephemeralOwner);
    return undefined;
  }

  async #count(patience: Patience, wakeup?: Wakeup): Promise<number> {
    const options = { ...patience.call, watch: wakeup?.at(this.#places.leases) };
    try {
      const list = () => this.#client.children(this.#places.leases, options);
      return (await persistAcrossSessions(this.#client, list)).children.length;
    } catch (error) {
      if (isCode(error, "NONODE")) return 0;
      throw error;
    }
  }

  #create(patience: Patience): Promise<OwnedZnode> {
    const { layout = "curator", data = "" } = this.#options;
    const options =
      layout === "curator"
        ? ({ prefix: `_c_${crypto.randomUUID()}-lease-`, mode: "ephemeral-sequential", data } as const)
        : ({ prefix: hexGuid(), mode: "ephemeral", data, parentMode: "persistent" } as const);
    return createOwned(this.#client, this.#places.leases, options, patience);
  }

  /** kazoo's number of leases: written by the first, checked by all others. */
  async #check(patience: Patience): Promise<void> {
    if (this.#options.layout !== "kazoo") return;
    const wanted = String(this.#options.maxLeases);
    await ensurePersistent(this.#client, this.path, patience);
    for (;;) {
      const { data, stat } = await persistAcrossSessions(this.#client, () =>
        this.#client.get(this.path, patience.call),
      );
      const found = textOf(data);
      if (found === wanted) return;
      if (found !== "")
        throw new MisuseError(
          `${this.path} has ${found} leases, not ${wanted}: everybody must name the same number`,
        );
      try {
        await persistAcrossSessions(this.#client, () =>
          this.#client.set(this.path, wanted, { version: stat.version, ...patience.call }),
        );
      } catch (error) {
        if (!isCode(error, "BADVERSION")) throw error;
      }
    }
  }
}
