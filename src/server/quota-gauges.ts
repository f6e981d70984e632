import { namespaceOf } from "../core/pipeline/server-stats.ts";
import type { DataTree } from "../core/tree/data-tree.ts";
import { QUOTA_PATH } from "../core/tree/path.ts";
import { parseQuota, type QuotaNumbers } from "../core/tree/quota-text.ts";
import type { GaugeSetName } from "../metrics/gauge-table.ts";
import type { GaugeSetSource } from "../metrics/metrics-registry.ts";

/** What quotas allow and what is used of them, by first path component; several quotas below one are added up. */
export function quotaGauges(tree: () => DataTree): Readonly<Record<GaugeSetName, GaugeSetSource>> {
  return {
    quota_count_limit_per_namespace: () => perNamespace(tree(), "zookeeper_limits", countLimit),
    quota_bytes_limit_per_namespace: () => perNamespace(tree(), "zookeeper_limits", bytesLimit),
    quota_count_usage_per_namespace: () => perNamespace(tree(), "zookeeper_stats", (stats) => stats.count),
    quota_bytes_usage_per_namespace: () => perNamespace(tree(), "zookeeper_stats", (stats) => stats.bytes),
  };
}

/** The hard limit where there is one; -1 for none. */
const countLimit = (limits: QuotaNumbers): number =>
  limits.countHardLimit > -1 ? limits.countHardLimit : limits.count;
const bytesLimit = (limits: QuotaNumbers): number =>
  limits.byteHardLimit > -1 ? limits.byteHardLimit : limits.bytes;

function perNamespace(
  tree: DataTree,
  znode: "zookeeper_limits" | "zookeeper_stats",
  numberOf: (numbers: QuotaNumbers) => number,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const prefix of tree.quota.prefixes) {
    const node = tree.lookup(`${QUOTA_PATH}${prefix}/${znode}`);
    const numbers = node < 0 ? undefined : parseQuota(tree.data(node));
    const value = numbers === undefined ? -1 : numberOf(numbers);
    const namespace = namespaceOf(prefix);
    if (value > -1 && namespace !== "") sums.set(namespace, (sums.get(namespace) ?? 0) + value);
  }
  return sums;
}
