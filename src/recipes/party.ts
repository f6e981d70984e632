import { type Client, MisuseError } from "../client/index.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { isCode, persistAcrossSessions } from "./persist.ts";
import { PersistentNode } from "./persistent-node.ts";
import { childPath, hexGuid, textOf } from "./znode-path.ts";

/** Who takes part, and how the members are listed. */
export interface PartyOptions {
  /** Who this is. Default: empty. */
  readonly identifier?: string | undefined;
  /** "party" (default): the identifier is data. "shallow": it is part of the name, so that a list costs one call. */
  readonly kind?: "party" | "shallow" | undefined;
}

const MARK = "__party__";
const GUID_LENGTH = 32;

/**
 * A pool of processes that take part, each as long as it lives; identifiers need not be unique.
 *
 * Layout: `<path>/<32 hex>__party__`, ephemeral, data = identifier (kazoo's Party), or `<path>/<32 hex>-<identifier>` (kazoo's
 * ShallowParty).
 */
export class Party implements AsyncDisposable {
  /** The party's znode. */
  readonly path: string;
  /** Who this is. */
  readonly identifier: string;
  readonly #client: Client;
  readonly #isShallow: boolean;
  readonly #node: PersistentNode;

  constructor(client: Client, path: string, options: PartyOptions = {}) {
    this.path = path;
    this.identifier = options.identifier ?? "";
    this.#isShallow = options.kind === "shallow";
    this.#client = client;
    if (this.#isShallow && this.identifier.includes("/"))
      throw new MisuseError(`the identifier ${JSON.stringify(this.identifier)} must not contain "/"`);
    const name = this.#isShallow ? `${hexGuid()}-${this.identifier}` : hexGuid() + MARK;
    this.#node = new PersistentNode(client, childPath(path, name), { data: this.identifier });
  }

  /** Takes part; after an expired session again, without being asked. */
  async join(options: WaitOptions = {}): Promise<this> {
    await this.#node.start(options);
    return this;
  }

  /** Leaves for good. */
  leave(): Promise<void> {
    return this.#node.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  /** Identifiers of all who take part, in no particular order. */
  async members(options: WaitOptions = {}): Promise<string[]> {
    const patience = new Patience(`the party ${this.path}`, options);
    const names = await this.#names(patience);
    if (this.#isShallow) return names.map((name) => name.slice(GUID_LENGTH + 1));
    const found = await Promise.all(
      names.filter((name) => name.includes(MARK)).map((name) => this.#identifierOf(name, patience)),
    );
    return found.filter((identifier) => identifier !== undefined);
  }

  async #names(patience: Patience): Promise<string[]> {
    try {
      return (
        await persistAcrossSessions(this.#client, () => this.#client.children(this.path, patience.call))
      ).children;
    } catch (error) {
      if (isCode(error, "NONODE")) return [];
      throw error;
    }
  }

  async #identifierOf(name: string, patience: Patience): Promise<string | undefined> {
    try {
      return textOf(
        (
          await persistAcrossSessions(this.#client, () =>
            this.#client.get(childPath(this.path, name), patience.call),
          )
        ).data,
      );
    } catch (error) {
      if (isCode(error, "NONODE")) return undefined;
      throw error;
    }
  }
}
