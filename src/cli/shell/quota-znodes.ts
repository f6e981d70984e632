import type { QuotaNumbers } from "../../core/tree/quota-text.ts";
import { QUOTA_PATH } from "../../protocol/path.ts";

export const LIMITS_NAME = "zookeeper_limits";
const STATS_NAME = "zookeeper_stats";

/** Where the limits of a path are kept. */
export function limitsPath(path: string): string {
  return `${QUOTA_PATH}${path}/${LIMITS_NAME}`;
}

/** Where the server counts what a path uses. */
export function statsPath(path: string): string {
  return `${QUOTA_PATH}${path}/${STATS_NAME}`;
}

/** The text of a limits znode, in the form that servers of 3.4 read too (client-protocol 9). */
export function limitsText({ count, bytes, countHardLimit, byteHardLimit }: QuotaNumbers): string {
  return `count=${count},bytes=${bytes}=;byteHardLimit=${byteHardLimit};countHardLimit=${countHardLimit}`;
}
