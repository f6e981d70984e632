import { ServerMachine } from "../core/pipeline/server-machine.ts";
import { ExitCode } from "./exit-code.ts";
import { Replica } from "./replica.ts";
import { serverOptionsOf } from "./server-options.ts";
import {
  type ClientSide,
  clientPerformers,
  connectClientSide,
  createLogWorker,
  createSnapshotWorker,
  type ServerFoundation,
  type ServerParts,
} from "./server-parts.ts";

/** Puts a standalone server together: the machine, what performs its decisions, and what looks at it. */
export function connectStandalone(foundation: ServerFoundation): ServerParts {
  const { config, ports, storage, metrics, failed } = foundation;
  const { clock, timer, rng, log } = ports;
  const machine = new ServerMachine({
    server: serverOptionsOf(config),
    database: storage.database,
    rng,
    startedAt: clock.now(),
  });
  const snapshots = createSnapshotWorker(foundation, () => storage);
  const worker = createLogWorker(foundation, storage, snapshots, (zxid) =>
    replica.step({ kind: "persisted", zxid }),
  );
  const clients: ClientSide = connectClientSide(
    foundation,
    {
      machine: () => machine,
      stats: machine.stats,
      serverState: () => "standalone",
      quorum: null,
      isServing: foundation.isServing,
      step: (input) => replica.step(input),
    },
    snapshots,
  );
  const replica: Replica = new Replica({
    machine,
    clock,
    timer,
    performers: { append: (entries) => worker.append(entries), ...clientPerformers(clients, log) },
    failed: (error) => failed(ExitCode.unexpected, "the server's state machine failed", error),
    observe: metrics.turn,
  });
  return { replica, worker, snapshots, ...clients };
}
