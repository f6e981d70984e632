import { Buffer } from "node:buffer";
import { invariant } from "../base/invariant.ts";
import { ADLER_START, adlerOf } from "./checksum.ts";
import {
  END_OF_RECORD,
  LOG_HEADER_BYTES,
  type LogEnd,
  type LogRecord,
  PAYLOAD_BYTES_MIN,
  payloadZxid,
  RECORD_FRAME_BYTES,
  RECORD_HEAD_BYTES,
} from "./log-format.ts";

/**
 * What a broken place in a log file means: the trace of a crash, or damage.
 *
 * A crash leaves the last write incomplete. Nothing of that write was acknowledged, so it may be dropped; it shows as
 * bytes that are still zero (the file was preallocated with zeros) or as the end of the file: at the end, when the write
 * stopped half-way, or in the middle, when the disk wrote some sectors of it before others. Anything else (a changed bit,
 * a length that points nowhere, zeros that do not keep to sectors) is damage to records that may have been
 * acknowledged, and then the only safe answer is to refuse (storage-formats 2.6, ours is stricter than Apache).
 */

/** Smallest unit that disks write atomically; a lost write is a run of zeros between two multiples of it. */
const SECTOR_BYTES = 512;
/** Bytes behind a broken place that one unacknowledged write can have left: the log writes no more than this at once. */
export const TORN_BYTES_MAX = 4 * 1024 * 1024;
/** Record data may itself begin or end with zeros; a lost sector's run of zeros is longer than the sector by that. */
const NEIGHBOUR_ZEROS_MAX = 15;
/** A record's first four bytes are zero anyway, so fewer zeros than this at its start prove nothing. */
const START_ZEROS_MIN = 5;

