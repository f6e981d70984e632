import { QUOTA_PATH } from "./path.ts";
import { formatStats, parseQuota, type QuotaNumbers } from "./quota-text.ts";
import { type TextKey, textKeyOf } from "./text-key.ts";
import { type DataTreeOptions, NO_NODE, type NodeRef } from "./tree-types.ts";
import type { ZnodeStore } from "./znode-store.ts";

const LIMITS = "zookeeper_limits";
const STATS = "zookeeper_stats";
const BELOW_QUOTA = `${QUOTA_PATH}/`;

/** What {@link QuotaRegistry} has to know of a subtree. */
interface Totals {
  readonly count: number;
  readonly bytes: number;
}

/**
 * Quotas (client-protocol 9). A znode `/zookeeper/quota<path>/zookeeper_limits` registers `path`; the totals of its subtree
 * are kept in `…/zookeeper_stats`, changed in place: no version, mzxid, mtime, digest or watch event moves. Each change
 * counts for the deepest registered path only. All numbers live in the znodes; the registry holds paths.
 */
export class QuotaRegistry {
  readonly #store: ZnodeStore;
  readonly #options: DataTreeOptions;
  readonly #prefixes = new Map<TextKey, string>();
  /** How many prefixes have which length: only ancestors of these lengths are looked at. */
  readonly #lengths = new Map<number, number>();

