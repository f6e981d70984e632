import { Buffer } from "node:buffer";

/** Bytes in front of every frame that hold its length, big endian, not counting themselves (client-protocol 1.1). */
export const FRAME_HEADER_BYTES = 4;

/** Default limit of a frame's payload in bytes: `jute.maxbuffer`. */
export const FRAME_BYTES_MAX = 0xfffff;

/** A frame announces a length that is negative or above the limit: the connection must be closed. */
export class FrameLengthError extends Error {
  override readonly name = "FrameLengthError";
  /** The announced length, as the signed int that stood there. */
  readonly length: number;

  constructor(length: number, frameBytesMax: number) {
    super(`a frame of ${length} bytes is out of range (limit jute.maxbuffer = ${frameBytesMax} bytes)`);
    this.length = length;
  }
}

const EMPTY = Buffer.alloc(0);

/** Memory that a frame gets before its bytes have arrived: announcing a length must not cost more than this. */
const ASSEMBLY_BYTES_INITIAL = 16 * 1024;

/**
 * Cuts a byte stream into frames, incrementally: push a chunk, then call {@link next} until it returns undefined.
 *
 * A frame that lies whole in its chunk is returned as a view into it; one that came in pieces gets memory of its own,
 * which grows with what has arrived and not with what was announced. Either way nothing here overwrites a returned
 * payload. When `next` has returned undefined, no reference into the chunk is kept.
 */
export class FrameReader {
  /** Limit of one payload in bytes. */
  readonly frameBytesMax: number;
  #chunk: Buffer = EMPTY;
  #at = 0;
  /** Start of a frame whose end has not come yet, header included; `#heldLength` bytes of it are filled. */
  #held: Buffer = EMPTY;
  #heldLength = 0;

  /** @param frameBytesMax highest accepted length of a payload, 0 … 2^31-1 bytes */
  constructor(frameBytesMax: number = FRAME_BYTES_MAX) {
    this.frameBytesMax = frameBytesMax;
  }

  /** Takes the next bytes of the stream. What was not read of the chunk before is copied in front of them. */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const isRead = this.#at === this.#chunk.length;
    this.#chunk = isRead ? bytes : Buffer.concat([this.#chunk.subarray(this.#at), bytes]);
    this.#at = 0;
  }

  /** Bytes that have arrived and are not yet part of a returned frame. */
  get pendingBytes(): number {
    return this.#heldLength + this.#chunk.length - this.#at;
  }

  /** The next 4 bytes as a signed int (a length, or a four-letter word), or undefined while they are not all there. */
  peekInt(): number | undefined {
    if (this.#heldLength === 0 && this.#chunk.length - this.#at >= FRAME_HEADER_BYTES) {
      return this.#chunk.readInt32BE(this.#at);
    }
    this.#holdUpTo(FRAME_HEADER_BYTES);
    return this.#heldLength >= FRAME_HEADER_BYTES ? this.#held.readInt32BE(0) : undefined;
  }

  /**
   * The payload of the next complete frame, or undefined.
   * @throws {@link FrameLengthError} as soon as a length is read that no frame may have
   */
  next(): Buffer | undefined {
    const chunk = this.#chunk;
    const at = this.#at;
    if (this.#heldLength === 0 && chunk.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + this.#checked(chunk.readInt32BE(at));
      if (end <= chunk.length) {
        this.#at = end;
        return chunk.subarray(at + FRAME_HEADER_BYTES, end);
      }
    }
    return this.#nextHeld();
  }

  /** Everything that has arrived and was not returned, as a copy; the reader is empty afterwards. */
  takeRest(): Buffer {
    const rest = Buffer.concat([this.#held.subarray(0, this.#heldLength), this.#chunk.subarray(this.#at)]);
    this.#held = this.#chunk = EMPTY;
    this.#heldLength = this.#at = 0;
    return rest;
  }

  #checked(length: number): number {
    if (length < 0 || length > this.frameBytesMax) throw new FrameLengthError(length, this.frameBytesMax);
    return length;
  }

  #nextHeld(): Buffer | undefined {
    this.#holdUpTo(FRAME_HEADER_BYTES);
    if (this.#heldLength < FRAME_HEADER_BYTES) return undefined;
    const end = FRAME_HEADER_BYTES + this.#checked(this.#held.readInt32BE(0));
    this.#holdUpTo(end);
    if (this.#heldLength < end) return undefined;
    const payload = this.#held.subarray(FRAME_HEADER_BYTES, end);
    this.#held = EMPTY;
    this.#heldLength = 0;
    return payload;
  }

  /** Moves bytes from the chunk until `length` are held or the chunk is at its end. */
  #holdUpTo(length: number): void {
    const count = Math.min(length - this.#heldLength, this.#chunk.length - this.#at);
    if (count > 0) {
      this.#append(this.#chunk.subarray(this.#at, this.#at + count));
      this.#at += count;
    }
    if (this.#at === this.#chunk.length) {
      this.#chunk = EMPTY;
      this.#at = 0;
    }
  }

  #append(bytes: Buffer): void {
    const length = this.#heldLength + bytes.length;
    if (length > this.#held.length) {
      const room = Math.max(length, Math.min(this.#held.length * 2, FRAME_HEADER_BYTES + this.frameBytesMax));
      const grown = Buffer.allocUnsafe(Math.max(room, Math.min(ASSEMBLY_BYTES_INITIAL, length * 2)));
      this.#held.copy(grown, 0, 0, this.#heldLength);
      this.#held = grown;
    }
    bytes.copy(this.#held, this.#heldLength);
    this.#heldLength = length;
  }
}
