import type { Client, Data } from "../client/index.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { isCode, persistAcrossSessions } from "./persist.ts";
import { Wakeup } from "./wakeup.ts";

/**
 * A gate that is closed while its znode exists.
 *
 * Layout: the znode `<path>` itself, persistent, as in Curator's DistributedBarrier and kazoo's Barrier. Everybody who waits
 * watches it: a gate lets all through at once.
 */
export class Barrier {
  /** The gate's znode. */
  readonly path: string;
  readonly #client: Client;

  constructor(client: Client, path: string) {
    this.#client = client;
    this.path = path;
  }

  /** Closes the gate; closed already is as good. */
  async close(options: WaitOptions & { readonly data?: Data | undefined } = {}): Promise<void> {
    const patience = new Patience(`closing the barrier ${this.path}`, options);
    try {
      await persistAcrossSessions(this.#client, () =>
        this.#client.createAll(this.path, { data: options.data ?? "", ...patience.call }),
      );
    } catch (error) {
      if (!isCode(error, "NODEEXISTS")) throw error;
    }
  }

  /** Opens the gate; open already is as good. */
  async open(options: WaitOptions = {}): Promise<void> {
    const patience = new Patience(`opening the barrier ${this.path}`, options);
    try {
      await persistAcrossSessions(this.#client, () => this.#client.delete(this.path, patience.call));
    } catch (error) {
      if (!isCode(error, "NONODE")) throw error;
    }
  }

  /** Resolves when the gate is open. */
  async wait(options: WaitOptions = {}): Promise<void> {
    const patience = new Patience(`waiting at the barrier ${this.path}`, options);
    const wakeup = new Wakeup();
    const stop = wakeup.ringOnEnd(this.#client);
    try {
      for (;;) {
        try {
          await persistAcrossSessions(this.#client, () =>
            this.#client.get(this.path, { watch: wakeup.at(this.path), ...patience.call }),
          );
        } catch (error) {
          if (isCode(error, "NONODE")) return;
          throw error;
        }
        await wakeup.wait(patience);
      }
    } finally {
      stop();
    }
  }
}
