import { type Client, type ConnectOptions, connect } from "../client/index.ts";
import { configFromEntries } from "../config/load.ts";
import type { Int64 } from "../protocol/int64.ts";
import { nodeClock } from "../server/node-ports.ts";
import type { RunningServer } from "../server/running-server.ts";
import { startServer } from "../server/start-server.ts";
import { createNodeDisk } from "../storage/node-disk.ts";
import { ClientSide } from "./client-side.ts";
import { type Duration, durationMs } from "./duration.ts";
import { endSession } from "./end-session.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { ObservedDisk } from "./observed-disk.ts";
import { sessionIdOf } from "./session-id-of.ts";
import { settle } from "./settle.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { checkOptions, entriesOf, type TestServerOptions } from "./test-server-options.ts";
import { TestTime } from "./test-time.ts";

const HOST = "127.0.0.1";
const MEMORY_DIRECTORY = "/data";
/** What {@link TestServer.advanceClock} gives a server that is never idle; see {@link settle}. */
const ROUNDS_MAX = 5_000;

/** Where a test server keeps its data. */
interface TestStorage {
  readonly disk: ObservedDisk;
  readonly dataDir: string;
  remove(): Promise<void>;
}

/**
 * A ZooKeeper server for one test, in this process. Everything a real one does it does, for any client; and it does what a test
 * wants of it. Made by {@link startTestServer}.
 */
export class TestServer implements AsyncDisposable {
  readonly #options: TestServerOptions;
  readonly #storage: TestStorage;
  readonly #time = new TestTime(nodeClock);
  readonly #clients = new Set<Client>();
  readonly #side = new ClientSide();
  #server: RunningServer | undefined;
  #port: number;

  /** @internal */
  constructor(options: TestServerOptions, storage: TestStorage) {
    this.#options = options;
    this.#storage = storage;
    this.#port = options.port ?? 0;
  }

  /** The port on 127.0.0.1; the same through all restarts. */
  get port(): number {
    return this.#port;
  }

  /** What clients connect to: `127.0.0.1:port`. */
  get connectString(): string {
    return `${HOST}:${this.#port}`;
  }

  /** Client connections that are open now. */
  get connectionCount(): number {
    return this.#side.connectionCount;
  }

  /** The server's wall clock, ms since 1970, with what {@link advanceClock} has added: what ctime and mtime are compared with. */
  get wallMs(): number {
    return this.#time.now().wallMs;
  }

  /** Where the data is; null in memory. */
  get dataDir(): string | null {
    return this.#options.storage === "disk" ? this.#storage.dataDir : null;
  }

  /** A client of this server, connected; closed with the server unless it is closed before. */
  async connect(options?: ConnectOptions): Promise<Client> {
    const client = await connect(this.connectString, options);
    this.#clients.add(client);
    return client;
  }

  /**
   * Ends a session, as if its client had not been heard of for too long: when it resolves, the session's ephemeral znodes are gone.
   * The client's connection breaks, and when it comes back it learns that its session has expired.
   *
   * @param id of a client of ours `client.session.id`; of another one as number or bytes
   * @throws Error when the server has no such session
   */
  async expireSession(id: Int64 | bigint | Uint8Array): Promise<void> {
    await endSession(HOST, this.#port, sessionIdOf(id));
  }

  /** Breaks all connections. The sessions live on: clients that come back in time continue them. */
  dropConnections(): Promise<void> {
    return this.#side.dropAll();
  }

  /**
   * Stops the server like a process that does not get the processor: connections stay, new ones are accepted, and nothing is
   * answered until {@link resume}. Time goes on meanwhile.
   */
  pause(): void {
    this.#time.stop();
    this.#side.stop();
  }

  /** Ends {@link pause}: what was asked meanwhile is answered, sessions that ran out meanwhile expire. */
  resume(): void {
    this.#time.go();
    this.#side.go();
  }

  /** Stops the server: what it accepted is finished, its port refuses connections. The data is kept. */
  async stop(): Promise<void> {
    this.resume();
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }

  /** Starts the server again after {@link stop}, with its data, on its port. Does nothing while it runs. */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const { disk, dataDir } = this.#storage;
    const { log } = this.#options;
    this.#server = await startServer(configFromEntries(entriesOf(this.#options, dataDir, this.#port)), {
      disk,
      clock: this.#time,
      timer: this.#time,
      listen: this.#side.listen,
      ...(log === undefined ? {} : { log }),
    });
    this.#port = this.#server.clientPort!;
  }

  /** {@link stop} and {@link start}: sessions, znodes and time are kept, connections are not. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /**
   * Lets time pass for the server, all at once. For it, nobody has said anything in that time: sessions whose timeout is not longer
   * expire, also those of clients that are connected. TTL znodes that have run out and containers that are empty go. When it
   * resolves, all that has happened.
   *
   * @param duration ms, or `"30s"`, `"5m"`, …
   */
  async advanceClock(duration: Duration): Promise<void> {
    this.#time.advance(durationMs(duration));
    if (!this.#time.isStopped) await settle(this.#time, [this.#storage.disk], ROUNDS_MAX);
  }

  /** Ends the clients of {@link connect}, the server, and its data. */
  async close(): Promise<void> {
    this.resume();
    await Promise.all([...this.#clients].map((client) => client.close()));
    await this.stop();
    await this.#storage.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Starts a server for a test: in this process, on a port of its own, empty, within milliseconds.
 *
 * ```ts
 * await using zk = await startTestServer();
 * const client = await zk.connect();
 * await zk.expireSession(client.session!.id);
 * ```
 *
 * @throws TypeError for options that are unknown or do not fit; ConfigError for wrong settings; ServerFailure
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  checkOptions(options);
  const storage = await openStorage(options);
  const server = new TestServer(options, storage);
  try {
    await server.start();
  } catch (error) {
    await storage.remove();
    throw error;
  }
  return server;
}

async function openStorage({ storage, dataDir }: TestServerOptions): Promise<TestStorage> {
  const isMemory = storage !== "disk";
  const disk = new ObservedDisk(isMemory ? new MemoryDisk() : createNodeDisk());
  if (isMemory) return { disk, dataDir: MEMORY_DIRECTORY, remove: async () => undefined };
  if (dataDir !== undefined) return { disk, dataDir, remove: async () => undefined };
  const { path, remove } = await temporaryDirectory();
  return { disk, dataDir: path, remove };
}
