import { Buffer } from "node:buffer";
import { foreignHello } from "./foreign-hello.ts";
import { FIELD_BYTES_MAX, JuteError, JuteReader } from "./jute-reader.ts";
import { vector } from "./record.ts";
import { Id } from "./records/data.ts";
import type { QuorumPacket } from "./records/quorum.ts";

/** Ids of one client that a REQUEST may carry: each costs an addauth of that client. */
export const AUTHINFO_COUNT_MAX = 1024;

/** What the data of a PROPOSAL or INFORM has beside the largest field of a request: headers, path, ACL, digest, sub-txns' heads. */
const DATA_EXTRA_BYTES = 1024 * 1024;

/** Longest data of one packet when fields of a request may have `fieldBytesMax` bytes. */
export function packetDataBytesMax(fieldBytesMax: number = FIELD_BYTES_MAX): number {
  return fieldBytesMax + DATA_EXTRA_BYTES;
}

/** Takes the bytes that follow a SNAP packet (`storage/snapshot/snapshot-decoder.ts`), and knows where they end. */
export interface SnapshotTaker {
  /**
   * Takes the next bytes, which may be used again afterwards. Returns how many of them belong to the snapshot, and undefined
   * when all do and it goes on behind them. Throws JuteError for what is no snapshot.
   */
  take(bytes: Buffer): number | undefined;
}

/** Given by {@link QuorumStream.next} when a snapshot and its signature have been read. */
export const SNAPSHOT_END = "snapshotEnd";

const EMPTY = Buffer.alloc(0);
const AUTHINFO = vector(Id);
/** ustring "BenWasHere". */
const SIGNATURE = Buffer.from("\0\0\0\nBenWasHere", "latin1");
/** Type, zxid, length of the data. */
const HEAD_BYTES = 16;
/** Memory that a packet gets before its bytes have arrived: announcing a length must not cost more. Also what is kept. */
const HELD_BYTES = 64 * 1024;

/** What of a packet comes next: its head; the count of its ids; the length of one of their strings; nothing. */
const Stage = { head: 0, count: 1, string: 2, end: 3 } as const;

/** What the bytes are: packets, a snapshot, or the signature behind it. */
type Mode = "packets" | "snapshot" | "signature";

/**
 * Cuts what one side of a learner link sends into QuorumPackets, which have no outer length (quorum-protocol 3.1): push a
 * portion of any size, then call {@link next} until it returns undefined. A packet that lies whole in its portion is read
 * in place; one that came in pieces is put together, and no byte of it is looked at twice.
 *
 * Behind a SNAP packet the dialed side calls {@link expectSnapshot}: raw bytes follow, and then packets again.
 */
export class QuorumStream {
  readonly #dataBytesMax: number;
  /** The same for the current packet: the first one may have a limit of its own. */
  #limit: number;
  readonly #reader: JuteReader;
  #chunk: Buffer = EMPTY;
  #at = 0;
  /** Start of a packet whose end has not come yet. */
  #held: Buffer = Buffer.allocUnsafe(0);
  #heldLength = 0;
  #stage: number = Stage.head;
  /** Bytes of the current packet that must be there before more can be said of it. */
  #need = HEAD_BYTES;
  #stringsLeft = 0;
  #mode: Mode = "packets";
  #taker: SnapshotTaker | undefined;
  #signatureRead = 0;

  /**
   * @param dataBytesMax longest accepted data of a packet, see {@link packetDataBytesMax}
   * @param firstBytesMax the same for the first one
   */
  constructor(dataBytesMax: number = packetDataBytesMax(), firstBytesMax: number = dataBytesMax) {
    this.#dataBytesMax = dataBytesMax;
    this.#limit = firstBytesMax;
    this.#reader = new JuteReader(EMPTY, dataBytesMax);
  }