/** The bytes from the broken place on. */
interface Tail {
  /** From {@link offset} to the last byte of the file that is not zero. */
  readonly bytes: Buffer;
  /** The broken place: where the next record should start. */
  readonly offset: number;
  readonly fileBytes: number;
  /** There are bytes other than zero even beyond what {@link bytes} could hold. */
  readonly isCutShort: boolean;
}

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
    };
    if (!this.isZero) return classifyTail(tail, this.#recordBytesMax);
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

/** Classifies the end of the records of a file. `bytes` is not empty: all zeros is a clean end, which needs no thought. */
function classifyTail(tail: Tail, recordBytesMax: number): LogEnd {
  const { bytes, offset } = tail;
  const end = (kind: LogEnd["kind"], detail: string, recordsBehind = 0): LogEnd => {
    return { kind, offset, detail, recordsBehind };
  };
  const corrupt = (detail: string): LogEnd => {
    if (isTornInside(tail, recordBytesMax)) {
      const behind = countRecords(bytes, recordBytesMax);
      return end("torn", `a write of which some sectors never reached the disk (${detail})`, behind);
    }
    return end("corrupt", detail);
  };

  if (tail.fileBytes - offset < RECORD_HEAD_BYTES) {
    return headOf(bytes).checksumHigh === 0
      ? end("torn", "the file ends inside the checksum or length of a record")
      : end("corrupt", "a checksum above 32 bits");
  }
  return classifyRecord(tail, recordBytesMax, end, corrupt);
}

type MakeEnd = (kind: LogEnd["kind"], detail: string) => LogEnd;

function classifyRecord(
  tail: Tail,
  recordBytesMax: number,
  end: MakeEnd,
  corrupt: (detail: string) => LogEnd,
) {
  const { bytes } = tail;
  const head = headOf(bytes);
  if (head.checksumHigh !== 0) return corrupt("a checksum above 32 bits");
  if (head.length === 0 && bytes.length <= 8) return end("torn", "a record's checksum without its length");
  if (head.length < PAYLOAD_BYTES_MIN || head.length > recordBytesMax) {
    if (bytes.length <= RECORD_HEAD_BYTES && head.length > 0 && head.length < PAYLOAD_BYTES_MIN) {
      return end("torn", "a record's length was written only in part");
    }
    return corrupt(
      `Unreasonable length = ${head.length} of a record (${PAYLOAD_BYTES_MIN} to ${recordBytesMax} bytes)`,
    );
  }
  const payloadEnd = RECORD_HEAD_BYTES + head.length;
  const trueLength = findTrueLength(bytes, head.checksum);
  if (trueLength !== undefined && trueLength !== head.length) {
    return corrupt(`a record of ${trueLength} bytes with a damaged length of ${head.length}`);
  }
  if (bytes.length <= payloadEnd) {
    const isWhole =
      tail.fileBytes - tail.offset >= payloadEnd && isPayload(payloadOf(bytes, head.length), head.checksum);
    if (isWhole) {
      const missingAt = tail.offset + payloadEnd;
      return { ...end("unterminated", "the end byte of the last record is missing"), offset: missingAt };
    }
    return end("torn", `only part of a record of ${head.length} bytes was written`);
  }
  if (bytes[payloadEnd] !== END_OF_RECORD) {
    return corrupt(`the end byte of a record is 0x${bytes[payloadEnd]!.toString(16)}, not 0x42`);
  }
  return corrupt("CRC check failed: the checksum of a record does not match its bytes");
}

interface Head {
  readonly checksumHigh: number;
  readonly checksum: number;
  readonly length: number;
}

/** The 12 bytes of a record's head; bytes behind the last non-zero one are zero. */
function headOf(bytes: Buffer): Head {
  const at = (i: number): number => bytes[i] ?? 0;
  const int = (i: number): number => (at(i) << 24) | (at(i + 1) << 16) | (at(i + 2) << 8) | at(i + 3);
  return { checksumHigh: int(0), checksum: int(4) >>> 0, length: int(8) };
}

/** The payload of a record, of which trailing zeros may lie behind the end of `bytes`. */
function payloadOf(bytes: Buffer, length: number): Buffer {
  const payload = Buffer.alloc(length);
  bytes.copy(payload, 0, RECORD_HEAD_BYTES, Math.min(bytes.length, RECORD_HEAD_BYTES + length));
  return payload;
}

function isPayload(payload: Buffer, checksum: number): boolean {
  return adlerOf(payload) === checksum && payloadZxid(payload) !== undefined;
}

/**
 * The length with which the record would be right, whatever its length field says: up to an end byte the checksum
 * matches. So a damaged length is told from a write that stopped half-way.
 */
function findTrueLength(bytes: Buffer, checksum: number): number | undefined {
  let from = RECORD_HEAD_BYTES;
  let sum: number = ADLER_START;
  for (let at = bytes.indexOf(END_OF_RECORD, from); at >= 0; at = bytes.indexOf(END_OF_RECORD, at + 1)) {
    sum = adlerOf(bytes.subarray(from, at), sum);
    from = at;
    if (sum === checksum && at - RECORD_HEAD_BYTES >= PAYLOAD_BYTES_MIN) return at - RECORD_HEAD_BYTES;
  }
  return undefined;
}

/** Whether sectors of the broken record are missing as a whole while later ones are there. */
function isTornInside(tail: Tail, recordBytesMax: number): boolean {
  const { bytes, offset } = tail;
  if (tail.isCutShort || bytes.length > TORN_BYTES_MAX) return false;
  const { length } = headOf(bytes);
  // With its head gone nobody knows how long the record was; then the gap has to start where the record starts.
  const recordEnd = length > 0 && length <= recordBytesMax ? RECORD_FRAME_BYTES + length : 1;
  for (let at = 0; at < Math.min(recordEnd, bytes.length); ) {
    if (bytes[at] !== 0) {
      at++;
      continue;
    }
    let stop = at;
    while (stop < bytes.length && bytes[stop] === 0) stop++;
    if (isLostWrite(offset, offset + at, offset + stop)) return true;
    at = stop;
  }
  return false;
}

/** Whether the zeros in from … to-1 (file offsets) are whole sectors, or the rest of a sector where the record starts. */
function isLostWrite(recordStart: number, from: number, to: number): boolean {
  const sectorEnd = Math.floor(to / SECTOR_BYTES) * SECTOR_BYTES;
  if (to - sectorEnd > NEIGHBOUR_ZEROS_MAX || sectorEnd <= from) return false;
  if (from === recordStart) return sectorEnd - from >= START_ZEROS_MIN;
  const sectorStart = Math.ceil(from / SECTOR_BYTES) * SECTOR_BYTES;
  return sectorStart - from <= NEIGHBOUR_ZEROS_MAX && sectorEnd > sectorStart;
}

/** Complete records somewhere behind the broken place. */
function countRecords(bytes: Buffer, recordBytesMax: number): number {
  let count = 0;
  for (let at = 1; at + RECORD_FRAME_BYTES + PAYLOAD_BYTES_MIN <= bytes.length; ) {
    const size = recordAt(bytes, at, recordBytesMax);
    if (size > 0) count++;
    at += size > 0 ? size : 1;
  }
  return count;
}

/** Size of the complete record at `at`, 0 if there is none. */
function recordAt(bytes: Buffer, at: number, recordBytesMax: number): number {
  if (bytes.readInt32BE(at) !== 0) return 0;
  const length = bytes.readInt32BE(at + 8);
  if (length < PAYLOAD_BYTES_MIN || length > recordBytesMax) return 0;
  const end = at + RECORD_HEAD_BYTES + length;
  if (end >= bytes.length || bytes[end] !== END_OF_RECORD) return 0;
  return adlerOf(bytes.subarray(at + RECORD_HEAD_BYTES, end)) === bytes.readUInt32BE(at + 4)
    ? RECORD_FRAME_BYTES + length
    : 0;
}
