import type { Buffer } from "node:buffer";
import { isExactZxid, type Zxid, zxidFromHalves } from "../../protocol/zxid.ts";
import { adlerOf } from "../checksum.ts";

/**
 * The bytes of a log file (storage-formats 2). File: header, records, zeros to the preallocated end.
 *
 *     header   int magic "ZKLG" | int version 2 | long dbid 0
 *     record   long Adler-32 of the payload | int length | payload | byte 'B'
 *     payload  TxnHeader (32 bytes: long clientId, int cxid, long zxid, long time, int type) | body | TxnDigest or nothing
 */
export const LOG_HEADER_BYTES = 16;
export const LOG_MAGIC = 0x5a4b4c47;
export const LOG_VERSION = 2;

/** Checksum and length in front of a payload. */
export const RECORD_HEAD_BYTES = 12;
/** What a record takes beside its payload. */
export const RECORD_FRAME_BYTES = RECORD_HEAD_BYTES + 1;
/** The last byte of every record. */
export const END_OF_RECORD = 0x42;
/** A TxnHeader: the shortest payload there is. */
export const PAYLOAD_BYTES_MIN = 32;

/** Offset of the zxid in a payload. */
const ZXID_AT = 12;

/** Writes the 16 bytes that start a file. */
export function writeLogHeader(into: Buffer, at: number): void {
  into.writeUInt32BE(LOG_MAGIC, at);
  into.writeUInt32BE(LOG_VERSION, at + 4);
  into.fill(0, at + 8, at + LOG_HEADER_BYTES);
}

/** Frames one payload into `into` from `at`, which has room for it; returns where the record ends. */
export function writeRecord(into: Buffer, at: number, payload: Uint8Array): number {
  into.writeUInt32BE(0, at);
  into.writeUInt32BE(adlerOf(payload), at + 4);
  into.writeUInt32BE(payload.length, at + 8);
  into.set(payload, at + RECORD_HEAD_BYTES);
  const end = at + RECORD_HEAD_BYTES + payload.length;
  into[end] = END_OF_RECORD;
  return end + 1;
}

/** Zxid of a payload of at least {@link PAYLOAD_BYTES_MIN} bytes; undefined when its epoch is beyond what we can hold. */
export function payloadZxid(payload: Buffer): Zxid | undefined {
  const zxid = zxidFromHalves(payload.readInt32BE(ZXID_AT), payload.readInt32BE(ZXID_AT + 4));
  return isExactZxid(zxid) ? zxid : undefined;
}

/** One record as it was read. */
export interface LogRecord {
  readonly zxid: Zxid;
  /** Header, body and digest. A view: valid until the next bytes are read. */
  readonly bytes: Buffer;
  /** Where the record starts in its file. */
  readonly offset: number;
  readonly checksum: number;
}

/**
 * How a file ends.
 *
 * - "clean": behind the last record there is nothing, or only the zeros of the preallocation.
 * - "torn": an incomplete record, as a crash leaves it; it was never acknowledged.
 * - "unterminated": the last record is complete by its checksum, only its end byte is still zero. It counts.
 * - "corrupt": bytes that no crash of a writer leaves behind.
 * - "newer": the file's version is above ours. - "foreign": not a log at all.
 */
export interface LogEnd {
  readonly kind: "clean" | "torn" | "unterminated" | "corrupt" | "newer" | "foreign";
  /** Where the readable part ends; for "unterminated" the place of the missing end byte. */
  readonly offset: number;
  /** For people: what was found there. */
  readonly detail: string;
  /** Complete records behind the torn place, all from the same unacknowledged write; 0 otherwise. */
  readonly recordsBehind: number;
}
