import type { DialOptions, NetLink, NetLinkHandler, NetListener, Network, Rng } from "../src/base/ports.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import { type NetworkTap, VirtualConnection } from "./virtual-link.ts";
import { VirtualPath } from "./virtual-path.ts";
import type { VirtualProcess } from "./virtual-process.ts";

export type { ConnectionInfo, NetworkTap } from "./virtual-link.ts";

export interface VirtualNetworkOptions {
  readonly clock: VirtualClock;
  readonly rng: Rng;
  /** Upper end of a usual delay of one direction, ms; default 4. */
  readonly delayMsMax?: number;
  /** How long a system sends again before it gives a connection up, ms: between this and twice as much; default 8000. */
  readonly giveUpMs?: number;
  readonly tap?: NetworkTap;
}

/** Who listens on a port. */
interface Listener {
  readonly process: VirtualProcess;
  readonly accepted: (link: NetLink) => NetLinkHandler;
}

interface Machine {
  isUp: boolean;
  readonly listeners: Map<number, Listener>;
  readonly connections: Set<VirtualConnection>;
}

/**
 * Machines and the streams between them. Each direction between two machines has delays of its own, so bytes of one
 * connection stay in order and those of different ones do not; paths can be cut one way or both, be slow, or break all their
 * connections; machines can lose power. Everything random comes from the seed.
 */
export class VirtualNetwork {
  readonly #options: VirtualNetworkOptions;
  readonly #machines = new Map<string, Machine>();
  readonly #paths = new Map<string, VirtualPath>();
  #lastConnection = 0;

  constructor(options: VirtualNetworkOptions) {
    this.#options = options;
  }

  /** The network as a process on `host` sees it. */
  attach(host: string, process: VirtualProcess): Network {
    this.machine(host).isUp = true;
    this.#sendAgain(host);
    return {
      listen: (at, accepted) => this.#listen(host, at.port, { process, accepted }),
      dial: (options, opened, failed) => this.#dial(host, process, options, opened, failed),
    };
  }

  machine(host: string): Machine {
    let machine = this.#machines.get(host);
    if (machine === undefined) {
      this.#machines.set(host, (machine = { isUp: true, listeners: new Map(), connections: new Set() }));
    }
    return machine;
  }

  path(from: string, to: string): VirtualPath {
    const key = `${from}>${to}`;
    let path = this.#paths.get(key);
    if (path === undefined) {
      const { rng, delayMsMax = 4 } = this.#options;
      this.#paths.set(key, (path = new VirtualPath([this.machine(from), this.machine(to)], rng, delayMsMax)));
    }
    return path;
  }

  /** Bytes from `from` do not arrive at `to`. */
  cut(from: string, to: string): void {
    this.path(from, to).cut();
  }

  /** Both directions are as good as new. */
  heal(a: string, b: string): void {
    this.path(a, b).restore();
    this.path(b, a).restore();
    for (const connection of this.#between(a, b)) connection.sendAgain();
  }

  healAll(): void {
    for (const path of this.#paths.values()) path.restore();
    for (const host of this.#machines.keys()) this.#sendAgain(host);
  }

  /** Every connection between the two breaks, and both hear of it. */
  reset(a: string, b: string): void {
    for (const connection of this.#between(a, b)) connection.reset();
  }

  /** The process on `host` has ended; its system closes its connections and goes on. */
  processEnded(host: string): void {
    const machine = this.machine(host);
    machine.listeners.clear();
    for (const connection of [...machine.connections]) this.#endOn(connection, host).processEnded();
  }

  /** The machine has no power until the next {@link attach}: nobody hears of it, connections of others hang. */
  powerFailed(host: string): void {
    const machine = this.machine(host);
    machine.listeners.clear();
    machine.isUp = false;
    for (const connection of [...machine.connections]) this.#endOn(connection, host).powerFailed();
  }

  #endOn(connection: VirtualConnection, host: string) {
    return connection.info.from === host ? connection.dialer : connection.acceptor;
  }

  #between(a: string, b: string): VirtualConnection[] {
    return [...this.machine(a).connections].filter(({ info }) => info.from === b || info.to === b);
  }

  #sendAgain(host: string): void {
    for (const connection of this.machine(host).connections) connection.sendAgain();
  }

  async #listen(host: string, port: number, listener: Listener): Promise<NetListener> {
    const { listeners } = this.machine(host);
    if (listeners.has(port)) throw new Error(`cannot listen on ${host}:${port}: it is in use`);
    listeners.set(port, listener);
    return {
      port,
      close: async () => {
        if (listeners.get(port) === listener) listeners.delete(port);
      },
    };
  }

  #dial(
    host: string,
    process: VirtualProcess,
    { to, timeoutMs }: DialOptions,
    opened: (link: NetLink) => NetLinkHandler,
    failed: (reason: string) => void,
  ): () => void {
    const { clock } = this.#options;
    const [there, back] = [this.path(host, to.host), this.path(to.host, host)];
    let isOver = false;
    const finish = (then: () => void): void => {
      if (isOver) return;
      isOver = true;
      cancelTimeout();
      then();
    };
    const cancelTimeout = process.after(timeoutMs, () =>
      finish(() => failed(`${to.host}:${to.port} did not accept the connection in ${timeoutMs} ms`)),
    );
    let connection: VirtualConnection | undefined;
    clock.after(there.delayMs(0), () => {
      if (isOver || process.isDead || there.isCut || back.isCut) return;
      const listener = this.machine(to.host).listeners.get(to.port);
      connection = listener && this.#connect(host, process, to.host, to.port, listener);
      clock.after(back.delayMs(0), () => {
        if (process.isDead) return;
        process.enter(() => {
          if (isOver) return void connection?.dialer.destroy();
          finish(() => {
            if (connection === undefined) failed(`${to.host}:${to.port} refuses connections`);
            else connection.dialer.adopt(opened(connection.dialer));
          });
        });
      });
    });
    return () =>
      finish(() => {
        if (connection !== undefined) connection.dialer.destroy();
      });
  }

  #connect(
    from: string,
    process: VirtualProcess,
    to: string,
    port: number,
    listener: Listener,
  ): VirtualConnection {
    const { clock, rng, tap = {}, giveUpMs = 8000 } = this.#options;
    const ends = [this.machine(from), this.machine(to)];
    const info = { id: ++this.#lastConnection, from, to, port };
    const connection = new VirtualConnection({
      info,
      clock,
      rng,
      tap,
      giveUpMs: giveUpMs + rng.below(giveUpMs),
      paths: [this.path(from, to), this.path(to, from)],
      processes: [process, listener.process],
      over: (ended) => {
        for (const machine of ends) machine.connections.delete(ended);
      },
    });
    for (const machine of ends) machine.connections.add(connection);
    tap.opened?.(info);
    listener.process.enter(() => {
      if (!connection.acceptor.isGone) connection.acceptor.adopt(listener.accepted(connection.acceptor));
    });
    return connection;
  }
}
