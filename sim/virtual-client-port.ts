import { EventEmitter } from "node:events";
import type { NetLink, Network } from "../src/base/ports.ts";
import type { ClientLink, ClientLinkHandler, ClientPorts } from "../src/client/client-ports.ts";
import type { ServerSystem } from "../src/server/running-server.ts";
import { ClientConnection, OUTPUT_BYTES_MAX } from "../src/transport/client-connection.ts";

type Listen = ServerSystem["listen"];
type AcceptedSocket = ConstructorParameters<typeof ClientConnection>[1];

/** How long a client's system tries to connect, ms. */
const CONNECT_MS = 10_000;

/** The client port of a server on a simulated network: production's connections over simulated streams. */
export function listenOn(network: Network): Listen {
  return async (options) => {
    let count = 0;
    const context = {
      ...options,
      handler: options.handler,
      reader: { adopt: adoptSocket },
      outputBytesMax: options.outputBytesMax ?? OUTPUT_BYTES_MAX,
    };
    const listener = await network.listen({ host: options.host, port: options.port }, (link) => {
      const socket = new VirtualSocket(link);
      count++;
      socket.once("close", () => count--);
      const id = options.nextConnectionId();
      const connection = new ClientConnection(
        id,
        socket as unknown as AcceptedSocket,
        // A machine's name is no address; an address is what ACLs are about.
        "127.0.0.1",
        context as unknown as ConstructorParameters<typeof ClientConnection>[3],
      );
      options.handler.opened(connection);
      return {
        received: (bytes) => void socket.emit("data", bytes),
        closed: () => socket.closed(),
      };
    });
    return {
      host: options.host ?? "0.0.0.0",
      port: listener.port,
      get connectionCount() {
        return count;
      },
      stop: () => listener.close(),
    };
  };
}

function adoptSocket(accepted: EventEmitter, onBytes: (bytes: Buffer) => void): EventEmitter {
  // The shared buffer of production is a Buffer that is overwritten later: so are these bytes.
  accepted.on("data", (bytes: Uint8Array) =>
    onBytes(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
  );
  return accepted;
}

/** As much of a Node socket as a client connection uses. */
class VirtualSocket extends EventEmitter {
  readonly remotePort: number;
  readonly #link: NetLink;

  constructor(link: NetLink) {
    super();
    this.#link = link;
    this.remotePort = Number(link.remote.slice(link.remote.lastIndexOf(":") + 1));
  }

  get writableLength(): number {
    return this.#link.bufferedBytes;
  }

  write(bytes: Uint8Array): boolean {
    // The writer may use its memory again.
    this.#link.write(new Uint8Array(bytes));
    const isTaken = this.#link.bufferedBytes === 0;
    if (!isTaken) this.#link.whenDrained(() => this.emit("drain"));
    return isTaken;
  }

  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  destroy(): void {
    this.#link.destroy();
  }

  destroySoon(): void {
    this.#link.close();
  }

  closed(): void {
    this.emit("close");
  }
}

/** What a client of the production kind dials with. */
export function dialOn(network: Network): ClientPorts["dial"] {
  return ({ host, port }, handler) => new ClientSideLink(network, host, port, handler);
}

class ClientSideLink implements ClientLink {
  readonly #cancelDial: () => void;
  readonly #handler: ClientLinkHandler;
  #link: NetLink | undefined;
  #isOver = false;

  constructor(network: Network, host: string, port: number, handler: ClientLinkHandler) {
    this.#handler = handler;
    this.#cancelDial = network.dial(
      { to: { host, port }, timeoutMs: CONNECT_MS },
      (link) => {
        this.#link = link;
        handler.opened();
        return {
          received: (bytes) => {
            if (!this.#isOver) handler.received(bytes);
          },
          closed: (reason) => this.#end("lost", reason),
        };
      },
      (reason) => this.#end(reason.includes("refuses") ? "refused" : "timeout", reason),
    );
  }

  write(bytes: Uint8Array): void {
    if (!this.#isOver) this.#link?.write(new Uint8Array(bytes));
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#link === undefined) this.#cancelDial();
    else this.#link.close();
  }

  #end(kind: "lost" | "refused" | "timeout", message: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.closed({ kind, message });
  }
}
