import { type Client, type Data, type Stat, ZooKeeperError } from "../client/index.ts";
import { Emitter } from "./emitter.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { isCode, isConnectionLost, isSessionRenewed, outcomeOf, persistAcrossSessions } from "./persist.ts";

/** A value and the version that it has. */
export interface Versioned<T> {
  /** What it is. */
  readonly value: T;
  /** Of the znode: what {@link SharedValue.trySet} compares. */
  readonly version: number;
}

/** How a value is written into a znode. */
export interface ValueCodec<T> {
  /** Bytes of a value; what it throws rejects the call, and nothing is written. */
  readonly encode: (value: T) => Uint8Array;
  /** Gets the empty bytes for a znode without data. */
  readonly decode: (data: Uint8Array) => T;
}

/** What is written when two have changed a value at the same time: the change is asked again with the newer value. */
export type Change<T> = (value: T) => T;

/**
 * One value in a znode, changed by comparing versions: no change is lost, whoever writes.
 *
 * Layout (Curator's SharedValue): the data of `<path>`, which is created persistent with the initial value.
 */
export class SharedValue<T = Uint8Array> implements AsyncDisposable {
  /** The znode in which it lives. */
  readonly path: string;
  readonly #client: Client;
  readonly #codec: ValueCodec<T>;
  readonly #initial: T;
  readonly #changes = new Emitter<Versioned<T>>();
  #stop: (() => Promise<void>) | undefined;

  constructor(
    client: Client,
    path: string,
    initial: T,
    codec: ValueCodec<T> = RAW as unknown as ValueCodec<T>,
  ) {
    this.path = path;
    this.#client = client;
    this.#initial = initial;
    this.#codec = codec;
  }

  /** The value as this client's server knows it; the znode is created if it is missing. */
  async get(options: WaitOptions = {}): Promise<Versioned<T>> {
    return this.#read(new Patience(`reading ${this.path}`, options));
  }

  /** Sets the value if it still has the version. False when another was faster. */
  async trySet(value: T, version: number, options: WaitOptions = {}): Promise<boolean> {
    const patience = new Patience(`setting ${this.path}`, options);
    return (await this.#write(value, version, patience)) !== undefined;
  }

  /** Sets the value whatever it was. */
  async set(value: T, options: WaitOptions = {}): Promise<Versioned<T>> {
    return (await this.update(() => value, options)).after;
  }

  /**
   * Replaces the value by `change(value)`, again and again until nobody was faster. A connection that breaks before the answer
   * rejects with `outcome: "unknown"`, unless a look at the znode shows that the version is still the old one.
   */
  async update(
    change: Change<T>,
    options: WaitOptions = {},
  ): Promise<{ readonly before: Versioned<T>; readonly after: Versioned<T> }> {
    const patience = new Patience(`changing ${this.path}`, options);
    for (;;) {
      const before = await this.#read(patience);
      const value = change(before.value);
      const stat = await this.#write(value, before.version, patience);
      if (stat !== undefined) return { before, after: { value, version: stat.version } };
    }
  }

  /** Calls `listener` with the value now and after every change that it sees (quick ones may be seen as one). */
  async watch(listener: (value: Versioned<T>) => void): Promise<() => Promise<void>> {
    const off = this.#changes.on(listener);
    this.#stop ??= await this.#follow();
    this.#changes.emit(await this.get());
    return async () => off();
  }

  async #follow(): Promise<() => Promise<void>> {
    const watch = await this.#client.watch(this.path, { mode: "persistent" });
    watch.on((event) => {
      if (event.type === "childrenChanged" || event.type === "deleted") return;
      this.get().then(
        (value) => this.#changes.emit(value),
        () => {},
      );
    });
    return () => watch.close();
  }

  /** Ends the listeners. */
  async close(): Promise<void> {
    await this.#stop?.();
    this.#stop = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #read(patience: Patience): Promise<Versioned<T>> {
    for (;;) {
      try {
        const { data, stat } = await persistAcrossSessions(this.#client, () =>
          this.#client.get(this.path, patience.call),
        );
        // Also the znode of somebody who has only ensured the path, as kazoo does.
        const isEmpty = data === null || data.length === 0;
        return { value: isEmpty ? this.#initial : this.#codec.decode(data), version: stat.version };
      } catch (error) {
        if (!isCode(error, "NONODE")) throw error;
      }
      await this.#create(patience);
    }
  }

  async #create(patience: Patience): Promise<void> {
    const data: Data = this.#codec.encode(this.#initial);
    try {
      await persistAcrossSessions(this.#client, () =>
        this.#client.createAll(this.path, { data, ...patience.call }),
      );
    } catch (error) {
      if (!isCode(error, "NODEEXISTS")) throw error;
    }
  }

  /** Undefined when the version is another, or when it certainly was not written. */
  async #write(value: T, version: number, patience: Patience): Promise<Stat | undefined> {
    try {
      return await this.#client.set(this.path, this.#codec.encode(value), { version, ...patience.call });
    } catch (error) {
      if (isCode(error, "BADVERSION") || isCode(error, "NONODE")) return undefined;
      if (isSessionRenewed(this.#client, error) && outcomeOf(error) === "not-applied") return undefined;
      if (!isConnectionLost(error) && !isSessionRenewed(this.#client, error)) throw error;
      if ((await this.#versionNow(patience)) === version) return undefined;
      // Written by us if nobody else is this session and has written just this version since.
      throw error;
    }
  }

  /** The version after a lost answer. A look that fails says nothing about the write, so the outcome stays unknown. */
  async #versionNow(patience: Patience): Promise<number | undefined> {
    try {
      await persistAcrossSessions(this.#client, () => this.#client.sync(this.path, patience.call));
      return (await persistAcrossSessions(this.#client, () => this.#client.exists(this.path, patience.call)))
        ?.version;
    } catch (error) {
      throw error instanceof ZooKeeperError ? error.withOutcome("unknown") : error;
    }
  }
}

const RAW: ValueCodec<Uint8Array> = { encode: (value) => value, decode: (data) => data };
