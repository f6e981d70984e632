import { type Client, MisuseError } from "../client/index.ts";
import { Lock } from "./lock.ts";
import { LostError } from "./lost-error.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { isCode, isConnectionLost, isSessionRenewed, persist } from "./persist.ts";
import { childPath, textOf } from "./znode-path.ts";

/** Who wants it, and for how long. */
export interface LeaseOptions {
  /** Who takes the lease; the same holder renews it. Unique among all who take part. */
  readonly holder: string;
  /** How long it lasts, ms; whole seconds are kept, rounded down, as kazoo keeps them. */
  readonly durationMs: number;
  /** Milliseconds since 1970; default: the system's clock. The clocks of all who take part must agree. */
  readonly wallClock?: (() => number) | undefined;
}

interface HolderRecord {
  readonly version: number;
  readonly holder: string;
  readonly end: string;
}

const FORMAT_VERSION = 1;
const HOLDER = "lease_holder";

/**
 * A right for a time by the clock, which needs no connection while it is used: for work that runs now and then.
 *
 * Layout (kazoo's NonBlockingLease): a {@link Lock} in kazoo's layout on `<path>`, and `<path>/lease_holder`, persistent, JSON
 * `{"version": 1, "holder": …, "end": "YYYY-MM-DDTHH:MM:SS"}` in UTC.
 */
export class Lease {
  /** The znode below which it lives. */
  readonly path: string;
  readonly #client: Client;
  readonly #options: LeaseOptions;

  constructor(client: Client, path: string, options: LeaseOptions) {
    if (!(options.durationMs >= 1000))
      throw new MisuseError(`durationMs is ${options.durationMs}: a lease lasts at least a second`);
    this.path = path;
    this.#client = client;
    this.#options = options;
  }

  /** Takes or renews the lease; resolves with its end (ms since 1970), or undefined when another has it. */
  async obtain(options: WaitOptions = {}): Promise<number | undefined> {
    const patience = new Patience(`the lease ${this.path}`, options);
    const lock = new Lock(this.#client, this.path, { layout: "kazoo", data: this.#options.holder });
    for (;;) {
      try {
        return await lock.run((hold) => {
          hold.signal.throwIfAborted();
          return this.#obtainLocked(patience);
        }, patience.call);
      } catch (error) {
        // Asking again is safe, even when the lost answer was a yes: the same holder renews.
        if (!this.#isLoss(error)) throw error;
      }
    }
  }

  #isLoss(error: unknown): boolean {
    if (error instanceof LostError) return error.reason !== "closed";
    return isConnectionLost(error) || isSessionRenewed(this.#client, error);
  }

  async #obtainLocked(patience: Patience): Promise<number | undefined> {
    const { holder, durationMs, wallClock = Date.now } = this.#options;
    const path = childPath(this.path, HOLDER);
    const now = wallClock();
    const found = await this.#read(path, patience);
    if (found !== undefined) {
      // A format of the future: its program may use the lease, we may not.
      if (found.record.version !== FORMAT_VERSION) return undefined;
      if (found.record.holder !== holder && now < Date.parse(`${found.record.end}Z`)) return undefined;
    }
    const end = new Date(now + durationMs).toISOString().slice(0, 19);
    const text = `{"version": ${FORMAT_VERSION}, "holder": ${JSON.stringify(holder)}, "end": "${end}"}`;
    try {
      // By version and by existence: whoever has lost the lock on the way changes nothing.
      if (found === undefined) await this.#client.create(path, { data: text, ...patience.call });
      else await this.#client.set(path, text, { version: found.version, ...patience.call });
    } catch (error) {
      if (isCode(error, "NODEEXISTS") || isCode(error, "BADVERSION") || isCode(error, "NONODE"))
        return undefined;
      throw error;
    }
    return Date.parse(`${end}Z`);
  }

  async #read(
    path: string,
    patience: Patience,
  ): Promise<{ readonly record: HolderRecord; readonly version: number } | undefined> {
    try {
      const { data, stat } = await persist(() => this.#client.get(path, patience.call));
      return { record: JSON.parse(textOf(data)) as HolderRecord, version: stat.version };
    } catch (error) {
      if (isCode(error, "NONODE")) return undefined;
      throw error;
    }
  }
}

/** Up to `count` leases; whoever asks gets the first free one. Layout (kazoo's MultiNonBlockingLease): `<path>/<0 … count-1>`. */
export class MultiLease {
  readonly #leases: readonly Lease[];

  constructor(client: Client, path: string, options: LeaseOptions & { readonly count: number }) {
    if (!Number.isSafeInteger(options.count) || options.count < 1)
      throw new MisuseError(`count is ${options.count}: it must be a whole number from 1`);
    this.#leases = Array.from(
      { length: options.count },
      (_, i) => new Lease(client, childPath(path, String(i)), options),
    );
  }

  /** The path and end of the lease, or undefined when all are taken. */
  async obtain(
    options: WaitOptions = {},
  ): Promise<{ readonly path: string; readonly endMs: number } | undefined> {
    const patience = new Patience("one of several leases", options);
    for (const lease of this.#leases) {
      const endMs = await lease.obtain(patience.call);
      if (endMs !== undefined) return { path: lease.path, endMs };
    }
    return undefined;
  }
}
