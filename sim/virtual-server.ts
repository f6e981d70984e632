import type { Rng } from "../src/base/ports.ts";
import { ServerMachine } from "../src/core/pipeline/server-machine.ts";
import { SERVER_OPTIONS_DEFAULT, type ServerOptions } from "../src/core/pipeline/server-options.ts";
import type { LogEntry } from "../src/core/ready.ts";
import { Database } from "../src/core/tree/database.ts";
import type { Zxid } from "../src/protocol/zxid.ts";
import { LogWorker } from "../src/server/log-worker.ts";
import { Replica } from "../src/server/replica.ts";
import { SnapshotWorker } from "../src/server/snapshot-worker.ts";
import { type DataDirectory, openDataDirectory } from "../src/storage/directory/data-directory.ts";
import { TxnLog } from "../src/storage/log/txn-log.ts";
import { recover } from "../src/storage/recovery/recovery.ts";
import { purge } from "../src/storage/retention.ts";
import { SnapshotPolicy } from "../src/storage/snapshot/snapshot-policy.ts";
import { type SnapshotCompression, SnapshotStore } from "../src/storage/snapshot/snapshot-store.ts";
import type { VirtualClient } from "./virtual-client.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import type { VirtualDisk } from "./virtual-disk.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };

export interface VirtualServerOptions {
  readonly disk: VirtualDisk;
  readonly clock: VirtualClock;
  readonly rng: Rng;
  readonly server?: Partial<ServerOptions>;
  /** `snapCount`: small, so that rolling and snapshots happen all the time. */
  readonly snapCount?: number;
  readonly preAllocBytes?: number;
  readonly compression?: SnapshotCompression;
  /** A planted bug, to see that the checkers notice: "acknowledged before it is on disk". */
  readonly hasAckBeforeSync?: boolean;
  /** Every record handed to the log, in order. */
  readonly onAppend?: (entries: readonly LogEntry[]) => void;
}

/**
 * A standalone server made of the production parts (machine, host loop, log worker, snapshot worker, storage, recovery)
 * over a virtual disk and clock: the composition root of the simulator.
 */
export class VirtualServer {
  readonly machine: ServerMachine;
  readonly database: Database;
  /** The last zxid that recovery found. */
  readonly recoveredZxid: Zxid;
  /** Why the server has died by itself, if it has. */
  failure: unknown;
  readonly #replica: Replica;
  readonly #snapshots: SnapshotWorker;
  readonly #directory: DataDirectory;
  readonly #options: VirtualServerOptions;
  readonly #clients = new Map<number, VirtualClient>();
  #lastConnection = 0;

  /** Recovers from the disk. Rejects with StartRefused, or DiskError when the power fails meanwhile. */
  static async boot(options: VirtualServerOptions): Promise<VirtualServer> {
    const { disk, clock, rng } = options;
    const server = { ...SERVER_OPTIONS_DEFAULT, tickTimeMs: 2000, ...options.server };
    const directory = await openDataDirectory({ disk, dataDir: "/data" });
    const recovered = await recover({
      disk,
      directory,
      createTarget: () =>
        new Database({
          digestEnabled: server.digestEnabled,
          extendedTypesEnabled: server.extendedTypesEnabled,
          emulate353TTLNodes: false,
          onDigestMismatch({ zxid, source }) {
            throw new Error(`digest mismatch at zxid ${zxid} (${source})`);
          },
        }),
    });
    const log = new TxnLog({
      disk,
      clock,
      directory: directory.logDir,
      after: recovered.logTail,
      preAllocBytes: options.preAllocBytes ?? 4096,
    });
    const store = new SnapshotStore({
      disk,
      timer: clock,
      directory: directory.snapDir,
      compression: options.compression ?? "",
      sliceBytes: 256,
    });
    const policy = new SnapshotPolicy({ rng, snapCount: options.snapCount ?? 20 });
    policy.seed(recovered.recordsReplayed);
    return new VirtualServer(options, server, directory, recovered.target, recovered.lastZxid, {
      log,
      store,
      policy,
    });
  }

  private constructor(
    options: VirtualServerOptions,
    server: ServerOptions,
    directory: DataDirectory,
    database: Database,
    recoveredZxid: Zxid,
    writers: { log: TxnLog; store: SnapshotStore; policy: SnapshotPolicy },
  ) {
    const { clock, rng } = options;
    const fail = (error: unknown): void => this.#fail(error);
    this.#options = options;
    this.#directory = directory;
    this.database = database;
    this.recoveredZxid = recoveredZxid;
    this.machine = new ServerMachine({ server, database, rng, startedAt: clock.now() });
    this.#snapshots = new SnapshotWorker({
      store: writers.store,
      source: () => database.snapshotSource(),
      clock,
      log: SILENT,
      newest: undefined,
      failed: fail,
      observe() {},
    });
    const worker = new LogWorker({
      log: writers.log,
      policy: writers.policy,
      clock,
      timer: clock,
      flushDelayMs: 0,
      idleFlushMs: 0,
      batchRecordsMax: 1000,
      persisted: (zxid) => this.#replica.step({ kind: "persisted", zxid }),
      snapshotDue: () => this.#snapshots.start(),
      failed: fail,
      observe: { appended() {}, flushed() {} },
    });
    this.#replica = new Replica({
      machine: this.machine,
      clock,
      timer: clock,
      performers: {
        append: (entries) => {
          options.onAppend?.(entries);
          worker.append(entries);
          if (options.hasAckBeforeSync === true)
            this.#replica.step({ kind: "persisted", zxid: entries.at(-1)!.zxid });
        },
        send: ({ connection, bytes, isClosing }) => {
          this.#clients.get(connection)?.receive(bytes, isClosing);
          // The client may keep them.
          return false;
        },
        pauseReading() {},
        resumeReading() {},
        reportTaken: (connection) => this.#replica.step({ kind: "outputTaken", connection }),
        report() {},
      },
      failed: fail,
      observe() {},
    });
    this.#replica.start();
  }

  /** A new connection for `client`; it can send right away. */
  connect(
    client: VirtualClient,
    timeoutMs: number,
    session?: { id: VirtualClient["sessionId"]; passwd: Uint8Array },
  ): void {
    const connection = ++this.#lastConnection;
    this.#clients.set(connection, client);
    this.#replica.step({
      kind: "connectionOpened",
      connection,
      peerAddress: "127.0.0.1",
      peerPort: connection,
      isSecure: false,
    });
    client.connect(
      {
        frame: (bytes) => this.#replica.step({ kind: "frame", connection, bytes }),
        close: () => this.#replica.step({ kind: "connectionClosed", connection }),
      },
      timeoutMs,
      session,
    );
  }

  /** Takes a snapshot beside those that are due by themselves. */
  snapshot(): void {
    this.#snapshots.start();
  }

  purge(): Promise<unknown> {
    return purge({ disk: this.#options.disk, directory: this.#directory, snapRetainCount: 3 });
  }

  /** The process is gone: nothing of it runs any more. */
  kill(): void {
    this.#replica.stop();
  }

  #fail(error: unknown): void {
    this.failure ??= error;
    this.#replica.stop();
  }
}
