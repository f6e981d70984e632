import { randomInt } from "node:crypto";
import type { NetLinkHandler } from "../base/ports.ts";
import { createNodeNetwork } from "../transport/node-network.ts";

const IGNORED: NetLinkHandler = { received() {}, closed() {} };

/**
 * Below what systems give to who asks for any port, or dials: nobody is given one of these between now and the start of its server,
 * or while that server is stopped.
 */
const FIRST = 10_000;
const LAST = 32_767;

/** So many that are in use one after the other: it is something else that keeps us from listening. */
const TRIES_MAX = 1_000;

/** Ports on 127.0.0.1 that nobody listens on now, all different: the servers of an ensemble know each other's beforehand. */
export async function freePorts(count: number): Promise<number[]> {
  const network = createNodeNetwork();
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    const port = randomInt(FIRST, LAST + 1);
    if (ports.has(port)) continue;
    try {
      await (await network.listen({ host: "127.0.0.1", port }, () => IGNORED)).close();
      ports.add(port);
    } catch (error) {
      if (tries >= TRIES_MAX) throw error;
    }
  }
  return [...ports];
}
