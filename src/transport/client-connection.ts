import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Log, Timer } from "../base/ports.ts";
import { FrameLengthError, FrameReader } from "../protocol/frame.ts";
import type { SharedReader } from "./accepted-socket.ts";

/** Frames taken from one connection before the others get their turn: bounds what one turn can owe to one client. */
const FRAMES_PER_TURN_MAX = 64;

/** Bytes that wait for a client's socket before nothing more is read from that client. */
const OUTPUT_BYTES_TO_PAUSE = 1024 * 1024;

/** Bytes that wait for a client's socket before it is given up as a reader that does not read. */
export const OUTPUT_BYTES_MAX = 128 * 1024 * 1024;

const WORD_BYTES = 4;

/** How long a closing connection may take to accept its last bytes. */
const CLOSE_GRACE_MS = 5_000;

/** The four-letter words that may come in place of the first frame (client-protocol 1.4). */
export interface CommandWords {
  /** The word that the first four bytes spell, read as a big-endian signed int; undefined when they are a length. */
  wordOf(code: number): string | undefined;
  /** Bytes that belong to the command and follow the word: 8 for `stmk`, else 0. */
  argumentBytesOf(word: string): number;
}

/** Who serves the connections of a listener. All calls come in the order of the events. */
export interface ClientHandler {
  /** A connection was admitted; nothing has been read from it. */
  opened(connection: ClientConnection): void;
  /** One frame, without its length; the bytes are valid during the call only. */
  frame(connection: ClientConnection, bytes: Buffer): void;
  /** The client asked a four-letter word; nothing more is taken from it. Answer, then `close()`. */
  command(connection: ClientConnection, word: string, argument: Buffer): void;
  /** The connection is gone; called once for each that was opened. */
  closed(connection: ClientConnection): void;
}

/** What a connection shares with the others of its listener. */
export interface ConnectionContext {
  readonly handler: ClientHandler;
  readonly reader: SharedReader;
  readonly timer: Timer;
  readonly log: Log;
  /** `jute.maxbuffer`: the longest frame, in bytes. */
  readonly frameBytesMax: number;
  readonly words: CommandWords;
  /** See {@link OUTPUT_BYTES_MAX}. */
  readonly outputBytesMax: number;
}

/** Why nothing is read at the moment; bits, because several may hold. */
const Pause = { turn: 1, output: 2, machine: 4 } as const;

/**
 * What the bytes of a connection are: not told apart yet (`greeting`), frames, a four-letter word's, of no interest because
 * only our own last bytes are still to be sent (`closing`), or none any more.
 */
type State = "greeting" | "frames" | "command" | "closing" | "closed";

/** One client connection: cuts what arrives into frames, and sends. */
export class ClientConnection {
  /** Unique in the process. */
  readonly id: number;
  /** In Java's text form, see `peerAddressText`. */
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly #context: ConnectionContext;
  readonly #frames: FrameReader;
  readonly #socket: Socket;
  #state: State = "greeting";
  #pauses = 0;
  #wasClosedHere = false;
  #cancelGrace: (() => void) | undefined;

  constructor(id: number, accepted: Socket, peerAddress: string, context: ConnectionContext) {
    this.id = id;
    this.peerAddress = peerAddress;
    this.peerPort = accepted.remotePort ?? 0;
    this.#context = context;
    this.#frames = new FrameReader(context.frameBytesMax);
    this.#socket = context.reader.adopt(accepted, (bytes) => this.#receive(bytes));
    this.#socket.on("end", () => this.#ended());
    this.#socket.on("drain", () => this.#resume(Pause.output));
    this.#socket.on("error", (error) => this.#log("debug", {}, `connection broke: ${error.message}`));
    this.#socket.on("close", () => this.#closed());
  }

  /** False once it is closing: nothing more is read or sent. */
  get isOpen(): boolean {
    return this.#state !== "closing" && this.#state !== "closed";
  }

  /** Whether this side decided that it ends: false while it is open, and when the client went away or broke. */
  get wasClosedHere(): boolean {
    return this.#wasClosedHere;
  }

  /** Whether the client's next bytes would be taken. */
  get isReading(): boolean {
    return this.#pauses === 0 && (this.#state === "greeting" || this.#state === "frames");
  }

  /** Bytes handed over for sending that the operating system has not taken yet. */
  get outputBytes(): number {
    return this.#socket.writableLength;
  }

  /**
   * Sends; `isLast` closes the connection behind the bytes. Does nothing on a connection that is not open.
   *
   * @returns whether the caller may use the memory of `bytes` again at once. Nearly always: the operating system has taken
   * them. Behind bytes that it has not taken a copy waits, which is no larger than it has to be.
   */
  send(bytes: Uint8Array, isLast = false): boolean {
    if (!this.isOpen) return true;
    const isCopied = this.#socket.writableLength > 0;
    if (bytes.length > 0) this.#socket.write(isCopied ? new Uint8Array(bytes) : bytes);
    const waiting = this.#socket.writableLength;
    if (isLast) this.close();
    else this.#boundOutput(waiting);
    return isCopied || waiting === 0;
  }

