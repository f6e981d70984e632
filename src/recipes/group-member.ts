import { type Client, type Data, MisuseError } from "../client/index.ts";
import { ChildrenCache } from "./children-cache.ts";
import type { WaitOptions } from "./patience.ts";
import { PersistentNode } from "./persistent-node.ts";
import type { CacheEvent } from "./tree-cache.ts";
import { childPath } from "./znode-path.ts";

/** What a member shows and does. */
export interface GroupMemberOptions {
  /** What the others see beside the id. Default: empty. */
  readonly payload?: Data | undefined;
  /** An id that another session has: "wait" (default) until it is gone, or "replace" it. */
  readonly onForeign?: "wait" | "replace" | undefined;
}

/**
 * Membership in a group: this process is listed as long as it lives, and has the list of all.
 *
 * Layout (Curator's GroupMember): `<path>/<id>`, ephemeral, data = payload.
 */
export class GroupMember implements AsyncDisposable {
  /** The group's znode. */
  readonly path: string;
  /** The member's name; undefined for one who only looks on. */
  readonly id: string;
  readonly #node: PersistentNode;
  readonly #cache: ChildrenCache;
  readonly #isMember: boolean;

  /** @param id a name that is unique in the group; undefined to look on without being a member */
  constructor(client: Client, path: string, id: string | undefined, options: GroupMemberOptions = {}) {
    if (id?.includes("/") === true)
      throw new MisuseError(`the id ${JSON.stringify(id)} must not contain "/"`);
    this.path = path;
    this.id = id ?? "";
    this.#isMember = id !== undefined;
    this.#node = new PersistentNode(client, childPath(path, id ?? "observer"), {
      data: options.payload ?? "",
      onForeign: options.onForeign,
    });
    this.#cache = new ChildrenCache(client, path);
  }

  /** Joins; resolves when this process is a member and knows the others. */
  async start(options: WaitOptions = {}): Promise<this> {
    if (this.#isMember) await this.#node.start(options);
    await this.#cache.start(options);
    return this;
  }

  /** Ids and payloads of all members. */
  members(): Map<string, Uint8Array> {
    const nodes = this.#cache.nodes();
    return new Map(
      nodes.map(({ path, data }) => [path.slice(path.lastIndexOf("/") + 1), data ?? new Uint8Array(0)]),
    );
  }

  /** Changes the own payload. */
  setPayload(payload: Data, options: WaitOptions = {}): Promise<void> {
    return this.#node.setData(payload, options);
  }

  /** `added`, `changed` and `removed` members. */
  on(listener: (event: CacheEvent) => void): () => void {
    return this.#cache.on(listener);
  }

  /** Leaves. */
  async close(): Promise<void> {
    await this.#cache.close();
    if (this.#isMember) await this.#node.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
