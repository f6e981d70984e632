import { WireConnection } from "./load/wire-connection.ts";

/** A new attempt starts this often, whatever became of those before: it is the resolution of a start-up time. */
const EVERY_MS = 5;
/** A server that is still loading may take a connection and forget it, so an attempt does not wait for ever. */
const PATIENCE_MS = 1000;
const TIMEOUT_MS = 300_000;

/**
 * Resolves with the moment (of performance.now) at which a session was first opened on `port`. Rejects when `isAlive` says no, or
 * after five minutes.
 */
export function awaitHandshake(port: number, isAlive: () => boolean): Promise<number> {
  const startedAt = performance.now();
  const attempts = new Map<WireConnection, number>();
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      clearInterval(timer);
      for (const attempt of attempts.keys()) attempt.destroy();
      attempts.clear();
      settle();
    };
    const attempt = (): void => {
      const connection: WireConnection = new WireConnection(port, {
        opened(sessionTimeoutMs) {
          if (sessionTimeoutMs <= 0) return;
          const readyAt = performance.now();
          finish(() => resolve(readyAt));
        },
        frame() {},
        turnEnd() {},
        closed: () => attempts.delete(connection),
      });
      attempts.set(connection, performance.now());
    };
    const timer = setInterval(() => {
      const now = performance.now();
      if (!isAlive()) return finish(() => reject(new Error("the process ended")));
      if (now - startedAt > TIMEOUT_MS) return finish(() => reject(new Error("no session within 5 minutes")));
      for (const [connection, since] of attempts) {
        if (now - since > PATIENCE_MS) connection.destroy();
      }
      attempt();
    }, EVERY_MS);
  });
}
