import type { Buffer } from "node:buffer";
import type { ConnectionOutput, FrameReceived, Input } from "../core/ready.ts";
import type { ClientConnection, ClientHandler } from "../transport/client-connection.ts";

/** Answers a four-letter word on the connection, in as many parts as it likes; the gateway closes it afterwards. */
export type AnswerCommand = (
  word: string,
  argument: Uint8Array,
  connection: ClientConnection,
) => Promise<void>;

export interface GatewayOptions {
  /** Tells the machine. */
  readonly step: (input: Input) => void;
  readonly answerCommand: AnswerCommand;
  /** A client went away by itself; the server has not closed the connection. */
  readonly dropped: () => void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Stands between the sockets and the machine: makes inputs of what the clients of all listeners do, and brings the
 * machine's output to them.
 */
export class Gateway implements ClientHandler {
  readonly #options: GatewayOptions;
  readonly #connections = new Map<number, ClientConnection>();
  /** The machine looks at a frame only during the step, so one object does for all. */
  readonly #frame: Mutable<FrameReceived> = { kind: "frame", connection: 0, bytes: new Uint8Array(0) };
  #lastId = 0;
  #whenEmpty: (() => void) | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#connections.size;
  }

  connections(): Iterable<ClientConnection> {
    return this.#connections.values();
  }

  get(connection: number): ClientConnection | undefined {
    return this.#connections.get(connection);
  }

  nextConnectionId(): number {
    return ++this.#lastId;
  }

  opened(connection: ClientConnection): void {
    this.#connections.set(connection.id, connection);
    this.#options.step({
      kind: "connectionOpened",
      connection: connection.id,
      peerAddress: connection.peerAddress,
      peerPort: connection.peerPort,
      isSecure: false,
    });
  }

  frame(connection: ClientConnection, bytes: Buffer): void {
    const frame = this.#frame;
    frame.connection = connection.id;
    frame.bytes = bytes;
    this.#options.step(frame);
  }

  command(connection: ClientConnection, word: string, argument: Buffer): void {
    void this.#options.answerCommand(word, argument, connection).finally(() => connection.close());
  }

  closed(connection: ClientConnection): void {
    this.#connections.delete(connection.id);
    if (!connection.wasClosedHere) this.#options.dropped();
    this.#options.step({ kind: "connectionClosed", connection: connection.id });
    if (this.#connections.size === 0) this.#whenEmpty?.();
  }

  /** Whether the output's bytes are not needed any more. */
  send(output: ConnectionOutput): boolean {
    return this.#connections.get(output.connection)?.send(output.bytes, output.isClosing) ?? true;
  }

  pauseReading(connection: number): void {
    this.#connections.get(connection)?.pauseReading();
  }

  resumeReading(connection: number): void {
    this.#connections.get(connection)?.resumeReading();
  }

  /** Tells the machine when the client has taken what was sent. */
  reportTaken(id: number): void {
    const connection = this.#connections.get(id);
    connection?.whenTaken(() => this.#options.step({ kind: "outputTaken", connection: id }));
  }

  /** An operator wants the connection gone; its session lives on. */
  closeConnection(connection: number): void {
    this.#options.step({ kind: "closeConnection", connection });
  }

  /** Reads no more from anybody. */
  pauseAll(): void {
    for (const connection of this.#connections.values()) connection.pauseReading();
  }

  /** Closes every connection behind what was sent on it; resolves when all are gone. */
  closeAll(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenEmpty = resolve;
      for (const connection of this.#connections.values()) connection.close();
    });
  }

  destroyAll(): void {
    for (const connection of this.#connections.values()) connection.destroy();
  }
}
