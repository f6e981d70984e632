import type { JuteWriter } from "../../protocol/jute-writer.ts";
import { Xid } from "../../protocol/opcode.ts";
import { ZXID_ZERO, type Zxid } from "../../protocol/zxid.ts";
import { KEEPER_STATE_SYNC_CONNECTED, type WatchEventType } from "../watch/watch-types.ts";
import type { Connection } from "./connection.ts";
import type { Outbox } from "./outbox.ts";
import type { ServerStats } from "./server-stats.ts";

/** Frame length, xid, zxid, err. */
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const ERR_AT = 16;

/**
 * Writes replies into the output of connections: `begin`, the body, `end`. The length and the error code are filled in at
 * the end, so that a body is written once, straight to where it leaves from.
 */
export class Replies {
  readonly #outbox: Outbox;
  readonly #stats: ServerStats;
  #start = 0;

  constructor(outbox: Outbox, stats: ServerStats) {
    this.#outbox = outbox;
    this.#stats = stats;
  }

  /** Starts a reply; its body goes into the returned writer. */
  begin(connection: Connection, xid: number, zxid: Zxid): JuteWriter {
    const writer = this.#outbox.writer(connection);
    this.#start = writer.length;
    writer.writeInt(0);
    writer.writeInt(xid);
    writer.writeZxid(zxid);
    writer.writeInt(0);
    return writer;
  }

  /** Takes back the reply that was begun, for the watch events that belong in front of it. */
  withdraw(connection: Connection): void {
    this.#outbox.writer(connection).reset(this.#start);
  }

  /** Takes back what was written of the body. */
  withdrawBody(connection: Connection): void {
    this.#outbox.writer(connection).reset(this.#start + HEADER_BYTES);
  }

  end(connection: Connection, err: number): void {
    const writer = this.#outbox.writer(connection);
    const bytes = writer.length - this.#start;
    writer.setInt(this.#start, bytes - LENGTH_BYTES);
    if (err !== 0) writer.setInt(this.#start + ERR_AT, err);
    this.#count(connection, bytes);
  }

  /** A reply without a body. */
  headerOnly(connection: Connection, xid: number, zxid: Zxid, err: number): void {
    this.begin(connection, xid, zxid);
    this.end(connection, err);
  }

  /** A frame without ReplyHeader: the ConnectResponse. */
  beginFrame(connection: Connection): JuteWriter {
    const writer = this.#outbox.writer(connection);
    this.#start = writer.length;
    writer.writeInt(0);
    return writer;
  }

  endFrame(connection: Connection): void {
    const writer = this.#outbox.writer(connection);
    const bytes = writer.length - this.#start;
    writer.setInt(this.#start, bytes - LENGTH_BYTES);
    this.#count(connection, bytes);
  }

  /** A notification that is the same for many connections: encoded by {@link writeNotification}, sent as it is. */
  notify(connection: Connection, frame: Uint8Array): void {
    this.#outbox.writer(connection).writeRaw(frame);
    connection.stats.packetsSent++;
    this.#stats.packetsSent++;
    this.#stats.counters.watch_bytes += frame.length;
  }

  #count(connection: Connection, bytes: number): void {
    connection.stats.packetsSent++;
    this.#stats.countResponse(bytes);
  }
}

/** Appends a whole notification frame (client-protocol 5.4). */
export function writeNotification(writer: JuteWriter, type: WatchEventType, path: string, zxid: Zxid): void {
  const start = writer.length;
  writer.writeInt(0);
  writer.writeInt(Xid.notification);
  writer.writeZxid(zxid);
  writer.writeInt(0);
  writer.writeInt(type);
  writer.writeInt(KEEPER_STATE_SYNC_CONNECTED);
  writer.writeString(path);
  writer.setInt(start, writer.length - start - LENGTH_BYTES);
}

/** In replies that come from the connection's level, not from the tree's state. */
export const NO_ZXID = ZXID_ZERO;
