import { FrameReader } from "../src/protocol/frame.ts";
import { decodeConnectRequest, decodeConnectResponse } from "../src/protocol/handshake.ts";
import { JuteReader } from "../src/protocol/jute-reader.ts";
import { OpCode } from "../src/protocol/opcode.ts";
import { GetDataResponse } from "../src/protocol/records/proto.ts";
import type { Zxid } from "../src/protocol/zxid.ts";
import { zxidFromHalves } from "../src/protocol/zxid.ts";

const FRAME_MAX = 0x7fffffff;
const REPLY_HEADER_BYTES = 16;

/** What a server has answered a ConnectRequest with. Sessions are their keys; undefined: none. */
export interface Greeting {
  readonly asked: { readonly session: string | undefined; readonly allowsReadOnly: boolean };
  /** The session that the client has now; undefined: it is told that it has none. */
  readonly session: string | undefined;
  readonly isReadOnly: boolean;
}

/** A server's answer to a request. */
export interface SeenReply {
  readonly session: string;
  /** Number of the operation. */
  readonly op: number;
  readonly err: number;
  /** What the server had applied. */
  readonly zxid: Zxid;
  /** Of the znode that getData shows. */
  readonly mzxid: Zxid | undefined;
  readonly isReadOnly: boolean;
}

/** How a server speaks on a connection: as a member of its ensemble, without one, or with a four-letter word's answer. */
export type Speaker = "member" | "read-only" | "word";

export interface ExchangeHandlers {
  greeted(greeting: Greeting): void;
  replied(reply: SeenReply): void;
}

/** What is written on one client connection, both ways, with each answer beside its request. */
export class ClientExchange {
  readonly #handlers: ExchangeHandlers;
  readonly #requests = new FrameReader(FRAME_MAX);
  readonly #replies = new FrameReader(FRAME_MAX);
  readonly #ops = new Map<number, number>();
  #asked: Greeting["asked"] | undefined;
  #greeting: Greeting | undefined;
  #speaker: Speaker = "member";

  constructor(handlers: ExchangeHandlers) {
    this.#handlers = handlers;
  }

  get speaker(): Speaker {
    return this.#speaker;
  }

  /** Bytes of the client. */
  request(bytes: Uint8Array): void {
    if (this.#speaker === "word") return;
    if (this.#asked === undefined && isWord(bytes)) {
      this.#speaker = "word";
      return;
    }
    this.#requests.push(new Uint8Array(bytes));
    for (let frame = this.#requests.next(); frame !== undefined; frame = this.#requests.next()) {
      if (this.#asked === undefined) {
        const { record } = decodeConnectRequest(frame);
        const session = record.sessionId.isZero() ? undefined : record.sessionId.key;
        this.#asked = { session, allowsReadOnly: record.readOnly };
      } else this.#ops.set(frame.readInt32BE(0), frame.readInt32BE(4));
    }
  }

  /** Bytes of the server. */
  reply(bytes: Uint8Array): void {
    if (this.#speaker === "word") return;
    this.#replies.push(new Uint8Array(bytes));
    for (let frame = this.#replies.next(); frame !== undefined; frame = this.#replies.next()) {
      if (this.#greeting === undefined) this.#greet(frame);
      else this.#take(this.#greeting, frame);
    }
  }

  #greet(frame: Uint8Array): void {
    const { record } = decodeConnectResponse(frame);
    const session = record.timeOut <= 0 || record.sessionId.isZero() ? undefined : record.sessionId.key;
    this.#greeting = { asked: this.#asked!, session, isReadOnly: record.readOnly };
    if (record.readOnly) this.#speaker = "read-only";
    this.#handlers.greeted(this.#greeting);
  }

  #take({ session, isReadOnly }: Greeting, frame: Buffer): void {
    const xid = frame.readInt32BE(0);
    const op = this.#ops.get(xid);
    this.#ops.delete(xid);
    if (session === undefined || op === undefined) return;
    const err = frame.readInt32BE(12);
    this.#handlers.replied({
      session,
      op,
      err,
      zxid: zxidFromHalves(frame.readInt32BE(4), frame.readInt32BE(8)),
      mzxid: op === OpCode.getData && err === 0 ? mzxidIn(frame) : undefined,
      isReadOnly,
    });
  }
}

function mzxidIn(frame: Uint8Array): Zxid {
  return GetDataResponse.read(new JuteReader(frame.subarray(REPLY_HEADER_BYTES))).stat.mzxid;
}

/** Four lower-case letters, where a length would begin with a zero. */
function isWord(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes.subarray(0, 4).every((byte) => byte >= 0x61 && byte <= 0x7a);
}
