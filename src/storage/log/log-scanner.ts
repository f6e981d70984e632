import { Buffer } from "node:buffer";
import { FIELD_BYTES_MAX } from "../../protocol/jute-reader.ts";
import { adlerOf } from "../checksum.ts";
import {
  END_OF_RECORD,
  LOG_HEADER_BYTES,
  LOG_MAGIC,
  LOG_VERSION,
  type LogEnd,
  type LogRecord,
  PAYLOAD_BYTES_MIN,
  payloadZxid,
  RECORD_FRAME_BYTES,
  RECORD_HEAD_BYTES,
} from "./log-format.ts";
import { LogTailGatherer } from "./log-tail.ts";

/** Largest record read by default: two fields of the largest size; Apache's limit is one such field and a little. */
const RECORD_BYTES_MAX = 2 * FIELD_BYTES_MAX;
const BUFFER_BYTES = 1024 * 1024;
/** Magic and version. */
const EXPECTED_START = Buffer.alloc(8);
EXPECTED_START.writeUInt32BE(LOG_MAGIC, 0);
EXPECTED_START.writeUInt32BE(LOG_VERSION, 4);

/**
 * Reads one log file from its bytes, given in any portions: copy them into `space()`, tell how many with `filled()`, take
 * records with `next()` until it returns undefined, and so on; `finish()` when the file has ended. Then {@link end} tells
 * how. Memory stays within a buffer, the largest record and the unreadable tail; arbitrary bytes cost no more.
 */
export class LogScanner {
  readonly #recordBytesMax: number;
  #buffer: Buffer;
  /** Unread bytes are #from … #to-1 of the buffer. */
  #from = 0;
  #to = 0;
  /** Place in the file of buffer[0]. */
  #base = 0;
  #isFinished = false;
  #isHeaderRead = false;
  /** Set when no record can be read any more: takes everything from the broken place on. */
  #tail: LogTailGatherer | undefined;
  #end: LogEnd | undefined;

  constructor(options: { readonly recordBytesMax?: number; readonly bufferBytes?: number } = {}) {
    this.#recordBytesMax = options.recordBytesMax ?? RECORD_BYTES_MAX;
    this.#buffer = Buffer.allocUnsafe(options.bufferBytes ?? BUFFER_BYTES);
  }

  /** How the file ends; set once `next()` has returned undefined after `finish()`, or as soon as it is certain. */
  get end(): LogEnd | undefined {
    return this.#end;
  }

  /** Room for the following bytes of the file, never empty. Views of earlier records are void from here on. */
  space(): Buffer {
    if (this.#from > 0) {
      this.#buffer.copyWithin(0, this.#from, this.#to);
      this.#base += this.#from;
      this.#to -= this.#from;
      this.#from = 0;
    }
    if (this.#to === this.#buffer.length) {
      const grown = Buffer.allocUnsafe(this.#buffer.length * 2);
      this.#buffer.copy(grown, 0, 0, this.#to);
      this.#buffer = grown;
    }
    return this.#buffer.subarray(this.#to);
  }

  /** `count` bytes were put at the start of the last `space()`. */
  filled(count: number): void {
    this.#to += count;
    if (this.#tail !== undefined) this.#gather(this.#tail);
  }

  /** The file has no more bytes. */
  finish(): void {
    this.#isFinished = true;
  }

  /** The next record, or undefined: more bytes are needed, or there are no more records. */
  next(): LogRecord | undefined {
    if (this.#end !== undefined) return undefined;
    if (this.#tail === undefined && (this.#isHeaderRead || this.#readHeader())) {
      const record = this.#readRecord();
      if (record !== undefined) return record;
    }
    return this.#isFinished && this.#tail !== undefined ? this.#judge(this.#tail) : undefined;
  }

  /** The file has ended behind a broken place; a record that lacks only its end byte is still one. */
  #judge(tail: LogTailGatherer): LogRecord | undefined {
    this.#end = this.#isHeaderRead ? tail.judge() : tail.judgeHeader(EXPECTED_START);
    return this.#end.kind === "unterminated" ? tail.unterminated() : undefined;
  }

  #readHeader(): boolean {
    if (this.#to < LOG_HEADER_BYTES) {
      if (this.#isFinished) this.#breakHere();
      return false;
    }
    const magic = this.#buffer.readUInt32BE(0);
    const version = this.#buffer.readUInt32BE(4);
    if (magic === LOG_MAGIC && version === LOG_VERSION) {
      this.#isHeaderRead = true;
      this.#from = LOG_HEADER_BYTES;
      return true;
    }
    if (magic === LOG_MAGIC && version > LOG_VERSION) {
      this.#end = {
        kind: "newer",
        offset: 4,
        detail: `format version ${version}, we know ${LOG_VERSION}`,
        recordsBehind: 0,
      };
    } else {
      this.#breakHere();
    }
    return false;
  }

  /** A record, or undefined when its bytes are not all there yet or are not right; then the file is broken here. */
  #readRecord(): LogRecord | undefined {
    const at = this.#from;
    const there = this.#to - at;
    const b = this.#buffer;
    if (there < RECORD_HEAD_BYTES) return this.#wait();
    const length = b.readInt32BE(at + 8);
    if (length < PAYLOAD_BYTES_MIN || length > this.#recordBytesMax) return this.#breakHere();
    if (there < length + RECORD_FRAME_BYTES) return this.#wait();
    const start = at + RECORD_HEAD_BYTES;
    const bytes = b.subarray(start, start + length);
    if (b[start + length] !== END_OF_RECORD || b.readUInt32BE(at) !== 0) return this.#breakHere();
    const checksum = b.readUInt32BE(at + 4);
    if (adlerOf(bytes) !== checksum) return this.#breakHere();
    const zxid = payloadZxid(bytes);
    if (zxid === undefined) return this.#refuseZxid(bytes);
    this.#from = start + length + 1;
    return { zxid, bytes, offset: this.#base + at, checksum };
  }

  #wait(): undefined {
    if (this.#isFinished) this.#breakHere();
    return undefined;
  }

  #refuseZxid(bytes: Buffer): undefined {
    const detail = `a zxid of 0x${bytes.toString("hex", 12, 20)}: its epoch is above 0x1fffff`;
    this.#end = { kind: "newer", offset: this.#base + this.#from, detail, recordsBehind: 0 };
    return undefined;
  }

  #breakHere(): undefined {
    this.#tail = new LogTailGatherer(this.#base + this.#from, this.#recordBytesMax);
    this.#gather(this.#tail);
    return undefined;
  }

  #gather(tail: LogTailGatherer): void {
    tail.add(this.#buffer.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }
}
