import type { ClientConnection, ClientHandler } from "../transport/client-connection.ts";
import {
  type ClientListener,
  type ClientListenerOptions,
  listenForClients,
} from "../transport/client-listener.ts";

/** The connections of a test server, between the sockets and the server itself: so that a test can break them. */
export class ClientSide {
  readonly #connections = new Set<ClientConnection>();
  readonly #heldWords: (() => void)[] = [];
  #isStopped = false;
  readonly #whenEmpty: (() => void)[] = [];

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** In place of `listenForClients`. */
  readonly listen = (options: ClientListenerOptions): Promise<ClientListener> =>
    listenForClients({ ...options, handler: this.#observed(options.handler) });

  /** Breaks all connections; resolves when the server knows. */
  dropAll(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
      for (const connection of [...this.#connections]) connection.destroy();
    });
  }

  /** Four-letter words wait, too: they are answered without the server's machine. */
  stop(): void {
    this.#isStopped = true;
  }

  go(): void {
    this.#isStopped = false;
    for (const answer of this.#heldWords.splice(0)) answer();
  }

  #observed(handler: ClientHandler): ClientHandler {
    return {
      opened: (connection) => {
        this.#connections.add(connection);
        handler.opened(connection);
      },
      frame: (connection, bytes) => handler.frame(connection, bytes),
      command: (connection, word, argument) => {
        const bytes = Buffer.from(argument);
        const answer = (): void => handler.command(connection, word, bytes);
        if (this.#isStopped) this.#heldWords.push(answer);
        else answer();
      },
      closed: (connection) => {
        this.#connections.delete(connection);
        handler.closed(connection);
        if (this.#connections.size > 0) return;
        for (const resolve of this.#whenEmpty.splice(0)) resolve();
      },
    };
  }
}
