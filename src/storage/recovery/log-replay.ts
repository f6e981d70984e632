import type { Disk } from "../../base/ports.ts";
import { JuteError } from "../../protocol/jute-reader.ts";
import { epochOf, follows, type Zxid, zxidText } from "../../protocol/zxid.ts";
import { type LogName, pathIn } from "../directory/file-names.ts";
import type { LogEnd, LogRecord } from "../log/log-format.ts";
import { LogFileReader } from "../log/log-reader.ts";
import type { LogTail } from "../log/log-tail-repair.ts";
import { hasIdenticalRecord } from "../log/log-twin.ts";
import type { RecoveryTarget } from "../snapshot/snapshot-port.ts";
import {
  type RefusalContext,
  refuseDamage,
  refuseGap,
  refuseNewer,
  refuseOrder,
} from "./recovery-refusals.ts";

export interface ReplayOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** The files that can hold records behind the snapshot, ascending. */
  readonly files: readonly LogName[];
  readonly target: RecoveryTarget;
  /** Zxid of the snapshot; 0 for an empty database. */
  readonly base: Zxid;
  readonly recordBytesMax?: number | undefined;
  /** For messages: what recovery has found out so far. */
  readonly context: RefusalContext;
}

export interface Replayed {
  readonly records: number;
  readonly tail: LogTail;
  /** Where the last record ends; undefined without one. */
  readonly end: { readonly name: string; readonly offset: number } | undefined;
  readonly notices: readonly string[];
}

/**
 * Replays the log behind a snapshot, and takes nothing for granted: every record has to follow the one before it, an
 * incomplete end is accepted only where a crash can have left it, and everything else refuses the start. Changes
 * nothing on disk; what has to be put right is told in the tail.
 */
export async function replayLog(options: ReplayOptions): Promise<Replayed> {
  const replay = new LogReplay(options);
  for (const file of options.files) await replay.readFile(file);
  return replay.result();
}

class LogReplay {
  readonly #options: ReplayOptions;
  #lastZxid: Zxid;
  #records = 0;
  readonly #torn: { name: string; offset: number }[] = [];
  readonly #unterminated: { name: string; offset: number }[] = [];
  readonly #empty: string[] = [];
  readonly #notices: string[] = [];
  #end: Replayed["end"];
  /** An earlier file ends with a torn record: the next record must follow without a gap. */
  #tornBefore: { readonly path: string; readonly end: LogEnd } | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#lastZxid = options.base;
  }

  result(): Replayed {
    const tail = {
      lastZxid: this.#lastZxid,
      torn: this.#torn,
      unterminated: this.#unterminated,
      empty: this.#empty,
    };
    return { records: this.#records, tail, end: this.#end, notices: this.#notices };
  }

  async readFile({ name }: LogName): Promise<void> {
    const { disk, directory, files, recordBytesMax } = this.#options;
    const file = await LogFileReader.open(disk, pathIn(directory, name), recordBytesMax);
    let count = 0;
    try {
      do {
        for (let record = file.next(); record !== undefined; record = file.next()) {
          count++;
          if (record.zxid > this.#lastZxid) this.#take(record, file.path);
          else if (this.#records > 0) await this.#takeRepeated(record, file.path);
        }
      } while (await file.read());
    } finally {
      await file.close();
    }
    this.#closeFile(name, file.path, file.end!, count, name === files.at(-1)!.name);
  }

  #take(record: LogRecord, path: string): void {
    const isNext = follows(this.#lastZxid, record.zxid);
    if (!isNext && (this.#tornBefore !== undefined || epochOf(record.zxid) === epochOf(this.#lastZxid))) {
      throw refuseGap(this.#options.context, this.#lastZxid, record, path, this.#tornBefore);
    }
    try {
      this.#options.target.replay(record.bytes);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      throw refuseDamage(
        this.#options.context,
        path,
        record.offset,
        `a txn that cannot be decoded: ${error.message}`,
        record.zxid,
      );
    }
    // A new epoch that does not begin with its first txn: either its beginning is missing, or it never had one. Only the
    // tree's digest can tell.
    if (!isNext && this.#options.target.confirmsLastTxn?.() !== true) {
      throw refuseGap(this.#options.context, this.#lastZxid, record, path, undefined);
    }
    this.#tornBefore = undefined;
    this.#lastZxid = record.zxid;
    this.#records++;
  }

  /** A learner may log a proposal twice around its sync point; the same record again is harmless, another one is not. */
  async #takeRepeated(record: LogRecord, path: string): Promise<void> {
    if (!(await hasIdenticalRecord(this.#options, record, path))) {
      throw refuseOrder(this.#options.context, this.#lastZxid, record, path);
    }
    this.#notices.push(
      `${path} holds txn ${zxidText(record.zxid)} a second time at offset ${record.offset}: ignored`,
    );
  }

  #closeFile(name: string, path: string, end: LogEnd, count: number, isNewest: boolean): void {
    const { context } = this.#options;
    if (count > 0) this.#end = { name, offset: end.offset };
    switch (end.kind) {
      case "clean":
        if (isNewest && count === 0) this.#empty.push(name);
        return;
      case "unterminated":
        this.#unterminated.push({ name, offset: end.offset });
        this.#notices.push(`${path}: ${end.detail}; by its checksum the record is complete, so it counts`);
        return;
      case "torn":
        this.#closeTorn(name, path, end, isNewest);
        return;
      case "newer":
        throw refuseNewer(path, end);
      case "foreign":
      case "corrupt":
        throw refuseDamage(context, path, end.offset, end.detail, undefined, this.#lastZxid);
    }
  }

  #closeTorn(name: string, path: string, end: LogEnd, isNewest: boolean): void {
    const isHeaderTorn = end.offset === 0;
    if (isHeaderTorn && !isNewest) {
      throw refuseDamage(
        this.#options.context,
        path,
        0,
        "a file without a header that is not the newest",
        undefined,
        this.#lastZxid,
      );
    }
    if (isHeaderTorn) this.#empty.push(name);
    else this.#torn.push({ name, offset: end.offset });
    if (!isNewest) this.#tornBefore = { path, end };
    const behind = end.recordsBehind > 0 ? `, with ${end.recordsBehind} later records of the same write` : "";
    this.#notices.push(
      `${path} ends with an incomplete write at offset ${end.offset} (${end.detail}); it was never acknowledged and is ` +
        `dropped${behind}. The last txn is ${zxidText(this.#lastZxid)}`,
    );
  }
}
