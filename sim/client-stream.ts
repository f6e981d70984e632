import { FrameReader } from "../src/protocol/frame.ts";
import { decodeConnectResponse } from "../src/protocol/handshake.ts";
import type { Zxid } from "../src/protocol/zxid.ts";
import { zxidFromHalves } from "../src/protocol/zxid.ts";

/** xid of a watch event, and of pings and the like, whose zxid says nothing. */
const XID_MAX_SPECIAL = -1;

/** What a client gets on one connection: which session it is, and what the server had applied at each answer. */
export class ClientStream {
  readonly #answered: (session: string, zxid: Zxid) => void;
  readonly #frames = new FrameReader(0x7fffffff);
  #session: string | undefined;

  constructor(answered: (session: string, zxid: Zxid) => void) {
    this.#answered = answered;
  }

  push(bytes: Uint8Array): void {
    this.#frames.push(new Uint8Array(bytes));
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      if (this.#session === undefined) this.#session = decodeConnectResponse(frame).record.sessionId.key;
      else if (frame.readInt32BE(0) > XID_MAX_SPECIAL) {
        this.#answered(this.#session, zxidFromHalves(frame.readInt32BE(4), frame.readInt32BE(8)));
      }
    }
  }
}
