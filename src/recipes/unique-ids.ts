import { type Client, MisuseError } from "../client/index.ts";
import { claim } from "./claim.ts";
import { INT64 } from "./counter.ts";
import { Hold, type HoldOptions } from "./hold.ts";
import { createOwned, ensurePersistent } from "./owned-znode.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { isConnectionLost, isSessionRenewed, persist } from "./persist.ts";
import { SharedValue } from "./shared-value.ts";
import { childPath, hexGuid } from "./znode-path.ts";

/** How the numbers are reserved. */
export interface UniqueIdsOptions {
  /** How many are reserved with one write, 1 … 1000000, default 1000. What a process does not use is lost. */
  readonly blockSize?: number | undefined;
}

/**
 * Numbers that nobody gets twice, from 0 on, growing within one process. Reserved in blocks, so most cost no call.
 *
 * Layout: the data of `<path>`, persistent: the next number that is free, 8 bytes big-endian (an {@link AtomicLong}).
 */
export class UniqueIds {
  /** The znode in which it lives. */
  readonly path: string;
  readonly #client: Client;
  readonly #value: SharedValue<bigint>;
  readonly #blockSize: bigint;
  #next = 0n;
  #end = 0n;
  #reserving: Promise<void> | undefined;

  constructor(client: Client, path: string, options: UniqueIdsOptions = {}) {
    const { blockSize = 1000 } = options;
    if (!Number.isSafeInteger(blockSize) || blockSize < 1 || blockSize > 1_000_000)
      throw new MisuseError(`blockSize is ${blockSize}: it must be a whole number, 1 … 1000000`);
    this.path = path;
    this.#client = client;
    this.#blockSize = BigInt(blockSize);
    this.#value = new SharedValue(client, path, 0n, INT64);
  }

  /** The next number. The patience is this caller's alone: others may wait for the same block longer. */
  async next(options: WaitOptions = {}): Promise<bigint> {
    const patience = new Patience(`an id of ${this.path}`, options);
    while (this.#next >= this.#end) await patience.until(this.#reserved());
    return this.#next++;
  }

  #reserved(): Promise<void> {
    if (this.#reserving === undefined) {
      const reserving = this.#reserve().finally(() => {
        this.#reserving = undefined;
      });
      // Everybody may have given up before it fails.
      reserving.catch(() => {});
      this.#reserving = reserving;
    }
    return this.#reserving;
  }

  /** Not given up with any caller: the block serves the next one. */
  async #reserve(): Promise<void> {
    for (;;) {
      try {
        const { before, after } = await this.#value.update((value) => value + this.#blockSize);
        this.#next = before.value;
        this.#end = after.value;
        return;
      } catch (error) {
        // The block may have been reserved and is lost then: ids are unique, not dense.
        if (!isConnectionLost(error) && !isSessionRenewed(this.#client, error)) throw error;
      }
    }
  }
}

/**
 * A small number that no other living process has: for ids that are made of time, worker and counter.
 *
 * Layout: `<path>/<number>`, ephemeral, data = a GUID of the holder; the lowest free number is taken.
 */
export class WorkerIds {
  /** The znode below which it lives. */
  readonly path: string;
  readonly #client: Client;
  readonly #count: number;
  readonly #options: HoldOptions;

  /** @param options.count how many numbers there are, from 0 on; default 1024 (10 bits) */
  constructor(
    client: Client,
    path: string,
    options: HoldOptions & { readonly count?: number | undefined } = {},
  ) {
    this.path = path;
    this.#client = client;
    this.#count = options.count ?? 1024;
    this.#options = options;
  }

  /** The number and its hold: when `hold.signal` fires it may be another's. @throws MisuseError when all are taken */
  async claim(options: WaitOptions = {}): Promise<{ readonly id: number; readonly hold: Hold }> {
    const patience = new Patience(`a worker id of ${this.path}`, options);
    await ensurePersistent(this.#client, this.path, patience);
    const guid = hexGuid();
    const { children } = await persist(() => this.#client.children(this.path, patience.call));
    const taken = new Set(children);
    for (let id = 0; id < this.#count; id++) {
      if (taken.has(String(id))) continue;
      const znode = await claim(this.#client, childPath(this.path, String(id)), guid, patience);
      if (znode !== undefined) return { id, hold: new Hold(this.#client, znode, this.#options) };
    }
    throw new MisuseError(`all ${this.#count} worker ids of ${this.path} are taken`);
  }
}

/** A znode with a name that no other has: `<prefix><seq>`, by the server's counter. Kept as long as the hold. */
export async function uniqueName(
  client: Client,
  path: string,
  prefix: string,
  options: WaitOptions = {},
): Promise<Hold> {
  const patience = new Patience(`a unique name in ${path}`, options);
  const create = { prefix: `${prefix}${hexGuid()}-`, mode: "ephemeral-sequential", data: "" } as const;
  return new Hold(client, await createOwned(client, path, create, patience));
}
