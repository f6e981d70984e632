import type { Clock, Disk, Log, Rng, Timer } from "../base/ports.ts";
import type { Config } from "../config/config.ts";
import { createNodeDisk, fileDescriptors } from "../storage/node-disk.ts";
import { listenForClients } from "../transport/client-listener.ts";
import { ExitCode, ServerFailure } from "./exit-code.ts";
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
}

export const SILENT_LOG: Log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };

/**
 * Starts a standalone server in this process: claims and recovers its data, then listens. When it resolves, clients are
 * served; what a start can do without (the AdminServer, a purge) comes right behind, see {@link RunningServer.ready}.
 *
 * Nothing of the process is touched: no signal handlers, no exit, no output but the log's.
 *
 * @throws {@link ServerFailure} with the exit code that a process should end with
 */
export async function startServer(config: Config, ports: ServerPorts = {}): Promise<RunningServer> {
  const {
    disk = createNodeDisk(),
    clock = nodeClock,
    timer = nodeTimer,
    rng = nodeRng,
    log = SILENT_LOG,
  } = ports;
  if (config.ensemble.isDistributed) {
    throw new ServerFailure(
      ExitCode.invalidInvocation,
      "this is an ensemble, and startServer runs a standalone server",
    );
  }
  for (const { level, key, message } of config.notices) log[level](key === undefined ? {} : { key }, message);
  let server: RunningServer | undefined;
  try {
    const listen = ports.listen ?? listenForClients;
    server = await RunningServer.recover(config, { disk, clock, timer, rng, log, listen, fileDescriptors });
    await server.listen();
    return server;
  } catch (error) {
    await server?.abandon();
    throw startFailure(error, config);
  }
}
