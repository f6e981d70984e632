import type { Log, Timer } from "../base/ports.ts";
import type { Config } from "../config/config.ts";
import type { CommandWords } from "../transport/client-connection.ts";
import type { ClientListener, ClientListenerOptions } from "../transport/client-listener.ts";
import type { Gateway } from "./gateway.ts";

/** Where clients connect. */
export interface ClientAddress {
  /** null: every address of this machine. */
  readonly host: string | null;
  readonly port: number;
}

export interface ClientPortOptions {
  readonly config: Config;
  /** Who takes their connections, and their four-letter words. */
  readonly clients: { readonly gateway: Gateway; readonly words: CommandWords };
  readonly timer: Timer;
  readonly log: Log;
  readonly listen: (options: ClientListenerOptions) => Promise<ClientListener>;
  /** A connection was refused by a limit. */
  readonly rejected: () => void;
  /** The listening socket broke. */
  readonly failed: (error: Error) => void;
}

/** The port that clients connect to. A reconfig may move it; connections stay where they are. */
export class ClientPort {
  readonly #options: ClientPortOptions;
  #at: ClientAddress | undefined;
  #listener: ClientListener | undefined;
  #isStopped = false;
  #moving: Promise<void> = Promise.resolve();

  constructor(options: ClientPortOptions) {
    this.#options = options;
  }

  /** The bound port, and on which address; null while it is not open. */
  get bound(): { readonly host: string; readonly port: number } | null {
    return this.#listener ?? null;
  }

  /** Rejects with the system's error when the port cannot be bound. */
  async open(at: ClientAddress): Promise<void> {
    this.#at = at;
    this.#listener = await this.#listen(at);
  }

  /** A configuration of the ensemble says that clients connect elsewhere. A port that cannot be bound is told, and the old one kept. */
  move(to: ClientAddress): void {
    this.#moving = this.#moving.then(() => this.#move(to));
  }

  /** Accepts no more connections; the ones there are stay. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#moving;
    await this.#listener?.stop();
  }

  async #move(to: ClientAddress): Promise<void> {
    const before = this.#at;
    if (this.#isStopped || (before?.host === to.host && before.port === to.port)) return;
    const { log } = this.#options;
    // The same port on other addresses can only be bound when it is free.
    await this.#listener?.stop();
    this.#listener = undefined;
    try {
      await this.open(to);
      log.info({ address: to.host, port: to.port }, "the client port has moved, as the configuration says");
    } catch (error) {
      const where = `${to.host ?? "*"}:${to.port}`;
      log.error(
        {},
        `clients cannot be served at ${where}, where the configuration has them: ${(error as Error).message}`,
      );
      if (before !== undefined)
        await this.open(before).catch((cause) => this.#options.failed(cause as Error));
    }
  }

  #listen({ host, port }: ClientAddress): Promise<ClientListener> {
    const { config, clients, timer, log, listen, rejected, failed } = this.#options;
    const { listenBacklog, hasTcpKeepAlive, cnxnsPerAddressMax, cnxnsMax } = config.clients;
    const { gateway, words } = clients;
    return listen({
      host,
      port,
      backlog: listenBacklog,
      hasTcpKeepAlive,
      perAddressMax: cnxnsPerAddressMax,
      totalMax: cnxnsMax,
      frameBytesMax: config.requests.juteMaxBufferBytes,
      nextConnectionId: () => gateway.nextConnectionId(),
      handler: gateway,
      words,
      timer,
      log,
      rejected,
      failed,
    });
  }
}
