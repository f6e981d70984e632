import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { FRAME_HEADER_BYTES, FrameReader } from "../../src/protocol/frame.ts";
import { decodeConnectResponse, encodeConnectRequest } from "../../src/protocol/handshake.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode, Xid } from "../../src/protocol/opcode.ts";
import type { RecordCodec } from "../../src/protocol/record.ts";
import type { ConnectResponse } from "../../src/protocol/records/proto.ts";
import { CreateRequest, ReplyHeader, WatcherEvent } from "../../src/protocol/records/proto.ts";

/** ACL `world:anyone:cdrwa`. */
export const OPEN_ACL = [{ perms: 31, id: { scheme: "world", id: "anyone" } }] as const;

export interface Reply {
  readonly xid: number;
  readonly zxid: number;
  readonly err: number;
  /** What follows the header. */
  readonly body: Buffer;
}

export interface SessionRequest {
  /** Wanted timeout in ms; default 30000. */
  readonly timeoutMs?: number;
  /** To continue a session: id and password of its ConnectResponse. */
  readonly sessionId?: Int64;
  readonly passwd?: Uint8Array;
  readonly lastZxidSeen?: number;
  readonly readOnly?: boolean;
  /** False: the 44-byte request of clients before 3.4. */
  readonly hasReadOnly?: boolean;
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A client that sends exactly what a test tells it to: no pings, no retries, no checks. Replies are handed out by xid,
 * watch events in order.
 */
export class WireClient {
  readonly socket: Socket;
  /** Set by {@link connect} and {@link handshake}. */
  session: ConnectResponse = {
    protocolVersion: 0,
    timeOut: 0,
    sessionId: Int64.ZERO,
    passwd: null,
    readOnly: false,
  };
  /** Resolves when the connection is gone, with how: `end` is a FIN, `reset` an RST. */
  readonly closed: Promise<"end" | "reset">;
  readonly #frames = new FrameReader(0x7fffffff);
  readonly #replies = new Map<number, Waiting<Reply>[]>();
  readonly #events: WatcherEvent[] = [];
  readonly #eventWaiters: Waiting<WatcherEvent>[] = [];
  readonly #rawWaiters: Waiting<Buffer>[] = [];
  #isFramed = false;
  #handshaking: Waiting<Buffer> | undefined;
  #text = "";
  #xid = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      let how: "end" | "reset" = "end";
      socket.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ECONNRESET" || error.code === "EPIPE") how = "reset";
      });
      socket.on("close", () => {
        this.#fail(new Error("the connection was closed"));
        resolve(how);
      });
    });
    socket.on("data", (chunk) => this.#receive(chunk));
  }

  /** A bare TCP connection: nothing sent. */
  static async open(port: number, host = "127.0.0.1"): Promise<WireClient> {
    const socket = connect({ port, host, noDelay: true });
    await once(socket, "connect");
    return new WireClient(socket);
  }

  /** A connection with a session; {@link session} tells which. */
  static async connect(port: number, request: SessionRequest = {}): Promise<WireClient> {
    const client = await WireClient.open(port);
    await client.handshake(request);
    return client;
  }

  /** Sends a four-letter word (and what follows it) and resolves with everything the server answers until it closes. */
  static async command(port: number, word: string | Uint8Array): Promise<string> {
    const client = await WireClient.open(port);
    client.socket.write(word);
    await client.closed;
    return client.#text;
  }

  async handshake(request: SessionRequest = {}): Promise<ConnectResponse> {
    this.#isFramed = true;
    const answer = new Promise<Buffer>((resolve, reject) => {
      this.#handshaking = { resolve, reject };
    });
    this.sendFrame(
      encodeConnectRequest(
        {
          protocolVersion: 0,
          lastZxidSeen: request.lastZxidSeen ?? 0,
          timeOut: request.timeoutMs ?? 30_000,
          sessionId: request.sessionId ?? Int64.ZERO,
          passwd: request.passwd ?? new Uint8Array(16),
          readOnly: request.readOnly ?? false,
        },
        request.hasReadOnly ?? true,
      ),
    );
    this.session = decodeConnectResponse(await answer).record;
    return this.session;
  }

  /** Bytes as they are. */
  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  sendFrame(payload: Uint8Array): void {
    this.socket.write(frame(payload));
  }

  /** Sends a request and resolves with its reply, whatever its error code; the xid is the next free one unless given. */
  request<T>(type: number, record?: RecordCodec<T>, value?: T, xid = ++this.#xid): Promise<Reply> {
    const reply = this.awaitReply(xid);
    this.sendFrame(requestBytes(xid, type, record, value));
    return reply;
  }

  /** The next reply with this xid. */
  awaitReply(xid: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const waiters = this.#replies.get(xid);
      if (waiters === undefined) this.#replies.set(xid, [{ resolve, reject }]);
      else waiters.push({ resolve, reject });
    });
  }

  /** The next watch event. */
  nextEvent(): Promise<WatcherEvent> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve(event);
    return new Promise((resolve, reject) => this.#eventWaiters.push({ resolve, reject }));
  }

  /** Watch events that have arrived and were not asked for. */
  get pendingEvents(): readonly WatcherEvent[] {
    return this.#events;
  }

  /** The next frame that is neither a watch event nor a reply somebody waits for. */
  nextRawFrame(): Promise<Buffer> {
    return new Promise((resolve, reject) => this.#rawWaiters.push({ resolve, reject }));
  }

  ping(): Promise<Reply> {
    return this.request(OpCode.ping, undefined, undefined, Xid.ping);
  }

  create(path: string, data: Uint8Array = new Uint8Array(0), flags = 0): Promise<Reply> {
    return this.request(OpCode.create, CreateRequest, { path, data, acl: OPEN_ACL, flags });
  }

  /** closeSession, then the server's close. */
  async closeSession(): Promise<void> {
    await this.request(OpCode.closeSession);
    this.socket.end();
    await this.closed;
  }

  /** Leaves without a word, as a crashed client would. */
  destroy(): void {
    this.socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (!this.#isFramed) {
      this.#text += chunk.toString("utf8");
      return;
    }
    this.#frames.push(chunk);
    for (let bytes = this.#frames.next(); bytes !== undefined; bytes = this.#frames.next())
      this.#frame(bytes);
  }

  #frame(bytes: Buffer): void {
    const handshaking = this.#handshaking;
    if (handshaking !== undefined) {
      this.#handshaking = undefined;
      handshaking.resolve(bytes);
      return;
    }
    const reader = new JuteReader(bytes);
    const { xid, zxid, err } = ReplyHeader.read(reader);
    if (xid === Xid.notification) {
      this.#event(WatcherEvent.read(reader));
      return;
    }
    const waiters = this.#replies.get(xid);
    const waiter = waiters?.shift();
    if (waiters?.length === 0) this.#replies.delete(xid);
    if (waiter !== undefined) waiter.resolve({ xid, zxid, err, body: bytes.subarray(reader.position) });
    else this.#rawWaiters.shift()?.resolve(bytes);
  }

  #event(event: WatcherEvent): void {
    const waiter = this.#eventWaiters.shift();
    if (waiter !== undefined) waiter.resolve(event);
    else this.#events.push(event);
  }

  #fail(error: Error): void {
    const waiting: Waiting<never>[] = [
      ...this.#eventWaiters,
      ...this.#rawWaiters,
      ...[...this.#replies.values()].flat(),
    ];
    if (this.#handshaking !== undefined) waiting.push(this.#handshaking);
    this.#replies.clear();
    for (const { reject } of waiting) reject(error);
  }
}

/** A payload with its length in front. */
export function frame(payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  bytes.writeInt32BE(payload.length, 0);
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

/** Payload of a request: header, then the record, if there is one. */
export function requestBytes<T>(xid: number, type: number, record?: RecordCodec<T>, value?: T): Buffer {
  const writer = new JuteWriter();
  writer.writeInt(xid);
  writer.writeInt(type);
  if (record !== undefined) record.write(writer, value as T);
  return writer.take(0);
}
