import type { Clock, Disk, Log, Network, Rng, Timer } from "../base/ports.ts";
import type { Config } from "../config/config.ts";
import { createNodeDisk, fileDescriptors } from "../storage/node-disk.ts";
import { listenForClients } from "../transport/client-listener.ts";
import { createNodeNetwork } from "../transport/node-network.ts";
import { nodeClock, nodeRng, nodeTimer } from "./node-ports.ts";
import { RunningServer } from "./running-server.ts";
import { startFailure } from "./start-failure.ts";

/** What a server is made of instead of the operating system's; everything left out is Node's. */
export interface ServerPorts {
  readonly disk?: Disk;
  readonly clock?: Clock;
  readonly timer?: Timer;
  readonly rng?: Rng;
  /** Where it writes its log; by default nowhere. */
  readonly log?: Log;
  /** Binds the client port. */
  readonly listen?: typeof listenForClients;
  /** Links to the other servers of an ensemble. */
  readonly network?: Network;
}

export const SILENT_LOG: Log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };

/**
 * Starts a server in this process: claims and recovers its data, then listens. When it resolves, a standalone server serves
 * clients, and a member of an ensemble looks for the others; what a start can do without (the AdminServer, a purge) comes
 * right behind, see {@link RunningServer.ready}.
 *
 * Nothing of the process is touched: no signal handlers, no exit, no output but the log's.
 *
 * @throws ServerFailure with the exit code that a process should end with
 */
export async function startServer(config: Config, ports: ServerPorts = {}): Promise<RunningServer> {
  const {
    disk = createNodeDisk(),
    clock = nodeClock,
    timer = nodeTimer,
    rng = nodeRng,
    log = SILENT_LOG,
  } = ports;
  for (const { level, key, message } of config.notices) log[level](key === undefined ? {} : { key }, message);
  let server: RunningServer | undefined;
  try {
    const listen = ports.listen ?? listenForClients;
    const network = ports.network ?? createNodeNetwork();
    const system = { disk, clock, timer, rng, log, network, listen, fileDescriptors };
    server = await RunningServer.recover(config, system);
    await server.listen();
    return server;
  } catch (error) {
    await server?.abandon();
    throw startFailure(error, config);
  }
}
