/** A tick that comes so much too late means that this process slept: the server gets a chance to have answered. */
const LATE_MS = 500;

/**
 * Whether the server is still there (client-protocol 10.1): a ping when nothing was sent for a third of the session timeout,
 * another server when nothing was heard for two thirds. All times are monotonic milliseconds.
 */
export class Liveness {
  #timeoutMs = 0;
  #receivedMs = 0;

  start(timeoutMs: number, nowMs: number): void {
    this.#timeoutMs = timeoutMs;
    this.#receivedMs = nowMs;
  }

  received(nowMs: number): void {
    this.#receivedMs = nowMs;
  }

  pingAtMs(lastSentMs: number): number {
    return lastSentMs + this.#timeoutMs / 3;
  }

  get silentAtMs(): number {
    return this.#receivedMs + (this.#timeoutMs * 2) / 3;
  }

  /** Milliseconds of silence, once it is too long. A process that slept itself waits a little before it judges. */
  tooSilentMs(nowMs: number): number | undefined {
    const lateMs = nowMs - this.silentAtMs;
    if (lateMs < 0) return undefined;
    if (lateMs < LATE_MS) return Math.round(nowMs - this.#receivedMs);
    this.#receivedMs += lateMs + LATE_MS;
    return undefined;
  }
}
