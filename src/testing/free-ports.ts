import type { NetLinkHandler } from "../base/ports.ts";
import { createNodeNetwork } from "../transport/node-network.ts";

const IGNORED: NetLinkHandler = { received() {}, closed() {} };

/** Ports on 127.0.0.1 that nobody listens on now, all different: the servers of an ensemble know each other's beforehand. */
export async function freePorts(count: number): Promise<number[]> {
  const network = createNodeNetwork();
  const listeners = await Promise.all(
    Array.from({ length: count }, () => network.listen({ host: "127.0.0.1", port: 0 }, () => IGNORED)),
  );
  await Promise.all(listeners.map((listener) => listener.close()));
  return listeners.map(({ port }) => port);
}
