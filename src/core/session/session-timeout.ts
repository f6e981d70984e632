/** Bounds of negotiated session timeouts in ms. */
export interface TimeoutBounds {
  readonly minMs: number;
  readonly maxMs: number;
}

/** The configured bounds, where -1 stands for 2 and 20 ticks (client-protocol 2.2). */
export function timeoutBounds(tickTimeMs: number, minMs: number, maxMs: number): TimeoutBounds {
  return {
    minMs: minMs === -1 ? 2 * tickTimeMs : minMs,
    maxMs: maxMs === -1 ? 20 * tickTimeMs : maxMs,
  };
}

/** What the client gets for the timeout it wants: negative and huge values are only clamped. */
export function negotiateTimeout(wantedMs: number, bounds: TimeoutBounds): number {
  return Math.min(Math.max(wantedMs, bounds.minMs), bounds.maxMs);
}
