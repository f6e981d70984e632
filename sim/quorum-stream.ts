import { PacketType } from "../src/core/zab/packets.ts";
import type { Zxid } from "../src/protocol/zxid.ts";
import { zxidFromHalves } from "../src/protocol/zxid.ts";

/** A QuorumPacket as it passed. */
export interface SeenPacket {
  readonly type: number;
  readonly zxid: Zxid;
  readonly data: Uint8Array | null;
  /** Bytes of the stream up to its end. */
  readonly endsAt: number;
}

const NO_BYTES = Buffer.alloc(0);
/** How a SNAP stream ends: a string of ten bytes. */
const SIGNATURE = Buffer.from("\0\0\0\x0aBenWasHere", "latin1");
const HEAD_BYTES = 16;

/** Cuts one direction of a quorum connection into packets, with code of its own. Snapshot streams are skipped. */
export class QuorumStream {
  readonly #seen: (packet: SeenPacket) => void;
  #rest = NO_BYTES;
  #offset = 0;
  #isSnapshot = false;

  constructor(seen: (packet: SeenPacket) => void) {
    this.#seen = seen;
  }

  push(chunk: Uint8Array): void {
    const view = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let bytes = this.#rest.length === 0 ? view : Buffer.concat([this.#rest, view]);
    for (;;) {
      const length = this.#isSnapshot ? this.#snapshotLength(bytes) : this.#packetLength(bytes);
      if (length === undefined) break;
      this.#offset += length;
      if (this.#isSnapshot) this.#isSnapshot = false;
      else this.#take(bytes.subarray(0, length));
      bytes = bytes.subarray(length);
    }
    if (this.#isSnapshot && bytes.length > SIGNATURE.length) {
      this.#offset += bytes.length - SIGNATURE.length;
      bytes = bytes.subarray(bytes.length - SIGNATURE.length);
    }
    this.#rest = bytes.length === 0 ? NO_BYTES : Buffer.from(bytes);
  }

  #snapshotLength(bytes: Buffer): number | undefined {
    const at = bytes.indexOf(SIGNATURE);
    return at < 0 ? undefined : at + SIGNATURE.length;
  }

  #packetLength(bytes: Buffer): number | undefined {
    if (bytes.length < HEAD_BYTES + 4) return undefined;
    let at = HEAD_BYTES + Math.max(0, bytes.readInt32BE(12));
    if (bytes.length < at + 4) return undefined;
    const ids = bytes.readInt32BE(at);
    at += 4;
    for (let i = 0; i < ids * 2; i++) {
      if (bytes.length < at + 4) return undefined;
      at += 4 + Math.max(0, bytes.readInt32BE(at));
    }
    return bytes.length < at ? undefined : at;
  }

  #take(bytes: Buffer): void {
    const type = bytes.readInt32BE(0);
    const length = bytes.readInt32BE(12);
    this.#isSnapshot = type === PacketType.SNAP;
    this.#seen({
      type,
      zxid: zxidFromHalves(bytes.readInt32BE(4), bytes.readInt32BE(8)),
      data: length < 0 ? null : bytes.subarray(HEAD_BYTES, HEAD_BYTES + length),
      endsAt: this.#offset,
    });
  }
}

/** A vote as it passed (quorum-protocol 2.1). */
export interface SeenNotification {
  /** 0 LOOKING, 1 FOLLOWING, 2 LEADING, 3 OBSERVING. */
  readonly state: number;
  readonly leader: number;
  readonly zxid: Zxid;
  readonly round: number;
  readonly peerEpoch: number;
}

/** Cuts one direction of an election connection into notifications; the dialer's begins with its introduction. */
export class ElectionStream {
  readonly #seen: (notification: SeenNotification) => void;
  #isIntroduced: boolean;
  #rest = NO_BYTES;

  constructor(isDialer: boolean, seen: (notification: SeenNotification) => void) {
    this.#isIntroduced = !isDialer;
    this.#seen = seen;
  }

  push(chunk: Uint8Array): void {
    let bytes = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const lengthAt = this.#isIntroduced ? 0 : HEAD_BYTES;
      if (bytes.length < lengthAt + 4) break;
      const end = lengthAt + 4 + bytes.readInt32BE(lengthAt);
      if (bytes.length < end) break;
      if (this.#isIntroduced) this.#take(bytes.subarray(4, end));
      this.#isIntroduced = true;
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }

  #take(bytes: Buffer): void {
    this.#seen({
      state: bytes.readInt32BE(0),
      leader: Number(bytes.readBigInt64BE(4)),
      zxid: Number(bytes.readBigInt64BE(12)) as Zxid,
      round: Number(bytes.readBigInt64BE(20)),
      peerEpoch: Number(bytes.readBigInt64BE(28)),
    });
  }
}
