import type { Client } from "../client/index.ts";
import type { Hold } from "./hold.ts";
import { Lock, type LockOptions } from "./lock.ts";
import { Patience, type WaitOptions } from "./patience.ts";

/**
 * Several locks as one: all or none. They are taken in the order of their paths, whatever the order given, so that two
 * multi-locks over the same paths cannot wait for each other.
 *
 * Layout: that of {@link Lock}, once per path.
 */
export class MultiLock {
  readonly #locks: readonly Lock[];

  constructor(client: Client, paths: readonly string[], options: LockOptions = {}) {
    this.#locks = [...new Set(paths)].sort().map((path) => new Lock(client, path, options));
  }

  /** Resolves when all are held. When one cannot be had in time, the others are given back. */
  async acquire(options: WaitOptions = {}): Promise<MultiHold> {
    const patience = new Patience("the multi-lock", options);
    const holds: Hold[] = [];
    try {
      for (const lock of this.#locks) holds.push(await lock.acquire(patience.call));
    } catch (error) {
      await releaseAll(holds);
      throw error;
    }
    return new MultiHold(holds);
  }

  /** All of them if every one is free, else undefined, without waiting. */
  async tryAcquire(options: WaitOptions = {}): Promise<MultiHold | undefined> {
    const patience = new Patience("the multi-lock", options);
    const holds: Hold[] = [];
    try {
      for (const lock of this.#locks) {
        const hold = await lock.tryAcquire(patience.call);
        if (hold === undefined) {
          await releaseAll(holds);
          return undefined;
        }
        holds.push(hold);
      }
    } catch (error) {
      await releaseAll(holds);
      throw error;
    }
    return new MultiHold(holds);
  }
}

/** Several holds that are released together. */
export class MultiHold implements AsyncDisposable {
  /** In the order of their paths. */
  readonly holds: readonly Hold[];
  /** Fires when any of them is lost. */
  readonly signal: AbortSignal;

  /** @internal */
  constructor(holds: readonly Hold[]) {
    this.holds = holds;
    this.signal = AbortSignal.any(holds.map((hold) => hold.signal));
  }

  /** Whether every one of them is held. */
  get isHeld(): boolean {
    return this.holds.every((hold) => hold.isHeld);
  }

  /** Gives all of them back; resolves when the znodes are gone. */
  async release(): Promise<void> {
    await releaseAll(this.holds);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

async function releaseAll(holds: readonly Hold[]): Promise<void> {
  await Promise.all(holds.toReversed().map((hold) => hold.release()));
}
