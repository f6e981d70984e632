import { connect as connectTcp, type LookupFunction, type Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { JavaStores } from "./java-key-store.ts";

/** TLS options as for `tls.connect`, and Java's stores. */
export type TlsConnectionOptions = ConnectionOptions & JavaStores;

/** Bytes that one read takes at most; a client has one connection, so the memory is its own. */
const READ_BYTES = 64 * 1024;

/** How long a link that is closed may take to send what was written. */
const FLUSH_MS = 1_000;

/** Why a link ended, see `client/errors.ts`. */
export type LinkFailureKind = "unresolved" | "refused" | "unreachable" | "timeout" | "tls" | "lost";

export interface DialFailure {
  readonly kind: LinkFailureKind;
  readonly message: string;
  readonly cause?: unknown;
}

/** Who uses a link. All calls come in the order of the events; none after `closed`. */
export interface LinkHandler {
  opened(): void;
  /** The bytes are valid during the call only. */
  received(bytes: Uint8Array): void;
  closed(failure: DialFailure): void;
}

/** One connection to a server. */
export interface Link {
  write(bytes: Uint8Array): void;
  /** Sends what was written, then closes; the handler is not called any more. */
  close(): void;
}

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Undefined for a plain connection. */
  readonly tls?: TlsConnectionOptions | undefined;
  /** Instead of the system's name resolution. */
  readonly lookup?: LookupFunction | undefined;
}

/**
 * Opens a connection. The name is resolved anew each time, and all its addresses are tried (Node's happy eyeballs), so a
 * server that moved is found.
 */
export function dial(options: DialOptions, handler: LinkHandler): Link {
  const link = new SocketLink(handler);
  if (options.tls === undefined) link.adopt(dialPlain(options, link));
  else void dialTls(options, options.tls, link);
  return link;
}

function dialPlain({ host, port, lookup }: DialOptions, link: SocketLink): Socket {
  const socket = connectTcp({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    ...(lookup === undefined ? {} : { lookup }),
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (length, buffer) => {
        link.received(length === buffer.length ? buffer : buffer.subarray(0, length));
        return true;
      },
    },
  });
  socket.once("connect", () => link.opened());
  return socket;
}

/** node:tls is loaded only by those who use it: it doubles the time that a program takes to start. */
async function dialTls(options: DialOptions, tls: TlsConnectionOptions, link: SocketLink): Promise<void> {
  const { connectTls, nodeTlsOptions } = await import("./dialer-tls.ts");
  try {
    link.adopt(connectTls(options, await nodeTlsOptions(tls), link));
  } catch (error) {
    link.failed({
      kind: "tls",
      message: `cannot use the TLS options: ${(error as Error).message}`,
      cause: error,
    });
  }
}

/** The states of a socket, told to one handler. */
export class SocketLink implements Link {
  readonly #handler: LinkHandler;
  #socket: Socket | undefined;
  #isOpen = false;
  #isDone = false;
  #error: NodeJS.ErrnoException | undefined;

  constructor(handler: LinkHandler) {
    this.#handler = handler;
  }

  adopt(socket: Socket): void {
    this.#socket = socket;
    socket.on("error", (error) => {
      this.#error = error;
    });
    socket.once("close", () => this.failed(explain(this.#error, this.#isOpen, "encrypted" in socket)));
    if (this.#isDone) socket.destroy();
  }

  opened(): void {
    if (this.#isDone) return;
    this.#isOpen = true;
    this.#handler.opened();
  }

  received(bytes: Uint8Array): void {
    if (!this.#isDone) this.#handler.received(bytes);
  }

  failed(failure: DialFailure): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#handler.closed(failure);
  }

  write(bytes: Uint8Array): void {
    if (!this.#isDone) this.#socket?.write(bytes);
  }

  close(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    const socket = this.#socket;
    if (socket === undefined) return;
    if (!this.#isOpen) {
      socket.destroy();
      return;
    }
    // A peer that takes nothing would keep the socket, and with it the process, for as long as TCP has patience.
    const timeout = setTimeout(() => socket.destroy(), FLUSH_MS);
    socket.once("close", () => clearTimeout(timeout));
    socket.destroySoon();
  }
}

const KINDS: Readonly<Record<string, readonly [LinkFailureKind, string]>> = {
  ECONNREFUSED: [
    "refused",
    "refuses connections: no server listens there (is it started, is the port right?)",
  ],
  ENOTFOUND: ["unresolved", "cannot be resolved: check the host name in the connect string"],
  EAI_AGAIN: ["unresolved", "cannot be resolved for now: the name service does not answer"],
  EHOSTUNREACH: ["unreachable", "is unreachable: check address, routes and firewall"],
  ENETUNREACH: ["unreachable", "is unreachable: check address, routes and firewall"],
  EADDRNOTAVAIL: ["unreachable", "is not an address one can connect to"],
  ETIMEDOUT: ["timeout", "did not accept the connection in time"],
};

/** Says what a socket's end means. */
function explain(error: NodeJS.ErrnoException | undefined, wasOpen: boolean, isTls: boolean): DialFailure {
  if (error === undefined) {
    if (isTls && !wasOpen) return { kind: "tls", message: TLS_HINT };
    return { kind: "lost", message: "closed the connection" };
  }
  const known = wasOpen ? undefined : KINDS[codeOf(error)];
  if (known !== undefined) return { kind: known[0], message: known[1], cause: error };
  if (isTls && !wasOpen) {
    return {
      kind: "tls",
      message: `does not complete the TLS handshake: ${error.message}. ${TLS_HINT_SHORT}`,
      cause: error,
    };
  }
  return {
    kind: wasOpen ? "lost" : "unreachable",
    message: `broke the connection: ${error.message}`,
    cause: error,
  };
}

const TLS_HINT_SHORT = "Is it the secure port, and do the certificates fit (ca, cert, key, servername)?";
const TLS_HINT = `closed the connection during the TLS handshake. ${TLS_HINT_SHORT}`;

/** Of several attempts, the first error stands for all. */
function codeOf(
  error: NodeJS.ErrnoException & { readonly errors?: readonly NodeJS.ErrnoException[] },
): string {
  return error.code ?? error.errors?.[0]?.code ?? "";
}
