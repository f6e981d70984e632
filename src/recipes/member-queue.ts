import { type Client, type Data, MisuseError } from "../client/index.ts";
import { createOwned, type OwnedZnode } from "./owned-znode.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { deleteEphemeral, isCode, isSession, isSessionRenewed, persistAcrossSessions } from "./persist.ts";
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
    for (;;) {
      try {
        const own = await createOwned(this.#client, this.path, create, patience);
        const leave = (): Promise<void> => deleteEphemeral(this.#client, own.path, own.stat.ephemeralOwner);
        if (await this.#gathered(own, leave, patience))
          return { path: own.path, leave, [Symbol.asyncDispose]: leave };
      } catch (error) {
        // Whoever still waits joins again with the new session.
        if (!isSessionRenewed(this.#client, error)) throw error;
      }
    }
  }

  /** Makes the queue ready for another gathering. Call it when all members have left. */
  async reset(options: WaitOptions = {}): Promise<void> {
    const patience = new Patience(`resetting ${this.path}`, options);
    try {
      await persistAcrossSessions(this.#client, () =>
        this.#client.delete(childPath(this.path, START), patience.call),
      );
    } catch (error) {
      if (!isCode(error, "NONODE")) throw error;
    }
  }

  /** False when the session, and our znode with it, has gone meanwhile. */
  async #gathered(own: OwnedZnode, leave: () => Promise<void>, patience: Patience): Promise<boolean> {
    const start = childPath(this.path, START);
    const wakeup = new Wakeup();
    const stop = wakeup.ringOnEnd(this.#client);
    try {
      for (;;) {
        // The watch before the count: whoever comes later completes the number, and we hear of it.
        const call = { watch: wakeup.at(start), ...patience.call };
        const isStarted = () => this.#client.exists(start, call);
        if ((await persistAcrossSessions(this.#client, isStarted)) !== null) return true;
        const list = () => this.#client.children(this.path, patience.call);
        const { children } = await persistAcrossSessions(this.#client, list);
        if (children.filter((name) => name !== START).length >= this.#members) break;
        await wakeup.wait(patience);
        if (!isSession(this.#client, own.stat.ephemeralOwner)) return false;
      }
    } catch (error) {
      void leave().catch(() => {});
      throw error;
    } finally {
      stop();
    }
    try {
      await persistAcrossSessions(this.#client, () => this.#client.create(start, patience.call));
    } catch (error) {
      if (!isCode(error, "NODEEXISTS")) throw error;
    }
    return true;
  }
}
