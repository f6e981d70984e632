import { createServer, type Server, type Socket } from "node:net";
import { SharedReader } from "./accepted-socket.ts";
import { ClientConnection, type ConnectionContext, OUTPUT_BYTES_MAX } from "./client-connection.ts";
import { ConnectionCounts, type ConnectionLimits } from "./connection-counts.ts";
import { peerAddressText } from "./peer-address.ts";

export interface ClientListenerOptions
  extends ConnectionLimits,
    Omit<ConnectionContext, "reader" | "outputBytesMax"> {
  /** Name or address to listen on; null means all addresses, IPv4 and IPv6. */
  readonly host: string | null;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Connections that may wait to be accepted; -1 means the platform's default. */
  readonly backlog: number;
  /** `clientTcpKeepAlive`. */
  readonly hasTcpKeepAlive: boolean;
  /** Makes ids that are unique among all listeners of the process. */
  readonly nextConnectionId: () => number;
  /** Bytes that may wait for one client that does not read; by default {@link OUTPUT_BYTES_MAX}. */
  readonly outputBytesMax?: number;
  /** A connection was refused by a limit. */
  readonly rejected: () => void;
  /** The listening socket broke after it had been bound. */
  readonly failed: (error: Error) => void;
}

/** A bound client port. */
export interface ClientListener {
  readonly host: string;
  readonly port: number;
  readonly connectionCount: number;
  /** Accepts no more connections; the ones there are stay. Resolves when the port is free. */
  stop(): Promise<void>;
}

/**
 * Listens for clients.
 *
 * @throws the system's error (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, …) when the port cannot be bound
 */
export async function listenForClients(options: ClientListenerOptions): Promise<ClientListener> {
  const counts = new ConnectionCounts(options);
  const context = contextOf(options, counts);
  const server = createServer(
    { pauseOnConnect: true, allowHalfOpen: true, noDelay: true, keepAlive: options.hasTcpKeepAlive },
    (socket) => accept(socket, options, counts, context),
  );
  await bind(server, options);
  server.on("error", options.failed);
  const { address, port } = server.address() as { address: string; port: number };
  return {
    host: address,
    port,
    get connectionCount() {
      return counts.total;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function contextOf(options: ClientListenerOptions, counts: ConnectionCounts): ConnectionContext {
  const { handler } = options;
  return {
    handler: {
      opened: (connection) => handler.opened(connection),
      frame: (connection, bytes) => handler.frame(connection, bytes),
      command: (connection, word, argument) => handler.command(connection, word, argument),
      closed(connection) {
        counts.release(connection.peerAddress);
        handler.closed(connection);
      },
    },
    reader: new SharedReader(),
    timer: options.timer,
    log: options.log,
    frameBytesMax: options.frameBytesMax,
    words: options.words,
    outputBytesMax: options.outputBytesMax ?? OUTPUT_BYTES_MAX,
  };
}

function accept(
  socket: Socket,
  options: ClientListenerOptions,
  counts: ConnectionCounts,
  context: ConnectionContext,
): void {
  const { remoteAddress } = socket;
  // The peer may have gone while the connection waited in the backlog.
  if (remoteAddress === undefined) return void socket.destroy();
  const peerAddress = peerAddressText(remoteAddress);
  const refusal = counts.admit(peerAddress);
  if (refusal !== undefined) {
    options.log.warn({ peer: peerAddress }, `refused a connection: ${refusal}`);
    socket.on("error", () => {});
    socket.resetAndDestroy();
    options.rejected();
    return;
  }
  options.handler.opened(new ClientConnection(options.nextConnectionId(), socket, peerAddress, context));
}

function bind(server: Server, options: ClientListenerOptions): Promise<void> {
  const { host, port, backlog } = options;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host === null ? {} : { host }), ...(backlog < 0 ? {} : { backlog }) }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
