import type { AdminView } from "../admin/admin-view.ts";
import type { AdminServer } from "../admin/http/start-admin-server.ts";
import type { Network } from "../base/ports.ts";
import type { Config } from "../config/config.ts";
import { zxidText } from "../protocol/zxid.ts";
import { purge } from "../storage/retention.ts";
import type { ClientListener, ClientListenerOptions } from "../transport/client-listener.ts";
import { ClientPort } from "./client-port.ts";
import { prepareMember } from "./ensemble/member-start.ts";
import { ExitCode, ServerFailure } from "./exit-code.ts";
import { type OpenStorage, openStorage, type StoragePorts } from "./open-storage.ts";
import { startPurgeSchedule } from "./purge-schedule.ts";
import { ServerMetrics } from "./server-metrics.ts";
import type { ServerFoundation, ServerParts } from "./server-parts.ts";
import { startStallMonitor } from "./stall-monitor.ts";
import { connectStandalone } from "./standalone-parts.ts";

/** What a running server gets from its composition root. */
export interface ServerSystem extends StoragePorts {
  /** Links to the other servers of an ensemble. */
  readonly network: Network;
  /** Binds a client port. */
  readonly listen: (options: ClientListenerOptions) => Promise<ClientListener>;
  readonly fileDescriptors: ServerFoundation["fileDescriptors"];
}

/** How long giving back what it holds may hold up the end of a server that has failed, in ms. */
const FAIL_MAX_MS = 1_000;

/** How long clients that do not read may hold up a stop, in ms. */
const CLOSE_MAX_MS = 2_000;

/**
 * - `starting`: recovered, nobody is served
 * - `serving`
 * - `stopping`: what was accepted is finished, nothing more is taken
 * - `ended`: by {@link RunningServer.close}, or because it failed
 */
type State = "starting" | "serving" | "stopping" | "ended";

/** A server, standalone or a member of an ensemble, and how it begins and ends. */
export class RunningServer {
  /** Resolves when the server has ended: undefined after {@link close}, else why it failed. */
  readonly ended: Promise<ServerFailure | undefined>;
  readonly #config: Config;
  readonly #system: ServerSystem;
  readonly #storage: OpenStorage;
  readonly #metrics: ServerMetrics;
  readonly #parts: ServerParts;
  readonly #clientPort: ClientPort;
  readonly #stoppers: (() => void | Promise<void>)[] = [];
  #resolveEnded: (failure: ServerFailure | undefined) => void = () => {};
  #state: State = "starting";
  #extras: Promise<void> = Promise.resolve();
  #admin: AdminServer | undefined;

  /**
   * Claims and recovers the data.
   *
   * @throws {@link StartRefused}, {@link ServerFailure}, DiskError; then nothing is held
   */
  static async recover(config: Config, system: ServerSystem): Promise<RunningServer> {
    const metrics = new ServerMetrics();
    const storage = await openStorage(config, system, metrics.storage);
    try {
      const isMember = config.ensemble.isDistributed;
      if (!isMember) refuseUnconfirmedEmpty(storage);
      const connect = isMember ? await prepareMember(config, system, storage) : connectStandalone;
      const configText = await readConfigText(config, system);
      const ephemeralCount = storage.database.tree.ephemeralCount;
      const server = new RunningServer(config, system, storage, metrics, configText, connect);
      // A standalone machine has removed ephemerals of sessions that do not exist, without a txn: unless a snapshot says so, the next
      // recovery would replay the log on another tree than it was written for.
      if (storage.database.tree.ephemeralCount !== ephemeralCount) await server.#snapshot();
      return server;
    } catch (error) {
      await storage.directory.release();
      throw error;
    }
  }

