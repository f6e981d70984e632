import type { SessionTracker } from "../session/session-tracker.ts";
import type { ContainerReaper } from "../tree/container-ttl.ts";
import type { Connections } from "./connections.ts";
import type { RequestFlow } from "./request-flow.ts";
import type { Turn } from "./turn.ts";

/** The parts of the machine that the passing of time moves. */
export interface HousekeepingParts {
  readonly sessions: SessionTracker;
  readonly connections: Connections;
  /** Undefined where no txns are made. */
  readonly reaper: ContainerReaper | undefined;
  readonly flow: RequestFlow;
  readonly turn: Turn;
}

const NEVER = Number.POSITIVE_INFINITY;

/** What happens because time passes: sessions expire, silent connections are closed, empty containers are reaped. */
export class Housekeeping {
  readonly #parts: HousekeepingParts;

  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
  }

  /** When {@link tick} has something to do next, on the monotonic clock; Infinity = never. */
  get nextDeadline(): number {
    const { sessions, connections, reaper } = this.#parts;
    return Math.min(sessions.nextDeadline, connections.silent.nextDeadline, reaper?.nextDeadline ?? NEVER);
  }

  tick(): void {
    const { sessions, connections, reaper, flow, turn } = this.#parts;
    for (const session of sessions.takeExpired(turn.elapsedMs)) flow.expire(session);
    connections.closeSilent();
    if (reaper !== undefined && turn.elapsedMs >= reaper.nextDeadline) {
      for (const path of reaper.step(turn)) flow.reap(path);
    }
  }
}
