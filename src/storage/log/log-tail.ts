import { Buffer } from "node:buffer";
import { invariant } from "../../base/invariant.ts";
import { adlerOf } from "../checksum.ts";
import { classifyTail, countRecords, headOf, isLostWrite, payloadOf, TORN_BYTES_MAX } from "./log-damage.ts";
import {
  LOG_HEADER_BYTES,
  type LogEnd,
  type LogRecord,
  payloadZxid,
  RECORD_FRAME_BYTES,
} from "./log-format.ts";

const ZEROS = Buffer.alloc(64 * 1024);

/** Gathers what lies behind the last readable record, and judges it once the file has ended. */
export class LogTailGatherer {
  readonly #offset: number;
  readonly #recordBytesMax: number;
  /** Most of the tail that can matter: a torn write, or one torn record of the largest size. */
  readonly #keepBytesMax: number;
  #kept = Buffer.alloc(0);
  /** Bytes of `kept` up to the last one that is not zero. */
  #length = 0;
  #seen = 0;
  #isCutShort = false;

  /** `offset` is the broken place: where the next record should start. */
  constructor(offset: number, recordBytesMax: number) {
    this.#offset = offset;
    this.#recordBytesMax = recordBytesMax;
    this.#keepBytesMax = Math.max(TORN_BYTES_MAX, recordBytesMax + RECORD_FRAME_BYTES);
  }

  /** The following bytes of the file; not kept. */
  add(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += ZEROS.length) {
      this.#addPart(bytes.subarray(at, at + ZEROS.length));
    }
  }

  #addPart(part: Buffer): void {
    const start = this.#seen;
    this.#seen += part.length;
    if (part.equals(part.length === ZEROS.length ? ZEROS : ZEROS.subarray(0, part.length))) return;
    let count = part.length;
    while (part[count - 1] === 0) count--;
    let needed = start + count;
    if (needed > this.#keepBytesMax) {
      this.#isCutShort = true;
      needed = this.#keepBytesMax;
    }
    if (start >= needed) return;
    if (needed > this.#kept.length) {
      const grown = Buffer.alloc(Math.min(this.#keepBytesMax, Math.max(needed, this.#kept.length * 2)));
      this.#kept.copy(grown, 0, 0, this.#length);
      this.#kept = grown;
    }
    part.copy(this.#kept, start, 0, needed - start);
    this.#length = needed;
  }

  /** Whether there was nothing but zeros, or nothing at all. */
  get isZero(): boolean {
    return this.#length === 0;
  }

  /** How the file ends, told after its last byte was added. */
  judge(): LogEnd {
    const tail = {
      bytes: this.#kept.subarray(0, this.#length),
      offset: this.#offset,
      fileBytes: this.#offset + this.#seen,
      isCutShort: this.#isCutShort,
      recordBytesMax: this.#recordBytesMax,
    };
    if (!this.isZero) return classifyTail(tail);
    return { kind: "clean", offset: this.#offset, detail: "end of the records", recordsBehind: 0 };
  }

  /** The record that {@link judge} called unterminated: its end byte is missing, its checksum is right. */
  unterminated(): LogRecord {
    const kept = this.#kept.subarray(0, this.#length);
    const { checksum, length } = headOf(kept);
    const bytes = payloadOf(kept, length);
    const zxid = payloadZxid(bytes);
    invariant(zxid !== undefined && adlerOf(bytes) === checksum, "only a whole record can be unterminated");
    return { zxid, bytes, offset: this.#offset, checksum };
  }

  /** The same for a file whose 16-byte header is not there: a crash while it was created, or no log at all. */
  judgeHeader(expected: Buffer): LogEnd {
    const there = this.#kept.subarray(0, Math.min(this.#length, expected.length));
    const isBegun = there.equals(expected.subarray(0, there.length)) && this.#length < LOG_HEADER_BYTES;
    const end = { offset: 0, recordsBehind: 0 };
    if (isBegun)
      return { ...end, kind: "torn", detail: "the file was created, but its header never written" };
    let zeros = 0;
    while (zeros < this.#length && this.#kept[zeros] === 0) zeros++;
    if (zeros > 0 && !this.#isCutShort && isLostWrite(0, 0, zeros)) {
      const recordsBehind = countRecords(this.#kept.subarray(0, this.#length), this.#recordBytesMax);
      return {
        ...end,
        kind: "torn",
        detail: "the first sectors of a new file never reached the disk",
        recordsBehind,
      };
    }
    const found = `0x${this.#kept.toString("hex", 0, Math.min(8, this.#length))}`;
    return {
      ...end,
      kind: "foreign",
      detail: `it starts with ${found}, a log starts with 0x${expected.toString("hex")}`,
    };
  }
}
