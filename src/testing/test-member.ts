import { Buffer } from "node:buffer";
import type { ServerState } from "../admin/admin-view.ts";
import type { Log } from "../base/ports.ts";
import { type Client, type ConnectOptions, connect } from "../client/index.ts";
import { configFromEntries } from "../config/load.ts";
import type { RunningServer } from "../server/running-server.ts";
import { startServer } from "../server/start-server.ts";
import { createNodeDisk } from "../storage/node-disk.ts";
import { ClientSide } from "./client-side.ts";
import { MemoryDisk } from "./memory-disk.ts";
import type { MemoryNetwork } from "./memory-network.ts";
import { ObservedDisk } from "./observed-disk.ts";
import { ensembleEntriesOf, hostOf, type TestEnsembleOptions } from "./test-ensemble-options.ts";
import type { TestTime } from "./test-time.ts";

/** What the members of a test ensemble share. */
export interface MemberSurroundings {
  readonly options: TestEnsembleOptions;
  readonly time: TestTime;
  readonly network: MemoryNetwork;
  /** Client ports on 127.0.0.1, by server id. */
  readonly ports: ReadonlyMap<number, number>;
  /** A client of a test, to be closed with the ensemble. */
  readonly opened: (client: Client) => void;
}

/** One server of a {@link TestEnsemble}. */
export class TestMember {
  /** Its number in the ensemble: the N of `server.N`. */
  readonly sid: number;
  readonly #dataDir: string;
  /** @internal */
  readonly disk: ObservedDisk;
  readonly #surroundings: MemberSurroundings;
  readonly #side = new ClientSide();
  #server: RunningServer | undefined;

  /** @internal */
  constructor(sid: number, dataDir: string, surroundings: MemberSurroundings) {
    this.sid = sid;
    this.#dataDir = dataDir;
    this.#surroundings = surroundings;
    this.disk = new ObservedDisk(
      surroundings.options.storage === "disk" ? createNodeDisk() : new MemoryDisk(),
    );
  }

  /** The client port on 127.0.0.1; the same through all restarts. */
  get port(): number {
    return this.#surroundings.ports.get(this.sid)!;
  }

  /** What clients of this server alone connect to: `127.0.0.1:port`. */
  get connectString(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Whether it is started and has not been stopped. */
  get isRunning(): boolean {
    return this.#server !== undefined;
  }

  /** What it is for clients; null while it serves none: it does not run, or has no leader. */
  get role(): Exclude<ServerState, "standalone"> | null {
    const view = this.#server?.view;
    const state = view?.isServing() ? view.serverState() : "standalone";
    return state === "standalone" ? null : state;
  }

  /** Id of the server that it takes for the leader; null when it knows none. */
  get leaderSid(): number | null {
    const sid = this.#server?.view.quorum()?.leaderId ?? -1;
    return sid < 0 ? null : sid;
  }

  /** The zxid of the last txn that it has applied; 0 while it serves nobody. */
  get lastZxid(): number {
    return this.role === null ? 0 : this.#server!.view.statistics().lastProcessedZxid;
  }

  /** Client connections that are open now. */
  get connectionCount(): number {
    return this.#side.connectionCount;
  }

  /** A client that knows this server only, connected; closed with the ensemble unless it is closed before. */
  async connect(options?: ConnectOptions): Promise<Client> {
    const client = await connect(this.connectString, options);
    this.#surroundings.opened(client);
    return client;
  }

  /** Breaks all client connections. The sessions live on: clients that come back in time, here or elsewhere, continue them. */
  dropConnections(): Promise<void> {
    return this.#side.dropAll();
  }

  /** @internal Starts it on what its disk holds. */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const { options, ports, network, time } = this.#surroundings;
    const entries = ensembleEntriesOf(options, this.#dataDir, ports);
    const config = configFromEntries(entries, [], (path) =>
      path.endsWith("/myid") ? Buffer.from(`${this.sid}\n`) : undefined,
    );
    const log: Log | undefined = options.log?.(this.sid);
    this.#server = await startServer(config, {
      disk: this.disk,
      clock: time,
      timer: time,
      network: network.at(hostOf(this.sid)),
      listen: this.#side.listen,
      ...(log === undefined ? {} : { log }),
    });
  }

  /** @internal Ends it in order. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }

  /** @internal Ends it as a kill does: nothing more is answered, to clients or servers. What it has written stays written. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const abandoned = server.abandon();
    this.#surroundings.network.crash(hostOf(this.sid));
    await this.#side.dropAll();
    await abandoned;
  }
}
