import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below what systems give to connections that are dialed and to listeners on port 0: nobody is given one of these meanwhile. */
const FIRST = 10_000;
const LAST = 32_767;

/** Of the workers of a test run, which work at the same time, each chooses among ports of its own. */
const WORKERS = 16;
const WORKER = Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS;

/** Ports handed out before: nobody may have bound them yet. */
const given = new Set<number>();

/** A TCP port of the loopback that is free now, and that neither this process nor another worker of this test run has handed out. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST / WORKERS, (LAST + 1) / WORKERS) * WORKERS + WORKER;
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
