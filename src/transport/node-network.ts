import { Buffer } from "node:buffer";
import { connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import type { DialOptions, NetLink, NetLinkHandler, NetListener, Network } from "../base/ports.ts";
import { SharedReader } from "./accepted-socket.ts";
import { NodeLink } from "./node-link.ts";
import { peerAddressText } from "./peer-address.ts";

/** Memory that the kernel's bytes are read into: one for all links, since reads never overlap. */
const READ_BYTES = 64 * 1024;

/** TCP between servers: Nagle's algorithm is off, every dial resolves its name anew. */
export function createNodeNetwork(): Network {
  return new NodeNetwork();
}

class NodeNetwork implements Network {
  readonly #reader = new SharedReader();
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  async listen(
    at: { readonly host: string | null; readonly port: number; readonly backlog?: number },
    accepted: (link: NetLink) => NetLinkHandler,
  ): Promise<NetListener> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#accept(socket, accepted),
    );
    await bind(server, at);
    // What happens to a bound listener (no descriptors left) ends one connection, and whoever dialed tries again.
    server.on("error", () => {});
    const { port } = server.address() as { port: number };
    return {
      port,
      close: () => new Promise((resolve) => server.close(() => resolve())),
    };
  }

  dial(
    { to, timeoutMs, hasTcpKeepAlive = false }: DialOptions,
    opened: (link: NetLink) => NetLinkHandler,
    failed: (reason: string) => void,
  ): () => void {
    let link: NodeLink | undefined;
    let isTimedOut = false;
    let isGivenUp = false;
    let error: NodeJS.ErrnoException | undefined;
    const where = endpointText(to.host, to.port);
    const socket = connectTcp({
      host: to.host,
      port: to.port,
      noDelay: true,
      keepAlive: hasTcpKeepAlive,
      onread: {
        buffer: this.#buffer,
        callback: (length, buffer) => {
          link?.received((buffer as Buffer).subarray(0, length));
          return true;
        },
      },
    });
    const timeout = setTimeout(() => {
      isTimedOut = true;
      socket.destroy();
    }, timeoutMs);
    const noteError = (cause: Error): void => {
      error = cause;
    };
    const refused = (): void => {
      clearTimeout(timeout);
      if (!isGivenUp)
        failed(isTimedOut ? `${where} did not answer within ${timeoutMs} ms` : explain(error, where));
    };
    socket.on("error", noteError);
    socket.once("close", refused);
    socket.once("connect", () => {
      clearTimeout(timeout);
      socket.off("close", refused);
      socket.off("error", noteError);
      link = new NodeLink(socket, where);
      link.serve(opened(link));
    });
    return () => {
      if (link !== undefined) return;
      isGivenUp = true;
      socket.destroy();
    };
  }

  #accept(socket: Socket, accepted: (link: NetLink) => NetLinkHandler): void {
    const { remoteAddress, remotePort = 0 } = socket;
    // The peer may have gone while the connection waited in the backlog.
    if (remoteAddress === undefined) return void socket.destroy();
    const remote = endpointText(peerAddressText(remoteAddress), remotePort);
    const adopted = this.#reader.adopt(socket, (bytes) => link.received(bytes));
    const link: NodeLink = new NodeLink(adopted, remote);
    link.serve(accepted(link));
  }
}

function bind(
  server: Server,
  { host, port, backlog }: { readonly host: string | null; readonly port: number; readonly backlog?: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void =>
      reject(
        new Error(`cannot listen on ${endpointText(host ?? "*", port)}: ${bindProblem(error)}`, {
          cause: error,
        }),
      );
    server.once("error", failed);
    server.listen(
      { port, ...(host === null ? {} : { host }), ...(backlog === undefined ? {} : { backlog }) },
      () => {
        server.off("error", failed);
        resolve();
      },
    );
  });
}

function bindProblem({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "EADDRINUSE":
      return "the port is in use";
    case "EACCES":
      return "the port needs privileges";
    case "EADDRNOTAVAIL":
      return "it is not an address of this machine";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the name cannot be resolved";
    default:
      return message;
  }
}

/** Why a dial failed; of several addresses that were tried, the first one's error stands for all. */
function explain(
  error: (NodeJS.ErrnoException & { readonly errors?: readonly NodeJS.ErrnoException[] }) | undefined,
  where: string,
): string {
  const code = error?.code ?? error?.errors?.[0]?.code;
  switch (code) {
    case "ECONNREFUSED":
      return `${where} refuses connections`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the name of ${where} cannot be resolved`;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${where} is unreachable`;
    default:
      return `${where} cannot be reached: ${error?.message ?? "the connection was closed"}`;
  }
}

function endpointText(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
