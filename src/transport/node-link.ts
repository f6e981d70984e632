import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { NetLink, NetLinkHandler } from "../base/ports.ts";

/** At this much or less, a link counts as drained. */
const DRAINED_BYTES = 64 * 1024;

/** Up to this much is put together for one write; larger writes cost more to copy than to hand over in parts. */
const JOIN_BYTES_MAX = 128 * 1024;
/** Where that happens: one memory for all links, until the operating system does not take all of it at once. */
let joining = Buffer.allocUnsafeSlow(JOIN_BYTES_MAX);

/** How long a link that is closed may take to send what was written. */
const CLOSE_GRACE_MS = 5_000;

/** One TCP connection between two servers. What is written during one turn of the event loop goes out in one socket write. */
export class NodeLink implements NetLink {
  readonly remote: string;
  readonly #socket: Socket;
  #handler: NetLinkHandler | undefined;
  /** Written in this turn, and how many bytes that is. */
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #drainWaiters: (() => void)[] = [];
  #isClosing = false;
  #isClosed = false;
  #error: Error | undefined;
  readonly #flushGathered = (): void => this.flush();
  readonly #written = (): void => this.#taken();

  /** @param socket connected, or being adopted by a reader that gives its bytes to {@link received} */
  constructor(socket: Socket, remote: string) {
    this.#socket = socket;
    this.remote = remote;
    socket.on("error", (error) => {
      this.#error = error;
    });
    socket.on("end", () => this.close());
    socket.once("close", () => this.#ended());
  }

  /** Who is told of this link; set before anything can have been received. */
  serve(handler: NetLinkHandler): void {
    this.#handler = handler;
  }

  received(bytes: Uint8Array): void {
    if (!this.#isClosing) this.#handler?.received(bytes);
  }

  get bufferedBytes(): number {
    return this.#gatheredBytes + this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.#isClosing || bytes.length === 0) return;
    if (this.#gathered.length === 0) process.nextTick(this.#flushGathered);
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
  }

  flush(): void {
    const parts = this.#gathered;
    if (parts.length === 0) return;
    const bytes = this.#gatheredBytes;
    this.#drop();
    const socket = this.#socket;
    if (parts.length === 1) {
      socket.write(parts[0]!, this.#written);
    } else if (bytes <= JOIN_BYTES_MAX && socket.writableLength > 0) {
      socket.write(Buffer.concat(parts, bytes), this.#written);
    } else if (bytes <= JOIN_BYTES_MAX) {
      let end = 0;
      for (const part of parts) {
        joining.set(part, end);
        end += part.length;
      }
      socket.write(joining.subarray(0, end), this.#written);
      if (socket.writableLength > 0) joining = Buffer.allocUnsafeSlow(JOIN_BYTES_MAX);
    } else {
      socket.cork();
      for (const part of parts) socket.write(part);
      socket.write(EMPTY, this.#written);
      socket.uncork();
    }
  }

  whenDrained(callback: () => void): void {
    if (this.#isClosed) return;
    this.#drainWaiters.push(callback);
    if (this.bufferedBytes <= DRAINED_BYTES) setImmediate(this.#written);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    if (this.#isClosing) return;
    this.flush();
    this.#isClosing = true;
    // Bytes that nobody reads would turn the close into a reset, which takes what was sent with it.
    this.#socket.resume();
    this.#socket.destroySoon();
    const timeout = setTimeout(() => this.#socket.destroy(), CLOSE_GRACE_MS);
    this.#socket.once("close", () => clearTimeout(timeout));
  }

  destroy(): void {
    this.#isClosing = true;
    this.#drop();
    this.#socket.destroy();
  }

  #drop(): void {
    this.#gathered = [];
    this.#gatheredBytes = 0;
  }

  #taken(): void {
    if (this.#drainWaiters.length === 0 || this.#isClosed || this.bufferedBytes > DRAINED_BYTES) return;
    for (const callback of this.#drainWaiters.splice(0)) callback();
  }

  #ended(): void {
    this.#isClosing = this.#isClosed = true;
    this.#drop();
    this.#drainWaiters = [];
    this.#handler?.closed(
      this.#error === undefined ? "the connection is closed" : `the connection broke: ${this.#error.message}`,
    );
  }
}

const EMPTY = Buffer.alloc(0);
