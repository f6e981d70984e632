import { type Client, type Data, MisuseError } from "../client/index.ts";
import { createOwned } from "./owned-znode.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { deleteEphemeral, isCode, persist } from "./persist.ts";
import { Wakeup } from "./wakeup.ts";
import { childPath } from "./znode-path.ts";

/** How many make it complete. */
export interface MemberQueueOptions {
  /** How many must be there before all may go on, at least 1. */
  readonly members: number;
}

const START = "start";

/**
 * The queue that is useful only when all its members have gathered: everybody joins and waits until there are N.
 *
 * Layout (the tutorials' synchronising queue): `<path>/member-<uuid>-<seq>`, ephemeral sequential, and `<path>/start`,
 * persistent, created by the one who completes the number. Members watch `start` only.
 */
export class MemberQueue {
  /** The znode below which it lives. */
  readonly path: string;
  readonly #client: Client;
  readonly #members: number;

  constructor(client: Client, path: string, options: MemberQueueOptions) {
    if (!Number.isSafeInteger(options.members) || options.members < 1)
      throw new MisuseError(`members is ${options.members}: it must be a whole number from 1`);
    this.path = path;
    this.#client = client;
    this.#members = options.members;
  }

  /** Joins and resolves when N members have joined. Given up, the member is withdrawn. The result withdraws it later. */
  async join(
    options: WaitOptions & { readonly data?: Data | undefined } = {},
  ): Promise<{ readonly path: string; leave(): Promise<void> } & AsyncDisposable> {
    const patience = new Patience(`gathering at ${this.path}`, options);
    const prefix = `member-${crypto.randomUUID()}-`;
    const create = { prefix, mode: "ephemeral-sequential", data: options.data ?? "" } as const;
    const own = await createOwned(this.#client, this.path, create, patience);
    const leave = (): Promise<void> => deleteEphemeral(this.#client, own.path, own.stat.ephemeralOwner);
    try {
      await this.#gathered(patience);
    } catch (error) {
      void leave().catch(() => {});
      throw error;
    }
    return { path: own.path, leave, [Symbol.asyncDispose]: leave };
  }

  /** Makes the queue ready for another gathering. Call it when all members have left. */
  async reset(options: WaitOptions = {}): Promise<void> {
    const patience = new Patience(`resetting ${this.path}`, options);
    try {
      await persist(() => this.#client.delete(childPath(this.path, START), patience.call));
    } catch (error) {
      if (!isCode(error, "NONODE")) throw error;
    }
  }

  async #gathered(patience: Patience): Promise<void> {
    const start = childPath(this.path, START);
    const wakeup = new Wakeup();
    const stop = wakeup.ringOnEnd(this.#client);
    try {
      for (;;) {
        // The watch before the count: whoever comes later completes the number, and we hear of it.
        const call = { watch: wakeup.at(start), ...patience.call };
        if ((await persist(() => this.#client.exists(start, call))) !== null) return;
        const { children } = await persist(() => this.#client.children(this.path, patience.call));
        if (children.filter((name) => name !== START).length >= this.#members) break;
        await wakeup.wait(patience);
      }
    } finally {
      stop();
    }
    try {
      await persist(() => this.#client.create(start, patience.call));
    } catch (error) {
      if (!isCode(error, "NODEEXISTS")) throw error;
    }
  }
}
