import { type Client, MisuseError } from "../client/index.ts";
import type { WaitOptions } from "./patience.ts";
import { PersistentNode } from "./persistent-node.ts";
import { type CacheEvent, TreeCache } from "./tree-cache.ts";
import { childPath, textOf } from "./znode-path.ts";

/** How long an instance is registered: with its session, or until it is taken away. `DYNAMIC_SEQUENTIAL` is read only. */
export type ServiceType = "DYNAMIC" | "STATIC" | "PERMANENT" | "DYNAMIC_SEQUENTIAL";

/** One running copy of a service; the fields are those of Curator's JSON. */
export interface ServiceInstance {
  /** Of the service. */
  readonly name: string;
  /** Unique below the name; default: a random UUID. */
  readonly id: string;
  /** Host name or IP address. */
  readonly address: string;
  /** null: none. */
  readonly port: number | null;
  /** null: none. */
  readonly sslPort: number | null;
  /** For Java programs an object with its class in `@class`. */
  readonly payload: unknown;
  /** Milliseconds since 1970. */
  readonly registrationTimeUTC: number;
  /** DYNAMIC is there as long as its process; STATIC and PERMANENT stay. */
  readonly serviceType: ServiceType;
  /** How to make a URI of the instance; null: not said. */
  readonly uriSpec: UriSpec | null;
  /** False: registered, but not to be used. */
  readonly enabled: boolean;
}

/** Curator's template of a URI. */
export interface UriSpec {
  /** In order; a variable one names a field of the instance. */
  readonly parts: readonly { readonly value: string; readonly variable: boolean }[];
}

/** What a program says about itself; the rest has defaults. */
export type ServiceDescription = Pick<ServiceInstance, "name" | "address"> & Partial<ServiceInstance>;

/**
 * The JSON that Curator's JsonInstanceSerializer writes, fields in its order. As there by default, `enabled` is left out where it is true:
 * older Curators do not read an instance with a field that they do not know.
 */
export function formatInstance(instance: ServiceInstance): string {
  const { name, id, address, port, sslPort, payload, registrationTimeUTC } = instance;
  const { serviceType, uriSpec, enabled } = instance;
  const fields = {
    name,
    id,
    address,
    port,
    sslPort,
    payload,
    registrationTimeUTC,
    serviceType,
    uriSpec,
    ...(enabled ? {} : { enabled }),
  };
  return JSON.stringify(fields);
}

/** Reads such JSON; fields that are missing get their defaults, unknown ones are left out. @throws MisuseError */
export function parseInstance(text: string): ServiceInstance {
  let fields: Partial<ServiceInstance>;
  try {
    fields = JSON.parse(text) as Partial<ServiceInstance>;
  } catch (cause) {
    throw new MisuseError(`not the JSON of a service instance: ${(cause as Error).message}`);
  }
  if (typeof fields?.name !== "string" || typeof fields.id !== "string")
    throw new MisuseError("the JSON of a service instance needs the texts name and id");
  return completed({ ...fields, name: fields.name, address: fields.address ?? "" }, 0);
}

function completed(given: ServiceDescription, now: number): ServiceInstance {
  return {
    name: given.name,
    id: given.id ?? crypto.randomUUID(),
    address: given.address,
    port: given.port ?? null,
    sslPort: given.sslPort ?? null,
    payload: given.payload ?? null,
    registrationTimeUTC: given.registrationTimeUTC ?? now,
    serviceType: given.serviceType ?? "DYNAMIC",
    uriSpec: given.uriSpec ?? null,
    enabled: given.enabled ?? true,
  };
}

/**
 * Who offers what, where.
 *
 * Layout (Curator's ServiceDiscovery): `<path>/<name>/<id>`, ephemeral for DYNAMIC and persistent for STATIC and PERMANENT; data
 * is JSON, see {@link formatInstance}.
 */
export class ServiceDiscovery implements AsyncDisposable {
  /** The znode below which it lives. */
  readonly path: string;
  readonly #client: Client;
  readonly #registered = new Set<Registration>();
  readonly #cache: TreeCache;

  constructor(client: Client, path: string) {
    this.path = path;
    this.#client = client;
    this.#cache = new TreeCache(client, path, { depth: 2 });
  }

  /** Begins to follow the services. Only for {@link names}, {@link instances} and {@link on}; registering works without. */
  async start(options: WaitOptions = {}): Promise<this> {
    await this.#cache.start(options);
    return this;
  }

  /** Registers an instance; it stays registered through lost sessions until it is unregistered or this is closed. */
  async register(service: ServiceDescription, options: WaitOptions = {}): Promise<Registration> {
    const instance = completed(service, Date.now());
    if (instance.serviceType === "DYNAMIC_SEQUENTIAL")
      throw new MisuseError("DYNAMIC_SEQUENTIAL instances can be read, not registered: use DYNAMIC");
    const path = childPath(childPath(this.path, instance.name), instance.id);
    const node = new PersistentNode(this.#client, path, {
      data: formatInstance(instance),
      mode: instance.serviceType === "DYNAMIC" ? "ephemeral" : "persistent",
    });
    const registration = new Registration(instance, node, () => this.#registered.delete(registration));
    this.#registered.add(registration);
    await node.start(options);
    return registration;
  }

  /** Names of the services that have been registered. */
  names(): string[] {
    return this.#cache.children();
  }

  /** The instances of a service now; those that are not enabled, too. What is not JSON is left out. */
  instances(name: string): ServiceInstance[] {
    const service = childPath(this.path, name);
    return this.#cache.children(service).flatMap((id) => {
      try {
        return [parseInstance(textOf(this.#cache.get(childPath(service, id))?.data ?? null))];
      } catch {
        return [];
      }
    });
  }

  /** One enabled instance, each in turn; undefined when there is none. */
  pick(name: string): ServiceInstance | undefined {
    const enabled = this.instances(name).filter((instance) => instance.enabled);
    const turn = (this.#turns.get(name) ?? -1) + 1;
    this.#turns.set(name, turn);
    return enabled[turn % enabled.length];
  }

  readonly #turns = new Map<string, number>();

  /** Calls `listener` with each change below the path; the returned function ends that. */
  on(listener: (event: CacheEvent) => void): () => void {
    return this.#cache.on(listener);
  }

  /** Resolves when all that was heard until now is in the cache. */
  settled(): Promise<void> {
    return this.#cache.settled();
  }

  /** Unregisters what was registered here, PERMANENT instances excepted. */
  async close(): Promise<void> {
    await Promise.all([...this.#registered].map((registration) => registration.unregister()));
    await this.#cache.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** One instance that this process has registered. */
export class Registration implements AsyncDisposable {
  #instance: ServiceInstance;
  readonly #node: PersistentNode;
  readonly #forget: () => void;

  /** @internal */
  constructor(instance: ServiceInstance, node: PersistentNode, forget: () => void) {
    this.#instance = instance;
    this.#node = node;
    this.#forget = forget;
  }

  /** As it is described now. */
  get instance(): ServiceInstance {
    return this.#instance;
  }

  /** Changes what is said about the instance; name, id and type stay. */
  async update(changes: Partial<Omit<ServiceInstance, "name" | "id" | "serviceType">>): Promise<void> {
    this.#instance = { ...this.#instance, ...changes };
    await this.#node.setData(formatInstance(this.#instance));
  }

  /** Takes the instance away, unless it is PERMANENT, and stops keeping it there. */
  async unregister(): Promise<void> {
    this.#forget();
    if (this.#instance.serviceType !== "PERMANENT") await this.#node.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unregister();
  }
}
