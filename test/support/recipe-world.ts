import { type Client, type ConnectOptions, connect } from "../../src/client/index.ts";
import {
  type FaultProxy,
  startFaultProxy,
  startTestServer,
  type TestServer,
} from "../../src/testing/index.ts";

/** A server in memory, a fault proxy before it, and any number of clients on either side of the proxy. */
export class RecipeWorld implements AsyncDisposable {
  readonly server: TestServer;
  readonly proxy: FaultProxy;
  readonly #clients: Client[] = [];

  private constructor(server: TestServer, proxy: FaultProxy) {
    this.server = server;
    this.proxy = proxy;
  }

  static async start(): Promise<RecipeWorld> {
    const server = await startTestServer({ settings: { extendedTypesEnabled: "true" } });
    return new RecipeWorld(server, await startFaultProxy({ target: server.connectString }));
  }

  /** A client that is connected to the server itself. */
  client(options: ConnectOptions = {}): Promise<Client> {
    return this.#open(this.server.connectString, options);
  }

  /** A client that is connected through the proxy. */
  faulty(options: ConnectOptions = {}): Promise<Client> {
    return this.#open(this.proxy.connectString, options);
  }

  async #open(address: string, options: ConnectOptions): Promise<Client> {
    const backoff = { initialMs: 5, maxMs: 20 };
    const client = await connect(address, { sessionTimeoutMs: 10_000, backoff, ...options });
    this.#clients.push(client);
    return client;
  }

  async expire(client: Client): Promise<void> {
    const expired = client.when("expired");
    await this.server.expireSession(client.session!.id);
    await expired;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.proxy.heal();
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.proxy.close();
    await this.server.close();
  }
}

/** Resolves when `isTrue` is, looking after every turn of the event loop; the test's own timeout is the deadline. */
export async function eventually(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setImmediate(resolve));
}

/** How many children the znode has; 0 when there is none. */
export async function childCount(client: Client, path: string): Promise<number> {
  return (await client.exists(path))?.numChildren ?? 0;
}
