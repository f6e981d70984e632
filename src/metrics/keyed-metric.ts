import type { Metric, MetricValue } from "./metric-value.ts";

/** Keys per set. Clients choose namespaces, so without a limit they could make the metrics grow without one. */
export const METRIC_KEYS_MAX = 1000;
/** Where values go once a set has {@link METRIC_KEYS_MAX} keys. */
export const OVERFLOW_KEY = "_other";

const SLASH = 47;

/** One metric per key, made when the key is first used; printed as `<key>_<name>`. */
export class KeyedMetric<M extends Metric> implements Metric {
  readonly #create: () => M;
  readonly #members = new Map<string, M>();
  /** The last namespace asked for, with its leading slash: requests come in runs, and this saves cutting the path. */
  #lastPrefix = "";
  #last: M | undefined;

  constructor(create: () => M) {
    this.#create = create;
  }

  /** The member for `key`. */
  at(key: string): M {
    return this.#members.get(key) ?? this.#add(key);
  }

  /** The member for the first component of `path` (`app` for `/app/x`); undefined for the root, which has none. */
  forPath(path: string): M | undefined {
    const prefix = this.#lastPrefix;
    if (
      this.#last !== undefined &&
      path.startsWith(prefix) &&
      (path.length === prefix.length || path.charCodeAt(prefix.length) === SLASH)
    ) {
      return this.#last;
    }
    const end = path.indexOf("/", 1);
    const namespace = end === -1 ? path.slice(1) : path.slice(1, end);
    if (namespace === "") return undefined;
    this.#lastPrefix = `/${namespace}`;
    this.#last = this.at(namespace);
    return this.#last;
  }

  /** Forgets the numbers but keeps the keys, like Apache. */
  reset(): void {
    for (const member of this.#members.values()) member.reset();
  }

  *values(name: string): Iterable<MetricValue> {
    for (const [key, member] of this.#members) yield* member.values(`${key}_${name}`);
  }

  /** For exporters that put the key into a label. */
  members(): ReadonlyMap<string, M> {
    return this.#members;
  }

  #add(key: string): M {
    const kept = this.#members.size < METRIC_KEYS_MAX ? key : OVERFLOW_KEY;
    let member = this.#members.get(kept);
    if (member === undefined) {
      member = this.#create();
      this.#members.set(kept, member);
    }
    return member;
  }
}