  /** Sends one part of a long answer; a promise says when the next one should come (or that the connection is gone). */
  sendPart(bytes: Uint8Array): Promise<void> | undefined {
    if (!this.isOpen || this.#socket.write(bytes)) return undefined;
    return new Promise((resolve) => {
      this.#socket.once("drain", resolve);
      this.#socket.once("close", resolve);
    });
  }

  /** Calls back once, now or later, when little of what was sent still waits; never if the connection ends before. */
  whenTaken(callback: () => void): void {
    if (this.#socket.writableLength > OUTPUT_BYTES_TO_PAUSE) this.#socket.once("drain", callback);
    else callback();
  }

  /** Closes behind what was sent. */
  close(): void {
    if (!this.isOpen) return;
    this.#wasClosedHere = true;
    this.#finish();
  }

  #boundOutput(waiting: number): void {
    if (waiting > this.#context.outputBytesMax) this.#giveUp(waiting);
    else if (waiting > OUTPUT_BYTES_TO_PAUSE) this.#pause(Pause.output);
  }

  /** Takes no more frames until {@link resumeReading}; the ones in hand wait. */
  pauseReading(): void {
    this.#pause(Pause.machine);
  }

  resumeReading(): void {
    this.#resume(Pause.machine);
  }

  /** Ends the connection at once; what was not sent yet is lost. */
  destroy(): void {
    if (this.isOpen) {
      this.#wasClosedHere = true;
      this.#state = "closing";
    }
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    if (!this.isOpen || this.#state === "command") return;
    this.#frames.push(bytes);
    if (this.#state === "greeting" && !this.#greet()) return;
    this.#deliver();
    // The rest lies in the shared buffer.
    if (this.#pauses !== 0 && this.isOpen) this.#frames.push(this.#frames.takeRest());
  }

  /** Tells a word from a length by the first four bytes. True when frames follow. */
  #greet(): boolean {
    const first = this.#frames.peekInt();
    if (first === undefined) return false;
    const { words, handler } = this.#context;
    const word = words.wordOf(first);
    if (word === undefined) {
      this.#state = "frames";
      return true;
    }
    const length = WORD_BYTES + words.argumentBytesOf(word);
    const bytes = this.#frames.takeRest();
    if (bytes.length >= length) {
      this.#state = "command";
      handler.command(this, word, bytes.subarray(WORD_BYTES, length));
    } else {
      this.#frames.push(bytes);
    }
    return false;
  }

  #deliver(): void {
    for (let left = FRAMES_PER_TURN_MAX; this.#pauses === 0 && this.#state === "frames"; left--) {
      const frame = this.#nextFrame();
      if (frame === undefined) return;
      this.#context.handler.frame(this, frame);
      if (left === 1 && this.#frames.pendingBytes > 0) this.#waitForTurn();
    }
  }

  #waitForTurn(): void {
    this.#pause(Pause.turn);
    this.#context.timer.soon(() => this.#resume(Pause.turn));
  }

  #nextFrame(): Buffer | undefined {
    try {
      return this.#frames.next();
    } catch (error) {
      if (!(error instanceof FrameLengthError)) throw error;
      const fields = { length: error.length, limitBytes: this.#context.frameBytesMax };
      this.#log("warn", fields, `closing the connection: ${error.message}`);
      this.destroy();
      return undefined;
    }
  }

  #pause(reason: number): void {
    if (this.#pauses === 0) this.#socket.pause();
    this.#pauses |= reason;
  }

  #resume(reason: number): void {
    if ((this.#pauses & reason) === 0) return;
    this.#pauses &= ~reason;
    if (this.#pauses !== 0) return;
    this.#deliver();
    if (this.#pauses === 0) this.#socket.resume();
  }

  /**
   * Sends what is left, then closes. While that takes time, reading goes on and is ignored: bytes that nobody has read turn
   * a close into a reset, which would take the last answer with it.
   */
  #finish(): void {
    this.#state = "closing";
    this.#pauses = 0;
    if (this.#socket.writableLength === 0) {
      this.#socket.destroy();
      return;
    }
    this.#socket.resume();
    this.#socket.destroySoon();
    this.#cancelGrace = this.#context.timer.after(CLOSE_GRACE_MS, () => this.destroy());
  }

  #giveUp(waiting: number): void {
    const limitBytes = this.#context.outputBytesMax;
    this.#log(
      "warn",
      { outputBytes: waiting, limitBytes },
      `closing the connection: ${waiting} bytes wait for a client that does not read (limit ${limitBytes} bytes)`,
    );
    this.destroy();
  }

  /** The client will send no more. A word's answer is still awaited by the likes of `echo ruok | nc`; nothing else is. */
  #ended(): void {
    if (this.#state === "greeting" || this.#state === "frames") this.#finish();
  }

  #closed(): void {
    this.#state = "closed";
    this.#cancelGrace?.();
    this.#context.handler.closed(this);
  }

  #log(level: "debug" | "warn", fields: object, message: string): void {
    const peer = `${this.peerAddress}:${this.peerPort}`;
    this.#context.log[level]({ connection: this.id, peer, ...fields }, message);
  }
}
