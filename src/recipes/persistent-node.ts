import { type ACL, type Client, type Data, MisuseError, type Stat } from "../client/index.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import {
  deleteEphemeral,
  deleteOnce,
  isCode,
  isEnded,
  isSession,
  isSessionExpired,
  persist,
} from "./persist.ts";
import { Wakeup } from "./wakeup.ts";

/** What the znode is like, and what to do about others' of the same name. */
export interface PersistentNodeOptions {
  /** Default "ephemeral": there as long as this process is. */
  readonly mode?: "ephemeral" | "persistent" | undefined;
  /** Default: empty. */
  readonly data?: Data | undefined;
  /** Default: {@link OPEN_ACL}. */
  readonly acl?: readonly ACL[] | undefined;
  /**
   * An ephemeral znode of this name belongs to another session, perhaps to this program before it was restarted: "wait"
   * (default) until it is gone; "replace": delete it.
   */
  readonly onForeign?: "wait" | "replace" | undefined;
  /** "delete" (default): `close` takes the znode away. "leave": a persistent one stays. */
  readonly onClose?: "delete" | "leave" | undefined;
}

/**
 * A znode that is made again whenever it vanishes: with its session, or by somebody's hand.
 *
 * Layout (Curator's PersistentNode): `<path>`, parents created as needed.
 */
export class PersistentNode implements AsyncDisposable {
  /** The znode that is kept. */
  readonly path: string;
  readonly #client: Client;
  readonly #options: PersistentNodeOptions;
  readonly #wakeup = new Wakeup();
  readonly #stop = new AbortController();
  readonly #patience: Patience;
  #data: Data;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isThere = false;
  #mayExist = false;
  #waiters: (() => void)[] = [];

  constructor(client: Client, path: string, options: PersistentNodeOptions = {}) {
    this.path = path;
    this.#client = client;
    this.#options = options;
    this.#data = options.data ?? "";
    this.#patience = new Patience(`keeping ${path}`, { signal: this.#stop.signal });
  }

  /** Begins to keep it; resolves when it is there for the first time. */
  async start(options: WaitOptions = {}): Promise<this> {
    if (this.#running !== undefined) throw new MisuseError(`${this.path} is kept already`);
    this.#running = this.#run();
    await this.created(options);
    return this;
  }

  /** Resolves when the znode is there, as far as this process knows. */
  async created(options: WaitOptions = {}): Promise<void> {
    const patience = new Patience(`creating ${this.path}`, options);
    while (!this.#isThere) {
      if (this.#failure !== undefined) throw this.#failure.error;
      await patience.until(new Promise<void>((resolve) => this.#waiters.push(resolve)));
    }
  }

  /** Changes the data, now and for every time that it is made again. */
  async setData(data: Data, options: WaitOptions = {}): Promise<void> {
    this.#data = data;
    const patience = new Patience(`setting ${this.path}`, options);
    for (;;) {
      await this.created(options);
      try {
        await persist(() => this.#client.set(this.path, data, patience.call));
        return;
      } catch (error) {
        if (!isCode(error, "NONODE") && !isSessionExpired(error)) throw error;
        this.#isThere = false;
        this.#wakeup.ring();
      }
    }
  }

  /** Stops keeping it, and takes it away unless it is to stay. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    if (this.#options.onClose === "leave" && this.#options.mode === "persistent") return;
    this.#isThere = false;
    // Also what a create has made whose answer we did not wait for.
    if (!this.#mayExist) return;
    if (this.#options.mode === "persistent") await deleteOnce(this.#client, this.path);
    else await this.#deleteOurs();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    const stop = this.#wakeup.ringOnEnd(this.#client);
    try {
      while (!this.#stop.signal.aborted) {
        try {
          this.#isThere = await this.#ensure();
          if (this.#isThere) this.#notify();
          await this.#wakeup.wait(this.#patience);
        } catch (error) {
          if (!isSessionExpired(error)) throw error;
          this.#isThere = false;
          await this.#patience.until(this.#client.when("connected"));
        }
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#failure = { error };
    } finally {
      stop();
      this.#notify();
    }
  }

  /** True when the znode is there and ours; the wakeup rings when that may have changed. */
  async #ensure(): Promise<boolean> {
    for (;;) {
      const stat = await this.#look();
      if (stat !== null && this.#isKept(stat)) {
        this.#mayExist = true;
        return true;
      }
      if (stat !== null && this.#options.onForeign !== "replace") return false;
      if (stat !== null) await deleteOnce(this.#client, this.path);
      await this.#create();
    }
  }

  #look(): Promise<Stat | null> {
    const call = { watch: this.#wakeup.at(this.path), ...this.#patience.call };
    return persist(() => this.#client.exists(this.path, call));
  }

  async #create(): Promise<void> {
    this.#mayExist = true;
    const { mode = "ephemeral", acl } = this.#options;
    const options = { data: this.#data, mode, acl, ...this.#patience.call };
    try {
      await persist(() => this.#client.createAll(this.path, options));
    } catch (error) {
      // By us in a call that was lost, or by another: the next look tells.
      if (!isCode(error, "NODEEXISTS")) throw error;
    }
  }

  #isKept(stat: Stat): boolean {
    if (this.#options.mode === "persistent") return true;
    return isSession(this.#client, stat.ephemeralOwner);
  }

  async #deleteOurs(): Promise<void> {
    try {
      const stat = await persist(() => this.#client.exists(this.path));
      if (stat !== null) await deleteEphemeral(this.#client, this.path, stat.ephemeralOwner);
    } catch (error) {
      // The session is over, and the znode with it.
      if (!isSessionExpired(error) && !isEnded(error)) throw error;
    }
  }

  #notify(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
