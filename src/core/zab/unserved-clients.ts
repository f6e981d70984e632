import type { ConnectionId } from "../connection-id.ts";

/**
 * Connections that came while there is nobody to serve them. A four-letter word may follow, which the host answers by
 * itself; whoever wants a session is refused, and so is who says nothing.
 */
export class UnservedClients {
  readonly #silenceMaxMs: number;
  /** By when each must have spoken; oldest first. */
  readonly #deadlines = new Map<ConnectionId, number>();

  /** @param silenceMaxMs as for connections without a session anywhere (`zookeeper.sessionlessCnxnTimeout`) */
  constructor(silenceMaxMs: number) {
    this.#silenceMaxMs = silenceMaxMs;
  }

  get nextDeadline(): number {
    for (const deadlineMs of this.#deadlines.values()) return deadlineMs;
    return Number.POSITIVE_INFINITY;
  }

  opened(connection: ConnectionId, nowMs: number): void {
    this.#deadlines.set(connection, nowMs + this.#silenceMaxMs);
  }

  /** It has spoken, or is gone. Whether it was one of these. */
  take(connection: ConnectionId): boolean {
    return this.#deadlines.delete(connection);
  }

  /** Those whose time is over; they are none of these any more. */
  takeSilent(nowMs: number): ConnectionId[] {
    const silent: ConnectionId[] = [];
    for (const [connection, deadlineMs] of this.#deadlines) {
      if (deadlineMs > nowMs) break;
      silent.push(connection);
    }
    for (const connection of silent) this.#deadlines.delete(connection);
    return silent;
  }
}
