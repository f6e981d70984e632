import { ZXID_NONE, type Zxid } from "../../protocol/zxid.ts";

/** One connection's numbers, as `cons` and the admin command `connections` show them. */
export class ConnectionStats {
  packetsReceived = 0;
  packetsSent = 0;
  /** Opcode of the last answered request; null before the first. */
  lastOperation: number | null = null;
  /** xid of the last answered request that has a normal one; -1 before the first. */
  lastCxid = -1;
  /** zxid of the last answer; -1 before the first. */
  lastZxid: Zxid = ZXID_NONE;
  /** `Instant.elapsedMs` of the last answer; 0 before the first. */
  lastResponseElapsedMs = 0;
  lastLatencyMs = 0;
  maxLatencyMs = 0;
  #minLatencyMs = Number.POSITIVE_INFINITY;
  #latencySumMs = 0;
  #answered = 0;

  get minLatencyMs(): number {
    return this.#answered === 0 ? 0 : this.#minLatencyMs;
  }

  get avgLatencyMs(): number {
    return this.#answered === 0 ? 0 : this.#latencySumMs / this.#answered;
  }

  countAnswer(xid: number, zxid: Zxid, operation: number, receivedAtMs: number, nowMs: number): void {
    // Special xids do not overwrite the last real one.
    if (xid >= 0) this.lastCxid = xid;
    this.lastZxid = zxid;
    this.lastOperation = operation;
    this.lastResponseElapsedMs = nowMs;
    const latencyMs = nowMs - receivedAtMs;
    this.lastLatencyMs = latencyMs;
    if (latencyMs < this.#minLatencyMs) this.#minLatencyMs = latencyMs;
    if (latencyMs > this.maxLatencyMs) this.maxLatencyMs = latencyMs;
    this.#latencySumMs += latencyMs;
    this.#answered++;
  }

  /** `crst`. */
  reset(): void {
    this.packetsReceived = 0;
    this.packetsSent = 0;
    this.lastOperation = null;
    this.lastCxid = -1;
    this.lastZxid = ZXID_NONE;
    this.lastResponseElapsedMs = 0;
    this.lastLatencyMs = 0;
    this.maxLatencyMs = 0;
    this.#minLatencyMs = Number.POSITIVE_INFINITY;
    this.#latencySumMs = 0;
    this.#answered = 0;
  }
}
