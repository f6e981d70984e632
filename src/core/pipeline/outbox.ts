import { JuteWriter } from "../../protocol/jute-writer.ts";
import type { MachineEvent } from "../machine-event.ts";
import type { ConnectionId, ConnectionOutput, LogEntry, Ready } from "../ready.ts";
import type { Connection } from "./connection.ts";

/** Memory of a fresh writer. */
const WRITER_BYTES = 1024;
/** Writers kept for the next turn, and how large one may have grown to be kept. */
const WRITERS_KEPT_MAX = 256;
const WRITER_BYTES_KEPT_MAX = 64 * 1024;

/**
 * Bytes for one connection in one turn after which its next reads wait until the client has taken them: a few requests
 * of some bytes each must not cost gigabytes of replies at once.
 */
export const OUTPUT_BYTES_FULL: number = 1024 * 1024;

const NONE: readonly never[] = Object.freeze([]);
const EMPTY = new Uint8Array(0);
const READING_UNCHANGED = Object.freeze({ pauseReading: NONE, resumeReading: NONE });

/** Collects what a Ready is made of. Each connection that gets something in a turn borrows a writer for it. */
export class Outbox {
  #append: LogEntry[] = [];
  #connections: Connection[] = [];
  /** Connections whose reading was paused or resumed in this turn, perhaps both. */
  #readingChanged: Connection[] = [];
  #full: ConnectionId[] = [];
  #refused: LentOutput[] = [];
  #events: MachineEvent[] = [];
  readonly #writers: JuteWriter[] = [];

  /** Where the connection's next frames go. */
  writer(connection: Connection): JuteWriter {
    if (connection.output !== null) return connection.output;
    const writer = this.#writers.pop() ?? new JuteWriter(WRITER_BYTES);
    connection.output = writer;
    if (!connection.isClosing) this.#connections.push(connection);
    return writer;
  }

  /** After what it has got so far, the connection is to be closed. */
  close(connection: Connection): void {
    if (connection.isClosing) return;
    if (connection.output === null) this.#connections.push(connection);
    connection.isClosing = true;
  }

  /** A connection that nobody serves is to be closed. */
  refuse(connection: ConnectionId): void {
    this.#refused.push({ connection, bytes: EMPTY, isClosing: true, writer: null });
  }

  append(entry: LogEntry): void {
    this.#append.push(entry);
  }

  /** Says that the connection is to be read, or not, from now on. */
  setReading(connection: Connection, isPaused: boolean): void {
    if (connection.isReadingPaused === isPaused) return;
    connection.isReadingPaused = isPaused;
    this.#readingChanged.push(connection);
  }

  /** To be called behind each reply to a read: notes when the connection has got enough for now. */
  checkFullness(connection: Connection): void {
    const { output } = connection;
    if (output === null || output.length < OUTPUT_BYTES_FULL || connection.isOutputFull) return;
    connection.isOutputFull = true;
    this.setReading(connection, true);
    this.#full.push(connection.id);
  }

  event(event: MachineEvent): void {
    this.#events.push(event);
  }

  /** Everything collected; the outbox is empty afterwards. */
  take(): Ready {
    const append = this.#append;
    const connections = this.#connections;
    const events = this.#events;
    if (append.length > 0) this.#append = [];
    if (connections.length > 0) this.#connections = [];
    if (events.length > 0) this.#events = [];
    const full = this.#full;
    if (full.length > 0) this.#full = [];
    const { pauseReading, resumeReading } = this.#takeReading();
    return {
      append: append.length > 0 ? append : NONE,
      mustSync: append.length > 0,
      output: connections.length > 0 || this.#refused.length > 0 ? this.#outputs(connections) : NONE,
      pauseReading,
      resumeReading,
      reportTaken: full.length > 0 ? full : NONE,
      events: events.length > 0 ? events : NONE,
    };
  }

  /** Only the difference to what the host was told last matters. */
  #takeReading(): Pick<Ready, "pauseReading" | "resumeReading"> {
    if (this.#readingChanged.length === 0) return READING_UNCHANGED;
    const pauseReading: ConnectionId[] = [];
    const resumeReading: ConnectionId[] = [];
    for (const connection of this.#readingChanged) {
      if (connection.phase === "closed" || connection.isReadingPaused === connection.isPausedByHost) continue;
      connection.isPausedByHost = connection.isReadingPaused;
      (connection.isReadingPaused ? pauseReading : resumeReading).push(connection.id);
    }
    this.#readingChanged = [];
    return { pauseReading, resumeReading };
  }

  /** The host is done with the output's bytes. An output that never comes back is left to the collector. */
  reuse(output: ConnectionOutput): void {
    const lent = output as LentOutput;
    const { writer } = lent;
    if (writer === null) return;
    lent.writer = null;
    if (writer.capacity > WRITER_BYTES_KEPT_MAX || this.#writers.length >= WRITERS_KEPT_MAX) return;
    writer.reset();
    this.#writers.push(writer);
  }

  #outputs(connections: readonly Connection[]): readonly LentOutput[] {
    const outputs = this.#refused;
    this.#refused = [];
    for (const connection of connections) {
      const writer = connection.output;
      connection.output = null;
      const bytes = writer === null ? EMPTY : writer.bytes();
      outputs.push({ connection: connection.id, bytes, isClosing: connection.isClosing, writer });
    }
    return outputs;
  }
}

/** An output with the writer whose memory its bytes are; null once that has been given back. */
interface LentOutput extends ConnectionOutput {
  writer: JuteWriter | null;
}
