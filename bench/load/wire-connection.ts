import { connect, type Socket } from "node:net";
import { encodeConnectRequest, PASSWORD_BYTES } from "../../src/protocol/handshake.ts";
import { Int64 } from "../../src/protocol/int64.ts";

const READ_BYTES = 64 * 1024;
/** Long enough that no session of a benchmark needs a ping. */
const SESSION_TIMEOUT_MS = 40_000;

/** Complete frame of a ConnectRequest for a new session. */
const CONNECT_FRAME: Buffer = (() => {
  const payload = encodeConnectRequest({
    protocolVersion: 0,
    lastZxidSeen: 0,
    timeOut: SESSION_TIMEOUT_MS,
    sessionId: Int64.ZERO,
    passwd: Buffer.alloc(PASSWORD_BYTES),
    readOnly: false,
  });
  const frame = Buffer.alloc(4 + payload.length);
  frame.writeInt32BE(payload.length, 0);
  payload.copy(frame, 4);
  return frame;
})();

/** What a session is taken up again with, on the same server or another. */
export interface SessionKey {
  /** Session id and password, as they stand in the ConnectResponse. */
  readonly id: Buffer;
  readonly password: Buffer;
}

/** Offsets in the frame of a ConnectRequest and in the payload of a ConnectResponse. */
const RequestAt = { lastZxid: 8, session: 20, password: 32 };
const ResponseAt = { session: 8, password: 20 };

function resumeFrame({ id, password }: SessionKey, lastZxid: bigint): Buffer {
  const frame = Buffer.from(CONNECT_FRAME);
  frame.writeBigInt64BE(lastZxid, RequestAt.lastZxid);
  id.copy(frame, RequestAt.session);
  password.copy(frame, RequestAt.password);
  return frame;
}

/** Who gets what arrives. Payloads lie at `start` … `end` of `bytes`, which is only theirs until the call returns. */
export interface FrameSink {
  /** The ConnectResponse. `sessionTimeoutMs` is 0 when the server refused the session. */
  opened(sessionTimeoutMs: number, session: SessionKey): void;
  frame(bytes: Buffer, start: number, end: number): void;
  /** After the last frame of one read: the moment to write what the frames asked for. */
  turnEnd(): void;
  /** The connection is gone; `error` is undefined when the server closed it in order. */
  closed(error: Error | undefined): void;
}

/**
 * A connection written for speed: reads go into one buffer that is used again, frames are cut in place, and writes are
 * the caller's, one per turn. It opens a session at once, or takes one up again.
 */
export class WireConnection {
  readonly #socket: Socket;
  readonly #sink: FrameSink;
  #buffer: Buffer = Buffer.allocUnsafe(READ_BYTES);
  #filled = 0;
  #isOpen = false;
  #error: Error | undefined;

  /** @param resume a session to go on with, and the last zxid that it has seen */
  constructor(
    port: number,
    sink: FrameSink,
    resume?: { readonly key: SessionKey; readonly lastZxid: bigint },
  ) {
    this.#sink = sink;
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: () => (this.#filled === 0 ? this.#buffer : this.#buffer.subarray(this.#filled)),
        callback: (count) => {
          this.#read(count);
          return true;
        },
      },
    });
    this.#socket.on("error", (error) => {
      this.#error = error;
    });
    this.#socket.on("close", () => sink.closed(this.#error));
    this.#socket.write(resume === undefined ? CONNECT_FRAME : resumeFrame(resume.key, resume.lastZxid));
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Whether everything written has been handed to the kernel, so that its memory may be used again. */
  get isFlushed(): boolean {
    return this.#socket.writableLength === 0;
  }

  /** Ends the connection without a word; the session stays on the server until it expires. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(count: number): void {
    const bytes = this.#buffer;
    const filled = this.#filled + count;
    let at = 0;
    while (filled - at >= 4) {
      const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
      const end = at + 4 + length;
      if (end > filled) {
        this.#makeRoom(length + 4);
        break;
      }
      if (this.#isOpen) this.#sink.frame(bytes, at + 4, end);
      else this.#open(bytes, at + 4);
      at = end;
    }
    if (at > 0 && at < filled) bytes.copy(this.#buffer, 0, at, filled);
    else if (this.#buffer !== bytes) bytes.copy(this.#buffer, 0, 0, filled);
    this.#filled = filled - at;
    this.#sink.turnEnd();
  }

  #open(bytes: Buffer, start: number): void {
    this.#isOpen = true;
    this.#sink.opened(bytes.readInt32BE(start + 4), {
      id: Buffer.from(bytes.subarray(start + ResponseAt.session, start + ResponseAt.session + 8)),
      password: Buffer.from(
        bytes.subarray(start + ResponseAt.password, start + ResponseAt.password + PASSWORD_BYTES),
      ),
    });
  }

  #makeRoom(length: number): void {
    if (length < 0 || length > 64 * 1024 * 1024) {
      this.#socket.destroy(new Error(`the server announced a frame of ${length} bytes`));
    } else if (length > this.#buffer.length) {
      this.#buffer = Buffer.allocUnsafe(length * 2);
    }
  }
}