  /** Takes the next bytes of the stream; the portion before must have been read to its end. */
  push(chunk: Uint8Array): void {
    if (this.#at !== this.#chunk.length) throw new Error("the portion before was not read to its end");
    this.#chunk = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    this.#at = 0;
  }

  /** A SNAP packet was the last thing read: what follows goes to `taker`, up to the signature. */
  expectSnapshot(taker: SnapshotTaker): void {
    this.#mode = "snapshot";
    this.#taker = taker;
    this.#signatureRead = 0;
  }

  /**
   * The next packet; undefined when more bytes are needed, and then no reference into the portion is kept. The packet's
   * data is a view that is valid until the next call of this or of {@link push}.
   *
   * @throws {@link JuteError} for what is no packet, or none within the limits: the link must be closed
   */
  next(): QuorumPacket | typeof SNAPSHOT_END | undefined {
    if (this.#mode === "packets") return this.#nextPacket();
    if (this.#mode === "snapshot") this.#takeSnapshot();
    return this.#mode === "signature" ? this.#readSignature() : undefined;
  }

  #nextPacket(): QuorumPacket | undefined {
    const chunk = this.#chunk;
    if (this.#heldLength === 0) {
      if (this.#isWhole(chunk, this.#at, chunk.length - this.#at)) {
        const start = this.#at;
        this.#at += this.#need;
        return this.#read(chunk, start);
      }
    }
    while (!this.#isWhole(this.#held, 0, this.#heldLength)) {
      const count = Math.min(this.#need - this.#heldLength, chunk.length - this.#at);
      if (count === 0) {
        this.#chunk = EMPTY;
        this.#at = 0;
        return undefined;
      }
      this.#hold(chunk, this.#at, count);
      this.#at += count;
    }
    this.#heldLength = 0;
    const held = this.#held;
    if (held.length > HELD_BYTES) this.#held = EMPTY;
    return this.#read(held, 0);
  }

  #hold(bytes: Buffer, at: number, count: number): void {
    const length = this.#heldLength + count;
    if (length > this.#held.length) {
      const grown = Buffer.allocUnsafe(
        Math.max(length, Math.min(this.#held.length * 2, this.#dataBytesMax), 1024),
      );
      this.#held.copy(grown, 0, 0, this.#heldLength);
      this.#held = grown;
    }
    bytes.copy(this.#held, this.#heldLength, at, at + count);
    this.#heldLength = length;
  }

  /**
   * Goes over the packet at `start`, of which `length` bytes are there, from where the last call came to. True when it is
   * whole: it has {@link #need} bytes then.
   */
  #isWhole(bytes: Buffer, start: number, length: number): boolean {
    while (length >= this.#need) {
      switch (this.#stage) {
        case Stage.head:
          refuseForeign(bytes.readInt32BE(start));
          this.#need += this.#checked(bytes.readInt32BE(start + HEAD_BYTES - 4), this.#limit, "data") + 4;
          this.#stage = Stage.count;
          break;
        case Stage.count: {
          const count = bytes.readInt32BE(start + this.#need - 4);
          if (count <= 0) return true;
          if (count > AUTHINFO_COUNT_MAX) {
            throw new JuteError(`${count} ids in the authinfo of a packet (limit ${AUTHINFO_COUNT_MAX})`);
          }
          this.#stringsLeft = 2 * count;
          this.#need += 4;
          this.#stage = Stage.string;
          break;
        }
        case Stage.string: {
          // All ids together get as much room as the data: a client's own frame limit is below that.
          const left = HEAD_BYTES + 2 * this.#limit - this.#need;
          this.#need += this.#checked(bytes.readInt32BE(start + this.#need - 4), left, "id");
          if (--this.#stringsLeft > 0) this.#need += 4;
          else this.#stage = Stage.end;
          break;
        }
        default:
          return true;
      }
    }
    return false;
  }

  #checked(length: number, max: number, what: string): number {
    if (length >= -1 && length <= max) return Math.max(0, length);
    throw new JuteError(`Unreasonable length = ${length} of the ${what} of a packet (limit ${max} bytes)`);
  }

  #read(bytes: Buffer, start: number): QuorumPacket {
    this.#stage = Stage.head;
    this.#need = HEAD_BYTES;
    this.#limit = this.#dataBytesMax;
    const reader = this.#reader;
    reader.reset(bytes);
    reader.position = start;
    const type = reader.readInt();
    const zxid = reader.readZxid();
    const data = reader.readBuffer();
    return { type, zxid, data, authinfo: AUTHINFO.read(reader) };
  }

  #takeSnapshot(): void {
    if (this.#at === this.#chunk.length) return;
    const rest = this.#chunk.subarray(this.#at);
    const used = this.#taker!.take(rest);
    if (used === undefined) {
      this.#chunk = EMPTY;
      this.#at = 0;
      return;
    }
    this.#at += used;
    this.#mode = "signature";
    this.#taker = undefined;
  }

  #readSignature(): typeof SNAPSHOT_END | undefined {
    const count = Math.min(SIGNATURE.length - this.#signatureRead, this.#chunk.length - this.#at);
    const end = this.#at + count;
    if (
      SIGNATURE.compare(this.#chunk, this.#at, end, this.#signatureRead, this.#signatureRead + count) !== 0
    ) {
      throw new JuteError("the snapshot is not followed by its signature");
    }
    this.#at = end;
    this.#signatureRead += count;
    if (this.#signatureRead < SIGNATURE.length) return undefined;
    this.#mode = "packets";
    return SNAPSHOT_END;
  }
}

/** No packet type looks like these, and nothing of the stream can be read behind them. */
function refuseForeign(type: number): void {
  const foreign = foreignHello(type);
  if (foreign !== undefined) throw new JuteError(foreign);
}
