import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below what systems give to connections that are dialed and to listeners on port 0: nobody is given one of these meanwhile. */
const FIRST = 10_000;
const LAST = 32_767;

/** Ports handed out before: nobody may have bound them yet. */
const given = new Set<number>();

/** A TCP port of the loopback that is free now and was not handed out by this process before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1);
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
