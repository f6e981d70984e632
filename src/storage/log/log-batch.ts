import { Buffer } from "node:buffer";
import { invariant } from "../../base/invariant.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import { LOG_HEADER_BYTES, RECORD_FRAME_BYTES, writeLogHeader, writeRecord } from "./log-format.ts";

const BATCH_BYTES_INITIAL = 64 * 1024;
/** Memory that a batch keeps for the next use. */
const BATCH_BYTES_KEPT = 1024 * 1024;

/** Records on their way to the disk in one write. Room for a file header is left in front, should they start a file. */
export class LogBatch {
  #buffer = Buffer.allocUnsafe(BATCH_BYTES_INITIAL);
  #end = LOG_HEADER_BYTES;
  #firstZxid = -1 as Zxid;
  #lastZxid = -1 as Zxid;
  #records = 0;
  /** The records go to a new file. */
  startsFile = false;

  get records(): number {
    return this.#records;
  }

  get firstZxid(): Zxid {
    return this.#firstZxid;
  }

  get lastZxid(): Zxid {
    return this.#lastZxid;
  }

  /** Bytes of the records, frames included. */
  get bytes(): number {
    return this.#end - LOG_HEADER_BYTES;
  }

  add(zxid: Zxid, payload: Uint8Array): void {
    this.#reserve(payload.length + RECORD_FRAME_BYTES);
    if (this.#records === 0) this.#firstZxid = zxid;
    this.#lastZxid = zxid;
    this.#records++;
    this.#end = writeRecord(this.#buffer, this.#end, payload);
  }

  /** The records, behind a file header when they start a file, and `zeros` zero bytes behind them. */
  encode(zeros: number): Buffer {
    invariant(this.#records > 0, "an empty batch is not written");
    const end = this.#end;
    this.#reserve(zeros);
    this.#end = end;
    this.#buffer.fill(0, end, end + zeros);
    if (this.startsFile) writeLogHeader(this.#buffer, 0);
    return this.#buffer.subarray(this.startsFile ? 0 : LOG_HEADER_BYTES, end + zeros);
  }

  /** Empty again, for other records. */
  clear(): void {
    if (this.#buffer.length > BATCH_BYTES_KEPT) this.#buffer = Buffer.allocUnsafe(BATCH_BYTES_INITIAL);
    this.#end = LOG_HEADER_BYTES;
    this.#records = 0;
    this.startsFile = false;
  }

  #reserve(count: number): void {
    const needed = this.#end + count;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#end);
    this.#buffer = grown;
  }
}
