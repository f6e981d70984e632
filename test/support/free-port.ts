import { createServer } from "node:net";

/** Ports handed out before: nobody may have bound them yet, so the system may offer them again. */
const given = new Set<number>();

/** A TCP port of the loopback that is free now and was not handed out by this process before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await offeredPort();
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

function offeredPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
