import { Buffer } from "node:buffer";
import { compress, uncompress } from "snappyjs";
import { JuteError } from "../../protocol/jute-reader.ts";

/**
 * The stream of snappy-java, as snapshots use it (storage-formats 3.2):
 *
 *     header   82 'SNAPPY' 00 | int version 1 | int compatible version 1
 *     block    int compressed length | raw Snappy block, 32 KiB at most when expanded
 */
const MAGIC = Buffer.from("82534e4150505900", "hex");
const HEADER_BYTES = MAGIC.length + 8;
/** What the writers put into one block. */
const BLOCK_BYTES = 32 * 1024;
/** What a reader takes: generous towards writers with larger blocks, small enough that no block can flood the memory. */
const BLOCK_BYTES_MAX = 4 * 1024 * 1024;
/** Snappy never makes a block longer than this. */
const COMPRESSED_BYTES_MAX = 32 + BLOCK_BYTES_MAX + Math.ceil(BLOCK_BYTES_MAX / 6);

/** Compresses in blocks; give it slices of any size. */
export class SnappyEncoder {
  #isStarted = false;
  #rest = Buffer.alloc(0);

  /** The compressed blocks that `bytes` completes, with the header in front of the first. */
  encode(bytes: Uint8Array): Uint8Array {
    const input = Buffer.concat([this.#rest, bytes]);
    const whole = input.length - (input.length % BLOCK_BYTES);
    this.#rest = Buffer.from(input.subarray(whole));
    return this.#blocks(input.subarray(0, whole));
  }

  /** What is left over at the end. */
  finish(): Uint8Array {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return this.#blocks(rest);
  }

  #blocks(bytes: Buffer): Uint8Array {
    const parts: Uint8Array[] = [];
    if (!this.#isStarted) parts.push(header());
    this.#isStarted = true;
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      const block = compress(bytes.subarray(at, at + BLOCK_BYTES));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(block.length);
      parts.push(length, block);
    }
    return Buffer.concat(parts);
  }
}

/** Expands a stream given in portions of any size. Throws JuteError for anything that is not such a stream. */
export class SnappyDecoder {
  #isStarted = false;
  #rest = Buffer.alloc(0);

  /** Hands each block that `bytes` completes to `take`. */
  decode(bytes: Uint8Array, take: (block: Uint8Array) => void): void {
    let input = Buffer.concat([this.#rest, bytes]);
    if (!this.#isStarted && input.length >= HEADER_BYTES) {
      if (!input.subarray(0, MAGIC.length).equals(MAGIC)) throw new JuteError("it is not a snappy stream");
      this.#isStarted = true;
      input = input.subarray(HEADER_BYTES);
    }
    while (this.#isStarted && input.length >= 4) {
      const length = input.readUInt32BE(0);
      if (length > COMPRESSED_BYTES_MAX) throw new JuteError(`a snappy block of ${length} bytes`);
      if (input.length < 4 + length) break;
      take(expand(input.subarray(4, 4 + length)));
      input = input.subarray(4 + length);
    }
    this.#rest = Buffer.from(input);
  }

  /** The stream has ended. */
  finish(): void {
    if (!this.#isStarted) throw new JuteError("the snappy stream ends inside its header");
    if (this.#rest.length > 0) throw new JuteError("the snappy stream ends inside a block");
  }
}

function header(): Buffer {
  const out = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(out);
  out.writeUInt32BE(1, MAGIC.length);
  out.writeUInt32BE(1, MAGIC.length + 4);
  return out;
}

function expand(block: Buffer): Uint8Array {
  if (!isWellFormed(block)) throw new JuteError("a broken snappy block");
  return uncompress(block, BLOCK_BYTES_MAX);
}

/**
 * Walks through the elements of a block without copying: that they stay inside it, refer only to what came before, and
 * give exactly the length it announces. The codec checks less, and can run in circles on a damaged length.
 */
function isWellFormed(block: Buffer): boolean {
  const announced = readVarint(block);
  if (announced === undefined || announced.value > BLOCK_BYTES_MAX) return false;
  let at = announced.end;
  let expanded = 0;
  while (at < block.length) {
    const tag = block[at++]!;
    const kind = tag & 3;
    let length = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    // A long literal has its length, a copy its offset, in the next few bytes.
    const extraBytes = kind === 0 ? Math.max(0, length - 60) : kind === 3 ? 4 : kind;
    if (at + extraBytes > block.length) return false;
    const extra = extraBytes === 0 ? 0 : block.readUIntLE(at, extraBytes);
    at += extraBytes;
    if (kind === 0) {
      if (extraBytes > 0) length = extra + 1;
      if (at + length > block.length) return false;
      at += length;
    } else {
      const offset = kind === 1 ? ((tag >>> 5) << 8) + extra : extra;
      if (offset === 0 || offset > expanded) return false;
    }
    expanded += length;
    if (expanded > announced.value) return false;
  }
  return expanded === announced.value;
}

function readVarint(bytes: Buffer): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 5 && i < bytes.length; i++) {
    value += (bytes[i]! & 0x7f) * 2 ** (7 * i);
    if (bytes[i]! < 0x80) return { value, end: i + 1 };
  }
  return undefined;
}
