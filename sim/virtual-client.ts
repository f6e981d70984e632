import { FrameReader } from "../src/protocol/frame.ts";
import { decodeConnectResponse, encodeConnectRequest } from "../src/protocol/handshake.ts";
import { Int64 } from "../src/protocol/int64.ts";
import { JuteReader } from "../src/protocol/jute-reader.ts";
import { JuteWriter } from "../src/protocol/jute-writer.ts";
import type { RecordCodec } from "../src/protocol/record.ts";
import { ReplyHeader } from "../src/protocol/records/proto.ts";
import type { SessionId } from "../src/protocol/session-id.ts";
import type { Zxid } from "../src/protocol/zxid.ts";

/** One answered request. */
export interface VirtualReply {
  readonly xid: number;
  readonly type: number;
  readonly zxid: Zxid;
  readonly err: number;
}

/** How a client reaches the server under simulation. */
export interface VirtualLink {
  /** Frames with their lengths are cut by the caller: `bytes` is one payload. */
  frame(bytes: Uint8Array): void;
  close(): void;
}

/**
 * A client without a network: builds request frames, takes the server's bytes, and remembers what was answered. Anything
 * that breaks the protocol's order (a reply out of turn) is an error at once.
 */
export class VirtualClient {
  readonly replies: VirtualReply[] = [];
  sessionId: SessionId = Int64.ZERO;
  passwd: Uint8Array = new Uint8Array(16);
  isConnected = false;
  isClosed = false;
  readonly #frames = new FrameReader(0x7fffffff);
  readonly #waiting: { readonly xid: number; readonly type: number }[] = [];
  #link: VirtualLink | undefined;
  #xid = 0;

  /** Requests sent and not answered. */
  get outstanding(): number {
    return this.#waiting.length;
  }

  connect(link: VirtualLink, timeoutMs: number, session?: { id: SessionId; passwd: Uint8Array }): void {
    this.#link = link;
    link.frame(
      encodeConnectRequest({
        protocolVersion: 0,
        lastZxidSeen: 0,
        timeOut: timeoutMs,
        sessionId: session?.id ?? Int64.ZERO,
        passwd: session?.passwd ?? new Uint8Array(16),
        readOnly: false,
      }),
    );
  }

  /** Sends a request; without `codec` it is a header only. */
  request<T>(type: number, codec?: RecordCodec<T>, body?: T): void {
    this.requestWith(type, (writer) => {
      if (codec !== undefined) codec.write(writer, body as T);
    });
  }

  requestWith(type: number, write: (writer: JuteWriter) => void): void {
    const xid = ++this.#xid;
    const writer = new JuteWriter();
    writer.writeInt(xid);
    writer.writeInt(type);
    write(writer);
    this.#waiting.push({ xid, type });
    this.#link?.frame(writer.take(0));
  }

  /** Bytes from the server. */
  receive(bytes: Uint8Array, isClosing: boolean): void {
    this.#frames.push(bytes);
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) this.#take(frame);
    if (isClosing) this.isClosed = true;
  }

  #take(frame: Uint8Array): void {
    if (!this.isConnected) {
      const { record } = decodeConnectResponse(frame);
      this.isConnected = true;
      this.sessionId = record.sessionId;
      this.passwd = (record.passwd ?? new Uint8Array(0)).slice();
      return;
    }
    const { xid, zxid, err } = ReplyHeader.read(new JuteReader(frame));
    if (xid === -1) return;
    const expected = this.#waiting.shift();
    if (expected?.xid !== xid)
      throw new Error(`reply to xid ${xid}, but ${expected?.xid} is the oldest outstanding`);
    this.replies.push({ xid, type: expected.type, zxid, err });
  }
}
