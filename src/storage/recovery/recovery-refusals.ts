import type { DiskError } from "../../base/ports.ts";
import { type Zxid, zxidText } from "../../protocol/zxid.ts";
import type { LogEnd, LogRecord } from "../log/log-format.ts";
import { StartRefused } from "../start-refused.ts";
import type { SkippedSnapshot } from "./snapshot-load.ts";

/** What recovery knows when it has to refuse. */
export interface RefusalContext {
  /** The snapshot that was loaded, if any. */
  readonly snapshot: string | undefined;
  readonly skipped: readonly SkippedSnapshot[];
}

const NOTHING_CHANGED = "Nothing on disk was changed.";
const WHAT_TO_DO =
  "In an ensemble: check that the other servers are well, move version-2 of this server (in dataDir and dataLogDir) aside, " +
  "keep myid, and start it again: it gets everything from the leader. A single server: restore version-2 from a backup.";

/** Bytes in a log that no crash leaves behind. */
export function refuseDamage(
  context: RefusalContext,
  file: string,
  offset: number,
  detail: string,
  zxid: Zxid | undefined,
  lastZxid?: Zxid,
): StartRefused {
  const at = zxid === undefined ? "" : ` (txn ${zxidText(zxid)})`;
  const readable = lastZxid === undefined ? "" : ` Txns up to ${zxidText(lastZxid)} are readable.`;
  return new StartRefused(
    "log-corrupt",
    `the transaction log ${file} is damaged at offset ${offset}${at}: ${detail}.${readable} Txns behind that place may have ` +
      `been acknowledged, so starting without them would lose data.${showSkipped(context)} ${NOTHING_CHANGED} ${WHAT_TO_DO}`,
    { file, offset },
  );
}

/** Txns are missing between what was read and this record. */
export function refuseGap(
  context: RefusalContext,
  lastZxid: Zxid,
  record: LogRecord,
  file: string,
  torn: { readonly path: string; readonly end: LogEnd } | undefined,
): StartRefused {
  const cause =
    torn !== undefined
      ? ` ${torn.path} ends at offset ${torn.end.offset} with an incomplete record (${torn.end.detail}).`
      : context.snapshot !== undefined
        ? ` The snapshot used is ${context.snapshot}.`
        : "";
  return new StartRefused(
    "log-gap",
    `txns are missing: behind ${zxidText(lastZxid)} comes ${zxidText(record.zxid)}, at offset ${record.offset} of ${file}.` +
      `${cause}${showSkipped(context)} ${NOTHING_CHANGED} Look for missing log files or a newer snapshot. ${WHAT_TO_DO}`,
    { file, offset: record.offset },
  );
}

/** Two histories in one log. */
export function refuseOrder(
  context: RefusalContext,
  lastZxid: Zxid,
  record: LogRecord,
  file: string,
): StartRefused {
  return new StartRefused(
    "log-order",
    `the transaction log goes back: behind ${zxidText(lastZxid)} comes a different ${zxidText(record.zxid)}, at offset ` +
      `${record.offset} of ${file}. Files of two histories seem to be mixed.${showSkipped(context)} ${NOTHING_CHANGED} ${WHAT_TO_DO}`,
    { file, offset: record.offset },
  );
}

export function refuseNewer(file: string, end: LogEnd): StartRefused {
  return new StartRefused(
    "newer-format",
    `${file} was written by a newer version: ${end.detail}. Start the version that wrote it. ${NOTHING_CHANGED}`,
    { file, offset: end.offset },
  );
}

/** Snapshots are there, and none can be read. */
export function refuseSnapshots(directory: string, skipped: readonly SkippedSnapshot[]): StartRefused {
  return new StartRefused(
    "snapshots-unreadable",
    `none of the snapshots in ${directory} can be read.${listSkipped(skipped)} ${NOTHING_CHANGED} ${WHAT_TO_DO}`,
    { file: skipped[0]!.file },
  );
}

/** There is a log, and no snapshot to start it from. */
export function refuseMissingSnapshot(
  logDir: string,
  snapDir: string,
  isComplete: boolean,
  skipped: readonly SkippedSnapshot[],
): StartRefused {
  const advice = isComplete
    ? "The log begins with the first txn, so nothing is missing if it is replayed on an empty tree: to do that, start once " +
      "with zookeeper.snapshot.trust.empty=true."
    : "The log does not begin with the first txn, so it is not enough by itself.";
  return new StartRefused(
    "snapshot-missing",
    `No snapshot found, but there are log entries: ${logDir} has txns and ${snapDir} has no usable snapshot.` +
      `${listSkipped(skipped)} Is dataDir right, is its disk mounted? ${advice} ${NOTHING_CHANGED} ${WHAT_TO_DO}`,
    { file: snapDir },
  );
}

/** The disk itself says no. */
export function refuseInaccessible(error: DiskError): StartRefused {
  return new StartRefused(
    "data-inaccessible",
    `the data of this server cannot be read or prepared: ${error.message}. Check the disk, its free space, and that the ` +
      "user of this process may read and write there.",
    { file: error.path },
  );
}

function showSkipped(context: RefusalContext): string {
  return context.skipped.length === 0
    ? ""
    : ` Newer snapshots could not be used.${listSkipped(context.skipped)}`;
}

function listSkipped(skipped: readonly SkippedSnapshot[]): string {
  return skipped.map(({ file, reason }) => ` ${file}: ${reason}.`).join("");
}
