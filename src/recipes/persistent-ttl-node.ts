import { type Client, type Data, MisuseError } from "../client/index.ts";
import { ensureContainer } from "./owned-znode.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { isCode, persistAcrossSessions } from "./persist.ts";
import { childPath } from "./znode-path.ts";

/** What the znode holds and how long it outlives its program. */
export interface PersistentTtlNodeOptions {
  /** How long the znode outlives its last touch, ms, 2 … 1099511627775. It is touched every half of that. */
  readonly ttlMs: number;
  /** Default: empty. */
  readonly data?: Data | undefined;
}

const TOUCH = "touch";

/**
 * A znode that outlives connections and sessions, but not its program: when nobody touches it for `ttlMs` the server removes it.
 *
 * Layout (Curator's PersistentTtlNode): `<path>` container with the data, `<path>/touch` with the TTL. Needs
 * `extendedTypesEnabled` on the servers.
 */
export class PersistentTtlNode implements AsyncDisposable {
  /** The znode that is kept. */
  readonly path: string;
  readonly #client: Client;
  readonly #options: PersistentTtlNodeOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #touching: Promise<void> | undefined;
  #isClosed = false;

  constructor(client: Client, path: string, options: PersistentTtlNodeOptions) {
    if (!Number.isSafeInteger(options.ttlMs) || options.ttlMs < 2)
      throw new MisuseError(`ttlMs is ${options.ttlMs}: it must be a whole number from 2`);
    this.path = path;
    this.#client = client;
    this.#options = options;
  }

  /** Creates it and begins to touch it. @throws KeeperError UNIMPLEMENTED when the servers have no TTLs */
  async start(options: WaitOptions = {}): Promise<this> {
    const patience = new Patience(`creating ${this.path}`, options);
    await this.#touch(patience);
    await persistAcrossSessions(this.#client, () =>
      this.#client.set(this.path, this.#options.data ?? "", patience.call),
    );
    this.#plan();
    return this;
  }

  /** Stops touching: the server removes it after the TTL. `"now"` removes it at once. */
  async close(removal: "byTtl" | "now" = "now"): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#touching;
    if (removal === "byTtl") return;
    try {
      await persistAcrossSessions(this.#client, () => this.#client.deleteAll(this.path));
    } catch (error) {
      if (!isCode(error, "NONODE")) throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #plan(): void {
    if (this.#isClosed) return;
    const { ttlMs } = this.#options;
    this.#timer = setTimeout(() => {
      const patience = new Patience(`touching ${this.path}`, { deadlineMs: ttlMs });
      // A touch that fails is tried again at the next half: only the TTL decides.
      this.#touching = this.#touch(patience)
        .catch(() => {})
        .finally(() => this.#plan());
    }, ttlMs / 2);
  }

  async #touch(patience: Patience): Promise<void> {
    const touch = childPath(this.path, TOUCH);
    for (;;) {
      try {
        await persistAcrossSessions(this.#client, () => this.#client.set(touch, "", patience.call));
        return;
      } catch (error) {
        if (!isCode(error, "NONODE")) throw error;
      }
      await this.#create(touch, patience);
    }
  }

  async #create(touch: string, patience: Patience): Promise<void> {
    const { ttlMs, data = "" } = this.#options;
    await ensureContainer(this.#client, this.path, patience);
    try {
      await persistAcrossSessions(this.#client, () =>
        this.#client.create(touch, { mode: "persistent-ttl", ttlMs, ...patience.call }),
      );
      await persistAcrossSessions(this.#client, () => this.#client.set(this.path, data, patience.call));
    } catch (error) {
      if (!isCode(error, "NODEEXISTS") && !isCode(error, "NONODE")) throw error;
    }
  }
}