  constructor(store: ZnodeStore, options: DataTreeOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Paths that have a quota. */
  get prefixes(): Iterable<string> {
    return this.#prefixes.values();
  }

  /**
   * The deepest path with a quota that `path` lies in or is, or undefined. Hashing every ancestor would cost the square of
   * the path's length: seconds for a path of some thousand znodes, which any client can create.
   */
  prefixOf(path: string): string | undefined {
    if (this.#prefixes.size === 0) return undefined;
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      if (!this.#lengths.has(end)) continue;
      const prefix = path.slice(0, end);
      if (this.#prefixes.has(textKeyOf(prefix))) return prefix;
    }
    return undefined;
  }

  /**
   * Whether a create (`countDelta` 1, `bytesDelta` = its data) or setData (`countDelta` 0, `bytesDelta` = new - old
   * length) at `path` breaks a hard limit: then the answer is QUOTAEXCEEDED, if quotas are enforced. The totals are
   * the applied ones, without what is pending. Every exceeded limit is reported, soft ones too; a hard limit hides the soft
   * one of the same measure.
   */
  wouldExceed(path: string, countDelta: number, bytesDelta: number): boolean {
    const prefix = this.prefixOf(path);
    if (prefix === undefined) return false;
    const limits = this.#limitsOf(prefix);
    const stats = this.#statsOf(prefix);
    if (limits === undefined || stats === undefined) return false;
    const isCountExceeded =
      countDelta !== 0 &&
      this.#exceeds(prefix, "count", stats.count + countDelta, limits.countHardLimit, limits.count);
    if (isCountExceeded) return true;
    return (
      bytesDelta !== 0 &&
      this.#exceeds(prefix, "bytes", stats.bytes + bytesDelta, limits.byteHardLimit, limits.bytes)
    );
  }

  /** After a znode was created. */
  created(path: string, bytes: number): void {
    if (path.startsWith(BELOW_QUOTA)) this.#quotaZnodeCreated(path);
    if (this.#prefixes.size > 0) this.#count(path, 1, bytes);
  }

  /** After a znode was deleted. */
  deleted(path: string, bytes: number): void {
    if (path.startsWith(BELOW_QUOTA)) {
      const prefix = quotaPathOf(path, LIMITS);
      if (prefix !== undefined) this.#removePrefix(prefix);
    }
    if (this.#prefixes.size > 0) this.#count(path, -1, -bytes);
  }

  /** After the data of a znode changed its length. */
  resized(path: string, bytesDelta: number): void {
    if (this.#prefixes.size > 0 && bytesDelta !== 0) this.#count(path, 0, bytesDelta);
  }

  /** After a load: finds the quotas in the tree and computes their totals anew (storage-formats 3.6). */
  rebuild(): void {
    const store = this.#store;
    this.#prefixes.clear();
    this.#lengths.clear();
    const top = store.lookup(QUOTA_PATH);
    if (top === NO_NODE) return;
    for (let row = store.nextInWalk(top, top); row !== NO_NODE; row = store.nextInWalk(row, top)) {
      if (store.firstChild(row) === NO_NODE && store.name(row) === LIMITS) this.#register(store.path(row));
    }
    for (const prefix of this.#prefixes.values()) this.#recount(prefix);
  }

  #quotaZnodeCreated(path: string): void {
    if (path.endsWith(LIMITS)) {
      this.#register(path);
    } else if (path.endsWith(STATS)) {
      const prefix = quotaPathOf(path, STATS);
      if (prefix !== undefined && prefix !== "") this.#recount(prefix);
    }
  }

  #register(limitPath: string): void {
    const prefix = quotaPathOf(limitPath, LIMITS);
    if (prefix === "") this.#options.onReport?.({ kind: "quotaOnRootIgnored", path: limitPath });
    else if (prefix !== undefined) this.#addPrefix(prefix);
  }

  #addPrefix(prefix: string): void {
    const key = textKeyOf(prefix);
    if (this.#prefixes.has(key)) return;
    this.#prefixes.set(key, prefix);
    this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1);
  }

  #removePrefix(prefix: string): void {
    if (!this.#prefixes.delete(textKeyOf(prefix))) return;
    const left = this.#lengths.get(prefix.length)! - 1;
    if (left === 0) this.#lengths.delete(prefix.length);
    else this.#lengths.set(prefix.length, left);
  }

  #count(path: string, countDelta: number, bytesDelta: number): void {
    const prefix = this.prefixOf(path);
    if (prefix === undefined) return;
    const row = this.#store.lookup(quotaZnode(prefix, STATS));
    // A quota without a stats znode counts nothing; creating the znode computes the totals.
    if (row === NO_NODE) return;
    const stats = parseQuota(this.#store.data(row));
    if (stats === undefined) this.#recount(prefix);
    else this.#store.setData(row, formatStats(stats.count + countDelta, stats.bytes + bytesDelta));
  }

  #recount(prefix: string): void {
    const row = this.#store.lookup(quotaZnode(prefix, STATS));
    if (row === NO_NODE) return;
    const { count, bytes } = this.#totals(prefix);
    this.#store.setData(row, formatStats(count, bytes));
  }

  #totals(prefix: string): Totals {
    const store = this.#store;
    const top = store.lookup(prefix);
    let count = 0;
    let bytes = 0;
    for (let row = top; row !== NO_NODE; row = store.nextInWalk(row, top)) {
      count++;
      bytes += store.dataLength(row);
    }
    return { count, bytes };
  }

  #limitsOf(prefix: string): QuotaNumbers | undefined {
    const path = quotaZnode(prefix, LIMITS);
    const row = this.#store.lookup(path);
    if (row === NO_NODE) return undefined;
    const limits = parseQuota(this.#store.data(row));
    if (limits === undefined) this.#options.onReport?.({ kind: "quotaLimitUnreadable", path });
    return limits;
  }

  #statsOf(prefix: string): QuotaNumbers | undefined {
    const row: NodeRef = this.#store.lookup(quotaZnode(prefix, STATS));
    return row === NO_NODE ? undefined : parseQuota(this.#store.data(row));
  }

  #exceeds(prefix: string, measure: "count" | "bytes", value: number, hard: number, soft: number): boolean {
    const isHard = hard > -1;
    const limit = isHard ? hard : soft;
    if (limit <= -1 || value <= limit) return false;
    this.#options.onReport?.({ kind: "quotaExceeded", isHard, prefix, measure, value, limit });
    return isHard;
  }
}

function quotaZnode(prefix: string, name: string): string {
  return `${QUOTA_PATH}${prefix}/${name}`;
}

/** `/zookeeper/quota/a/b/<name>` → `/a/b`, "" for the quota of the root; undefined when the path is not of that form. */
function quotaPathOf(path: string, name: string): string | undefined {
  const end = path.length - name.length - 1;
  if (end < QUOTA_PATH.length || path.charAt(end) !== "/" || !path.endsWith(name)) return undefined;
  return path.slice(QUOTA_PATH.length, end);
}
