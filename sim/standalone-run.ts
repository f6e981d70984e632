import type { Rng } from "../src/base/ports.ts";
import { createPrng } from "../src/base/prng.ts";
import type { Zxid } from "../src/protocol/zxid.ts";
import type { SnapshotCompression } from "../src/storage/snapshot/snapshot-store.ts";
import { TxnHistory } from "./checkers/recovered-state.ts";
import { sendRandomRequest } from "./standalone-workload.ts";
import { VirtualClient } from "./virtual-client.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { type CrashKind, VirtualDisk } from "./virtual-disk.ts";
import { VirtualServer } from "./virtual-server.ts";

export interface StandaloneRunOptions {
  readonly seed: number;
  /** The power fails at this change of the disk, counted from the start of the run; never when left out. */
  readonly cutAt?: number;
  readonly crash?: CrashKind;
  /** Rounds of requests before a crash; each sends some and lets some virtual time pass. */
  readonly rounds?: number;
  readonly compression?: SnapshotCompression;
  /** Crashes in a row (default 1), each followed by recovery, a check, and more work. */
  readonly lives?: number;
  /** A planted bug, see VirtualServerOptions. */
  readonly hasAckBeforeSync?: boolean;
}

export interface StandaloneRun {
  /** Changes of the disk over all lives. */
  readonly changes: number;
  readonly acknowledged: Zxid;
  readonly recoveries: number;
  /** Starts that were themselves cut off by a power failure. */
  readonly interruptedStarts: number;
}

const CLIENTS = 3;
const TIMEOUT_MS = 6_000;

/**
 * One standalone server through power failures. Everything random comes from the seed, so a failure is replayed by its
 * options. Throws when a recovered server is not what its clients were told.
 */
export async function runStandalone(options: StandaloneRunOptions): Promise<StandaloneRun> {
  const rng = createPrng(options.seed);
  const clock = new VirtualClock();
  const history = new TxnHistory();
  const lives = options.lives ?? 1;
  let disk = new VirtualDisk({
    rng,
    delay: (operation) => pause(clock, operation === "write" || operation === "sync" ? rng.below(8) : 0),
  });
  let changes = 0;
  let recoveries = 0;
  let interruptedStarts = 0;
  if (options.cutAt !== undefined) disk.cutPowerAt(options.cutAt);
  for (let life = 0; ; life++) {
    const server = await boot(disk, clock, rng, history, options);
    if (server === undefined) interruptedStarts++;
    else {
      history.checkRecovered(server.database);
      recoveries++;
      if (life === lives) break;
      await work(server, clock, rng, history, options.rounds ?? 20);
      server.kill();
      expectAlive(server, disk);
    }
    changes += disk.changes;
    const isCutByItself = disk.isOff;
    if (options.cutAt !== undefined && !isCutByItself) break;
    disk = disk.reboot(options.crash ?? "torn", rng);
    if (options.cutAt === undefined && life < lives - 1) disk.cutPowerAt(rng.below(80));
  }
  return { changes, acknowledged: history.acknowledged, recoveries, interruptedStarts };
}

/** A server that stopped by itself must have had a reason: the power, which is off. */
function expectAlive(server: VirtualServer, disk: VirtualDisk): void {
  if (server.failure !== undefined && !disk.isOff) throw server.failure;
}

async function boot(
  disk: VirtualDisk,
  clock: VirtualClock,
  rng: Rng,
  history: TxnHistory,
  options: StandaloneRunOptions,
): Promise<VirtualServer | undefined> {
  try {
    return await clock.runUntil(
      VirtualServer.boot({
        disk,
        clock,
        rng,
        snapCount: 12,
        compression: options.compression ?? "",
        hasAckBeforeSync: options.hasAckBeforeSync ?? false,
        onAppend: (entries) => history.append(entries),
      }),
    );
  } catch (error) {
    if (disk.isOff) return undefined;
    throw error;
  }
}

async function work(
  server: VirtualServer,
  clock: VirtualClock,
  rng: Rng,
  history: TxnHistory,
  rounds: number,
): Promise<void> {
  const clients = Array.from({ length: CLIENTS }, () => connect(server));
  for (let round = 0; round < rounds && server.failure === undefined; round++) {
    clients.forEach((client, i) => {
      if (client.isClosed) clients[i] = connect(server);
      for (let n = rng.below(4); client.isConnected && !client.isClosed && n > 0; n--)
        sendRandomRequest(client, rng);
    });
    if (rng.below(6) === 0) server.snapshot();
    if (rng.below(8) === 0) server.purge().catch(() => undefined);
    // Now and then long enough for a silent session to expire.
    await clock.advance(rng.below(20) === 0 ? 10_000 : rng.below(30));
    for (const { replies } of clients) {
      for (const { zxid } of replies.splice(0)) if (zxid > history.acknowledged) history.acknowledged = zxid;
    }
  }
}

function connect(server: VirtualServer): VirtualClient {
  const client = new VirtualClient();
  server.connect(client, TIMEOUT_MS);
  return client;
}

function pause(clock: VirtualClock, ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => void clock.after(ms, resolve));
}
