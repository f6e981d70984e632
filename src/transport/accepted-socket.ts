import { Buffer } from "node:buffer";
import { Socket } from "node:net";

/** Memory that the kernel's bytes are read into: one for all connections of a listener, since reads never overlap. */
const READ_BYTES = 64 * 1024;

/** What arrived on a socket; `bytes` is overwritten by the next read of any socket. */
export type OnBytes = (bytes: Buffer) => void;

/**
 * Turns accepted sockets into ones that read into one shared buffer. A `data` listener would cost each read 64 KiB of
 * fresh memory and a stream hand-over, a quarter of what a small request costs altogether (docs/decisions/0030).
 *
 * Node offers this way of reading (`onread`) when a socket is made, and makes accepted ones itself. So the accepted socket,
 * which the server has left paused, gives its handle to one of our own making.
 */
export class SharedReader {
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  /**
   * @param accepted from a server made with `pauseOnConnect` and `allowHalfOpen`; not usable afterwards
   * @returns the socket to use instead; it is being read
   */
  adopt(accepted: Socket, onBytes: OnBytes): Socket {
    const owner = accepted as Socket & { _handle?: object | null };
    const handle = owner._handle;
    if (handle === null || handle === undefined) return listenForData(accepted, onBytes);
    owner._handle = null;
    // Without its handle this only takes the socket off the server's list of open connections.
    accepted.destroy();
    const options = {
      handle,
      allowHalfOpen: true,
      onread: {
        buffer: this.#buffer,
        callback: (length: number, buffer: Uint8Array): boolean => {
          onBytes((buffer as Buffer).subarray(0, length));
          return true;
        },
      },
    };
    return new Socket(options);
  }
}

/** The plain way, for sockets without a handle of their own (TLS; other runtimes that imitate Node). */
function listenForData(socket: Socket, onBytes: OnBytes): Socket {
  return socket.on("data", onBytes).resume();
}
