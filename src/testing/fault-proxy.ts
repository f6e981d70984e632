import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Duration, durationMs } from "./duration.ts";
import { type Fault, faultless, Way } from "./fault-way.ts";

/** Whose bytes: what clients say, what the server says, or both. */
export type Direction = "toServer" | "toClient" | "both";

/** Where the proxy stands. */
export interface FaultProxyOptions {
  /** `host:port` of the server that it stands before; of a connect string the first server. */
  readonly target: string;
  /** Port on 127.0.0.1; default 0: the system chooses. */
  readonly port?: number | undefined;
}

class Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly toServer: Way;
  readonly toClient: Way;

  constructor(client: Socket, server: Socket, faults: { toServer: Fault; toClient: Fault }) {
    this.client = client;
    this.server = server;
    this.toServer = new Way(server, faults.toServer);
    this.toClient = new Way(client, faults.toClient);
    client.on("data", (bytes) => this.toServer.take(bytes));
    server.on("data", (bytes) => this.toClient.take(bytes));
  }

  end(): void {
    this.toServer.end();
    this.toClient.end();
    this.client.destroy();
    this.server.destroy();
  }
}

/**
 * A TCP proxy before a server, ours or any other, that does what networks do. Made by {@link startFaultProxy}. Faults hold for all
 * connections, the ones there are and later ones, until {@link heal}.
 */
export class FaultProxy implements AsyncDisposable {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #faults = { toServer: faultless(), toClient: faultless() };
  #isRefusing = false;
  #acceptedCount = 0;

  /** @internal */
  constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** @internal */
  async listen(port: number): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** On 127.0.0.1. */
  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** What clients connect to in place of the server. */
  get connectString(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Connections that are open now. */
  get connectionCount(): number {
    return this.#pairs.size;
  }

  /** Connections since the start, the refused ones not counted. */
  get acceptedCount(): number {
    return this.#acceptedCount;
  }

  /** Breaks all connections, both sides, with what was on the way. New ones are served. */
  cut(): void {
    for (const pair of [...this.#pairs]) {
      if (!pair.client.destroyed) pair.client.resetAndDestroy();
      pair.end();
    }
  }

  /** New connections are broken at once, until {@link heal}. */
  refuse(): void {
    this.#isRefusing = true;
  }

  /** Bytes that go this way are lost: a request without an effect, or an effect without a reply. */
  drop(direction: Direction): void {
    this.#each(direction, (fault) => {
      fault.isDropping = true;
    });
  }

  /** Bytes that go this way wait until {@link heal}, or are lost with their connection. */
  hold(direction: Direction): void {
    this.#each(direction, (fault) => {
      fault.isHolding = true;
    });
  }

  /** Bytes that go this way arrive so much later, in order. */
  delay(duration: Duration, direction: Direction = "both"): void {
    const delayMs = durationMs(duration);
    this.#each(direction, (fault) => {
      fault.delayMs = delayMs;
    });
  }

  /** Ends all faults; what was held goes on. What was dropped stays lost, so cut the connections it was dropped from. */
  heal(): void {
    this.#isRefusing = false;
    Object.assign(this.#faults.toServer, faultless());
    Object.assign(this.#faults.toClient, faultless());
    for (const { toServer, toClient } of this.#pairs) {
      toServer.flow();
      toClient.flow();
    }
  }

  /** Breaks all connections and gives the port back. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.cut();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #each(direction: Direction, change: (fault: Fault) => void): void {
    if (direction !== "toClient") change(this.#faults.toServer);
    if (direction !== "toServer") change(this.#faults.toClient);
  }

  #accept(client: Socket): void {
    client.on("error", ignore);
    if (this.#isRefusing) {
      client.resetAndDestroy();
      return;
    }
    this.#acceptedCount++;
    const server = connect({ ...this.#target, noDelay: true });
    server.on("error", ignore);
    client.setNoDelay(true);
    const pair = new Pair(client, server, this.#faults);
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      pair.end();
    };
    client.on("close", end);
    server.on("close", end);
  }
}

/**
 * Starts a proxy before a server.
 *
 * ```ts
 * await using proxy = await startFaultProxy({ target: zk.connectString });
 * await using client = await connect(proxy.connectString);
 * proxy.drop("toClient");
 * ```
 *
 * @throws TypeError when `target` is no `host:port`
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new FaultProxy(targetOf(options.target));
  await proxy.listen(options.port ?? 0);
  return proxy;
}

function targetOf(target: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[^\]]+\]|[^:,/[\]]+):(\d+)(?:[,/]|$)/.exec(target);
  if (match === null) throw new TypeError(`target "${target}" is no host:port`);
  return { host: match[1]!.replace(/^\[|\]$/g, ""), port: Number(match[2]) };
}

function ignore(): void {}
