import { Buffer } from "node:buffer";
import { randomFillSync } from "node:crypto";
import type { Clock, Rng, Timer } from "../base/ports.ts";

/** What `performance.now()` has to be raised by to count from the system's own origin. */
const ELAPSED_ORIGIN_MS = (() => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6 - performance.now();
})();

/**
 * Monotonic time counts from the system's start and not from the process's: the first session id is made of it, and must not
 * come again after a restart (client-protocol 2.3).
 */
export const nodeClock: Clock = {
  now: () => ({ elapsedMs: Math.floor(ELAPSED_ORIGIN_MS + performance.now()), wallMs: Date.now() }),
};

export const nodeTimer: Timer = {
  after(delayMs, callback) {
    const timeout = setTimeout(callback, Math.min(delayMs, TIMEOUT_MS_MAX));
    return () => clearTimeout(timeout);
  },
  soon: (callback) => void setImmediate(callback),
};

/** Above this Node fires at once. */
const TIMEOUT_MS_MAX = 0x7fff_ffff;

const randomPool = new Uint32Array(256);
let randomUsed = randomPool.length;

function uint32(): number {
  if (randomUsed === randomPool.length) {
    randomFillSync(randomPool);
    randomUsed = 0;
  }
  return randomPool[randomUsed++]!;
}

export const nodeRng: Rng = {
  uint32,
  below: (bound) => Math.floor((uint32() / 0x1_0000_0000) * bound),
  bytes: (length) => randomFillSync(Buffer.allocUnsafe(length)),
};
