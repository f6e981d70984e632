import { Buffer } from "node:buffer";
import { ADLER_START, adlerOf, isOneByteOff } from "../checksum.ts";
import {
  END_OF_RECORD,
  type LogEnd,
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
const ZEROS_BEFORE_MAX = 15;
/** The header of a txn that no client asked for begins with so many: clientId, cxid, and a zxid of epoch 0; and the end of its length may be one. */
const ZEROS_BEHIND_MAX = 20;
/** A record's first four bytes are zero anyway, so fewer zeros than this at its start prove nothing. */
const START_ZEROS_MIN = 5;

/** In a record's head, behind four bytes that are always zero. */
const CHECKSUM_AT = 4;
const LENGTH_AT = 8;
/** Time and type of its txn, which are never zero, end its header. */
const TIME_AT = RECORD_HEAD_BYTES + 20;
const BODY_AT = RECORD_HEAD_BYTES + PAYLOAD_BYTES_MIN;

/** The bytes from the broken place on. */
export interface Tail {
  /** From {@link offset} to the last byte of the file that is not zero. */
  readonly bytes: Buffer;
  /** The broken place: where the next record should start. */
  readonly offset: number;
  readonly fileBytes: number;
  /** There are bytes other than zero even beyond what {@link bytes} could hold. */
  readonly isCutShort: boolean;
  /** Longest payload that is read. */
  readonly recordBytesMax: number;
}

/** Classifies the end of the records of a file. `bytes` is not empty: all zeros is a clean end, which needs no thought. */
export function classifyTail(tail: Tail): LogEnd {
  const { bytes, offset, fileBytes, recordBytesMax } = tail;
  const { checksumHigh, checksum, length } = headOf(bytes);
  if (checksumHigh !== 0) return damaged(tail, "a checksum above 32 bits");
  if (isLengthSplit(offset) && isTornInside(tail, RECORD_HEAD_BYTES)) {
    return tornInside(tail, "the end of a sector is inside a record's length");
  }
  if (fileBytes - offset < RECORD_HEAD_BYTES)
    return torn(tail, "the file ends inside the checksum or length of a record");
  if (length === 0 && bytes.length <= 8) return torn(tail, "a record's checksum without its length");
  if (length >= 0 && length < PAYLOAD_BYTES_MIN) {
    if (bytes.length <= RECORD_HEAD_BYTES) return torn(tail, "a record's length was written only in part");
    return tornInsideOrDamaged(tail, unreasonable(tail, length));
  }
  if (length < 0 || length > recordBytesMax) return damaged(tail, unreasonable(tail, length));
  const trueLength = findTrueLength(bytes, checksum);
  if (trueLength !== undefined && trueLength !== length) {
    return damaged(tail, `a record of ${trueLength} bytes with a damaged length of ${length}`);
  }
  return bytes.length <= RECORD_HEAD_BYTES + length ? classifyLast(tail) : classifyInner(tail);
}

/** Behind the payload there is nothing: the last record, its end byte missing at least. */
function classifyLast(tail: Tail): LogEnd {
  const { checksum, length } = headOf(tail.bytes);
  const payloadEnd = RECORD_HEAD_BYTES + length;
  const isThere = tail.fileBytes - tail.offset >= payloadEnd;
  if (isThere && isPayload(payloadOf(tail.bytes, length), checksum)) {
    const detail = "the end byte of the last record is missing";
    return { kind: "unterminated", offset: tail.offset + payloadEnd, detail, recordsBehind: 0 };
  }
  if (countRecords(tail.bytes, tail.recordBytesMax) > 0) {
    return damaged(tail, `whole records inside a record of ${length} bytes: a damaged length`);
  }
  return torn(tail, `only part of a record of ${length} bytes was written`);
}

/** The record is there to its end, or something follows it. */
function classifyInner(tail: Tail): LogEnd {
  const { checksum, length } = headOf(tail.bytes);
  const payloadEnd = RECORD_HEAD_BYTES + length;
  const endByte = tail.bytes[payloadEnd]!;
  if (endByte !== END_OF_RECORD) {
    const detail = `the end byte of a record is 0x${endByte.toString(16)}, not 0x42`;
    return endByte === 0 ? tornInsideOrDamaged(tail, detail) : damaged(tail, detail);
  }
  const detail = "CRC check failed: the checksum of a record does not match its bytes";
  const payload = tail.bytes.subarray(RECORD_HEAD_BYTES, payloadEnd);
  if (isOneByteOff(payload, checksum) && !lacksFirstByte(tail, payload)) return damaged(tail, detail);
  return tornInsideOrDamaged(tail, detail);
}

/** Only the first byte of the checksum is not there, and it is the last byte of a sector: that sector was not written. */
function lacksFirstByte({ bytes, offset }: Tail, payload: Buffer): boolean {
  const { checksum } = headOf(bytes);
  const isAtEnd = (offset + CHECKSUM_AT + 1) % SECTOR_BYTES === 0;
  return isAtEnd && checksum >>> 24 === 0 && (adlerOf(payload) & 0xff_ffff) === checksum;
}

function torn(tail: Tail, detail: string, recordsBehind = 0): LogEnd {
  return { kind: "torn", offset: tail.offset, detail, recordsBehind };
}

function damaged(tail: Tail, detail: string): LogEnd {
  return { kind: "corrupt", offset: tail.offset, detail, recordsBehind: 0 };
}

function tornInsideOrDamaged(tail: Tail, detail: string): LogEnd {
  const { length } = headOf(tail.bytes);
  // With its length gone nobody knows how long the record was; then the gap has to start in its head: the checksum may end a sector.
  const isKnown = length > 0 && length <= tail.recordBytesMax;
  const recordBytes = isKnown ? RECORD_FRAME_BYTES + length : RECORD_HEAD_BYTES;
  return isTornInside(tail, recordBytes) ? tornInside(tail, detail) : damaged(tail, detail);
}

function tornInside(tail: Tail, detail: string): LogEnd {
  const cause = `a write of which some sectors never reached the disk (${detail})`;
  return torn(tail, cause, countRecords(tail.bytes, tail.recordBytesMax));
}

function unreasonable(tail: Tail, length: number): string {
  return `Unreasonable length = ${length} of a record (${PAYLOAD_BYTES_MIN} to ${tail.recordBytesMax} bytes)`;
}

interface Head {
  readonly checksumHigh: number;
  readonly checksum: number;
  readonly length: number;
}

/** The 12 bytes of a record's head; bytes behind the last non-zero one are zero. */
export function headOf(bytes: Buffer): Head {
  const at = (i: number): number => bytes[i] ?? 0;
  const int = (i: number): number => (at(i) << 24) | (at(i + 1) << 16) | (at(i + 2) << 8) | at(i + 3);
  return { checksumHigh: int(0), checksum: int(4) >>> 0, length: int(8) };
}

/** The payload of a record, of which trailing zeros may lie behind the end of `bytes`. */
export function payloadOf(bytes: Buffer, length: number): Buffer {
  const payload = Buffer.alloc(length);
  payload.set(bytes.subarray(RECORD_HEAD_BYTES, RECORD_HEAD_BYTES + length));
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

/** Part of the record's length is in another sector than the rest of it: if one of them was not written, it says nothing. */
function isLengthSplit(offset: number): boolean {
  const firstSectorBytes = SECTOR_BYTES - (offset % SECTOR_BYTES);
  return firstSectorBytes > LENGTH_AT && firstSectorBytes < RECORD_HEAD_BYTES;
}

/** Whether sectors are missing as a whole while later ones are there, from somewhere in the first `recordBytes` of the broken record on. */
function isTornInside({ bytes, offset, isCutShort }: Tail, recordBytes: number): boolean {
  // A record larger than that is a write of its own.
  if (isCutShort || bytes.length > Math.max(TORN_BYTES_MAX, recordBytes)) return false;
  for (let at = 0; at < Math.min(recordBytes, bytes.length); ) {
    if (bytes[at] !== 0) {
      at++;
      continue;
    }
    let stop = at;
    while (stop < bytes.length && bytes[stop] === 0) stop++;
    const [from, to] = [offset + at, offset + stop];
    if (isLostWrite(offset, from, to) || isHeaderLost(offset, from, to)) return true;
    at = stop;
  }
  return false;
}

/**
 * Whether the zeros in from … to-1 (file offsets) are the sectors, as a whole, that hold the time and type of the record, which are
 * never zero: so a lost sector is known also among data that are themselves zeros, with which it then makes one run.
 */
function isHeaderLost(recordStart: number, from: number, to: number): boolean {
  const sectorStart = Math.floor((recordStart + TIME_AT) / SECTOR_BYTES) * SECTOR_BYTES;
  const sectorEnd = Math.ceil((recordStart + BODY_AT) / SECTOR_BYTES) * SECTOR_BYTES;
  return from <= Math.max(recordStart, sectorStart) && to >= sectorEnd;
}

/** Whether the zeros in from … to-1 (file offsets) are whole sectors, or the rest of a sector where the record starts. */
export function isLostWrite(recordStart: number, from: number, to: number): boolean {
  const sectorEnd = Math.floor(to / SECTOR_BYTES) * SECTOR_BYTES;
  if (to - sectorEnd > ZEROS_BEHIND_MAX || sectorEnd <= from) return false;
  if (from === recordStart) return sectorEnd - from >= START_ZEROS_MIN;
  const sectorStart = Math.ceil(from / SECTOR_BYTES) * SECTOR_BYTES;
  return sectorStart - from <= ZEROS_BEFORE_MAX && sectorEnd > sectorStart;
}

/** Complete records somewhere behind the broken place. */
export function countRecords(bytes: Buffer, recordBytesMax: number): number {
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