  private constructor(
    config: Config,
    system: ServerSystem,
    storage: OpenStorage,
    metrics: ServerMetrics,
    configText: string | null,
    connect: (foundation: ServerFoundation) => ServerParts,
  ) {
    this.#config = config;
    this.#system = system;
    this.#storage = storage;
    this.#metrics = metrics;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#parts = connect({
      config,
      ports: system,
      storage,
      metrics,
      configText,
      isServing: () => this.#state === "serving",
      clientPort: () => this.clientPort,
      fileDescriptors: system.fileDescriptors,
      clientsMoved: (to) => this.#clientPort.move(to),
      failed: (exitCode, what, error) => this.#fail(exitCode, what, error),
    });
    this.#clientPort = new ClientPort({
      config,
      clients: this.#parts,
      timer: system.timer,
      log: system.log,
      listen: system.listen,
      rejected: () => metrics.connectionRejected(),
      failed: (error) => this.#fail(ExitCode.unexpected, "the client port cannot be served", error),
    });
  }

  get view(): AdminView {
    return this.#parts.view;
  }

  /** Names of metrics that nobody feeds although this server has what feeds them: must be empty. */
  get unfedMetrics(): readonly string[] {
    return this.#metrics.registry.unconnected();
  }

  /** The bound client port; null before {@link listen} and without one. */
  get clientPort(): number | null {
    return this.#clientPort.bound?.port ?? null;
  }

  /** The AdminServer's bound port; null until {@link ready} and without one. */
  get adminPort(): number | null {
    return this.#admin?.port ?? null;
  }

  /** Serves clients, and starts what need not be there before them. */
  async listen(): Promise<void> {
    const { clients } = this.#config;
    const { log } = this.#system;
    const { replica, audit, ensemble } = this.#parts;
    await ensemble?.begin();
    // The election port may have been given up.
    if (this.#state === "ended") throw (await this.ended)!;
    replica.start();
    this.#state = "serving";
    if (clients.port !== null) await this.#clientPort.open({ host: clients.address, port: clients.port });
    const { host = null, port = null } = this.#clientPort.bound ?? {};
    const zxid = zxidText(this.#storage.recovered.lastZxid);
    const what = ensemble === undefined ? "serving clients" : "listening for clients";
    const sid = ensemble === undefined ? undefined : this.#config.files.serverId;
    if (port !== null) log.info({ sid, address: host, port, zxid }, what);
    else log.warn({ sid, zxid }, "running, but no client can connect: clientPort is not set");
    if (this.#config.audit.isEnabled) audit.server("serverStart", "success");
    this.#extras = this.#startExtras();
  }

  /** Resolves when everything runs that clients need not wait for, such as the AdminServer. */
  async ready(): Promise<void> {
    await this.#extras;
  }

  /**
   * Stops: takes nothing more, finishes and answers what was accepted, closes connections and files. What was acknowledged
   * is durable in any case.
   */
  async close(): Promise<void> {
    if (this.#state === "stopping" || this.#state === "ended") {
      await this.ended;
      return;
    }
    this.#state = "stopping";
    const { gateway, replica, worker, audit, ensemble } = this.#parts;
    if (this.#config.audit.isEnabled) audit.server("serverStop", "invoked");
    const stopped = this.#clientPort.stop();
    gateway.pauseAll();
    await stopped;
    await this.#within(this.#config.requests.shutdownTimeoutMs, this.#finishAccepted());
    const areClosed = await this.#within(CLOSE_MAX_MS, gateway.closeAll());
    if (!areClosed) gateway.destroyAll();
    replica.stop();
    await ensemble?.end();
    try {
      await worker.close();
    } catch (error) {
      this.#fail(ExitCode.unexpected, "the transaction log cannot be closed", error);
      await this.ended;
      return;
    }
    await this.#giveBack();
    this.#end(undefined);
  }

  /** Gives everything back after a start that did not succeed. */
  async abandon(): Promise<void> {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#parts.replica.stop();
    await this.#parts.worker.close();
    await this.#giveBack();
    this.#end(undefined);
  }

  async #snapshot(): Promise<void> {
    this.#parts.snapshots.start();
    await this.#parts.snapshots.idle();
    if (this.#state === "ended") throw (await this.ended)!;
  }

  async #startExtras(): Promise<void> {
    const { admin, log: logConfig, storage, auth } = this.#config;
    const { timer, clock, log, disk } = this.#system;
    this.#stoppers.push(
      startPurgeSchedule({
        timer,
        log,
        intervalMs: storage.purgeIntervalMs,
        purge: () =>
          purge({ disk, directory: this.#storage.directory, snapRetainCount: storage.purgeRetainCount }),
      }),
    );
    if (logConfig.watchesStalls) {
      this.#stoppers.push(
        startStallMonitor({
          clock,
          timer,
          log,
          sampleMs: logConfig.stallSampleMs,
          infoMs: logConfig.stallInfoMs,
          warnMs: logConfig.stallWarnMs,
          observe: (delayMs) => this.#metrics.stalled(delayMs),
        }),
      );
    }
    if (!admin.isEnabled) return;
    try {
      const { startAdminServer } = await import("../admin/http/start-admin-server.ts");
      const server = await startAdminServer({
        view: this.view,
        log,
        address: admin.address,
        port: admin.port,
        commandUrl: admin.commandUrl,
        idleTimeoutMs: admin.idleTimeoutMs,
        trustsForwardedFor: auth.trustsForwardedFor,
        nextTurn: () => this.#turnEnded(),
      });
      this.#admin = server;
      this.#stoppers.push(() => server.close());
    } catch (error) {
      const what = "the AdminServer cannot be started";
      // Servers of one machine often have the same zoo.cfg but for the ports that matter; Apache's members go on, too.
      if (this.#parts.ensemble === undefined) this.#fail(ExitCode.adminServer, what, error);
      else
        log.warn({ port: admin.port }, `${what}, the server goes on without it: ${(error as Error).message}`);
    }
  }

  async #stopExtras(): Promise<void> {
    await this.#extras;
    await Promise.all(this.#stoppers.splice(0).map((stop) => stop()));
  }

  /** Until nothing waits for the disk: an answer may let a write of the same session go on. */
  async #finishAccepted(): Promise<void> {
    const { worker } = this.#parts;
    do {
      await this.#turnEnded();
      await worker.drained();
      await this.#turnEnded();
    } while (worker.waiting > 0);
  }

  #turnEnded(): Promise<void> {
    return new Promise((resolve) => this.#system.timer.soon(resolve));
  }

  /** Whether `work` was done in time. */
  #within(limitMs: number, work: Promise<void>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const cancel = this.#system.timer.after(limitMs, () => resolve(false));
      work.then(() => {
        cancel();
        resolve(true);
      }, reject);
    });
  }

  /**
   * The end of a server that cannot go on: at once, and nothing that is not durable is answered. Whoever runs the server is
   * told through {@link ended}, and soon, even if the disk answers nothing any more.
   */
  #fail(exitCode: ExitCode, what: string, error: unknown): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#metrics.unrecoverable();
    const { replica, gateway } = this.#parts;
    replica.stop();
    gateway.destroyAll();
    const detail = error instanceof Error ? error.message : String(error);
    const failure = new ServerFailure(exitCode, `${what}: ${detail}`, error);
    void this.#within(
      FAIL_MAX_MS,
      this.#giveBack().catch(() => {}),
    ).then(() => this.#end(failure));
  }

  async #giveBack(): Promise<void> {
    await Promise.all([this.#clientPort.stop(), this.#parts.ensemble?.end(), this.#stopExtras()]);
    await this.#parts.snapshots.idle();
    await this.#storage.directory.release();
  }

  #end(failure: ServerFailure | undefined): void {
    this.#state = "ended";
    this.#resolveEnded(failure);
  }
}

/** With `db.autocreate=false` an empty directory is more likely one that was not mounted than a new server's. */
function refuseUnconfirmedEmpty({ recovered, directory }: OpenStorage): void {
  if (recovered.origin !== "untrusted-empty") return;
  throw new ServerFailure(
    ExitCode.dataDirInaccessible,
    `${directory.snapDir} holds no data, and db.autocreate=false forbids to begin with an empty database: ` +
      `restore the data, or create the empty file ${directory.dataLogDir}/initialize to confirm that there is none`,
  );
}

/** As the AdminServer's `initial_configuration` shows it; no file is no reason not to start. */
async function readConfigText({ files }: Config, { disk }: ServerSystem): Promise<string | null> {
  if (files.configFile === null) return null;
  try {
    return new TextDecoder("latin1").decode(await disk.readFile(files.configFile));
  } catch {
    return null;
  }
}
