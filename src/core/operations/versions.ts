/** Expected version that matches every version. */
const ANY_VERSION = -1;

/** Whether a request that expects `expected` may change something of version `current` (client-protocol 4.7). */
export function isExpectedVersion(expected: number, current: number): boolean {
  return expected === ANY_VERSION || expected === current;
}

/** The version after `current`: int32 that wraps and skips -1, which would mean "any". */
export function nextVersion(current: number): number {
  const next = (current + 1) | 0;
  return next === ANY_VERSION ? 0 : next;
}
