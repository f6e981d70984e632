import { connect, type Socket } from "node:net";
import { Packer } from "./jute.ts";

/** What can arrive: a whole frame, the end of the connection, or nothing for a long time (always a failure). */
export type Arrival = Buffer | "closed" | "silence";

const PATIENCE_MS = 15_000;

export interface HandshakeOptions {
  readonly protocolVersion?: number;
  readonly lastZxidSeen?: bigint;
  readonly timeoutMs?: number;
  readonly sessionId?: bigint;
  readonly password?: Uint8Array | null;
  /** undefined = the 44-byte form of old clients, without the byte. */
  readonly readOnly?: boolean | undefined;
  /** Leave the readOnly byte out. */
  readonly isShort?: boolean;
}

export function handshakeFrame(options: HandshakeOptions): Buffer {
  const packer = new Packer()
    .int(options.protocolVersion ?? 0)
    .long(options.lastZxidSeen ?? 0n)
    .int(options.timeoutMs ?? 30_000)
    .long(options.sessionId ?? 0n)
    .buffer(options.password === undefined ? new Uint8Array(16) : options.password);
  if (options.isShort !== true) packer.bool(options.readOnly ?? false);
  return frame(packer.done());
}

/** Puts the int32 length in front. */
export function frame(payload: Uint8Array): Buffer {
  return new Packer().buffer(payload).done();
}

/** One TCP connection to a server: bytes out, frames in, in order. It knows nothing of requests. */
export class RawConnection {
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  readonly #arrived: Arrival[] = [];
  #waiting: ((arrival: Arrival) => void) | undefined;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#feed(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isClosed = true;
      this.#deliver("closed");
    });
  }

  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => resolve(new RawConnection(socket)));
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Half-closes, as a client that has nothing more to say. */
  end(): void {
    this.#socket.end();
  }

  /** Drops the connection without closeSession. */
  destroy(): void {
    this.#socket.destroy();
  }

  #feed(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 4) {
      const length = this.#pending.readInt32BE();
      if (this.#pending.length < 4 + length) return;
      const whole = Buffer.from(this.#pending.subarray(4, 4 + length));
      this.#pending = this.#pending.subarray(4 + length);
      this.#deliver(whole);
    }
  }

  #deliver(arrival: Arrival): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#arrived.push(arrival);
    else waiting(arrival);
  }

  /** The next frame, "closed" (again and again once closed), or "silence". */
  next(patienceMs: number = PATIENCE_MS): Promise<Arrival> {
    const first = this.#arrived.shift();
    if (first !== undefined) {
      if (first === "closed") this.#arrived.unshift("closed");
      return Promise.resolve(first);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting = undefined;
        resolve("silence");
      }, patienceMs);
      this.#waiting = (arrival) => {
        clearTimeout(timer);
        if (arrival === "closed") this.#arrived.unshift("closed");
        resolve(arrival);
      };
    });
  }
}
