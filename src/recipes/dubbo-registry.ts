import type { Client } from "../client/index.ts";
import { ChildrenCache } from "./children-cache.ts";
import type { WaitOptions } from "./patience.ts";
import { PersistentNode } from "./persistent-node.ts";
import { childPath } from "./znode-path.ts";

/** The kinds of URLs below a service. */
export type DubboCategory = "providers" | "consumers" | "routers" | "configurators";

/**
 * Dubbo's registry as an example of another layout: what is registered is a URL, and it is the znode's name.
 *
 * Layout: `<root>/<service interface>/<category>/<encodeURIComponent(url)>`, ephemeral; root is `/dubbo` by default.
 */
export class DubboRegistry {
  readonly #client: Client;
  readonly #root: string;

  constructor(client: Client, root = "/dubbo") {
    this.#client = client;
    this.#root = root;
  }

  /** Registers a provider or consumer, such as `dubbo://10.0.0.1:20880/com.example.Greeter?version=1.0`. */
  register(
    service: string,
    category: DubboCategory,
    url: string,
    options: WaitOptions = {},
  ): Promise<PersistentNode> {
    const path = childPath(this.#directory(service, category), encodeURIComponent(url));
    return new PersistentNode(this.#client, path, { onForeign: "replace" }).start(options);
  }

  /** Follows the URLs of a category; `urls()` has them now. */
  async follow(
    service: string,
    category: DubboCategory,
    listener: (urls: string[]) => void = () => {},
    options: WaitOptions = {},
  ): Promise<{ urls(): string[] } & AsyncDisposable> {
    const cache = new ChildrenCache(this.#client, this.#directory(service, category));
    const urls = (): string[] => cache.names().map(decodeURIComponent);
    cache.on(() => listener(urls()));
    await cache.start(options);
    return { urls, [Symbol.asyncDispose]: () => cache.close() };
  }

  #directory(service: string, category: DubboCategory): string {
    return childPath(childPath(this.#root, service), category);
  }
}
