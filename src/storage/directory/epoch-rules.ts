import { epochOf, ZXID_ZERO, type Zxid, zxidText } from "../../protocol/zxid.ts";
import { StartRefused } from "../start-refused.ts";
import type { EpochFiles } from "./epoch-files.ts";

/** The epochs of a member of an ensemble (quorum-protocol 3.6). */
export interface Epochs {
  /** The highest that this server has promised to follow. */
  readonly accepted: number;
  /** The one whose leader's history this server's data is a prefix of. */
  readonly current: number;
}

/**
 * Reads the epoch files of a member whose data ends at `lastZxid` (-1: there is none), and completes them: missing ones get
 * the epoch of the last txn. Data that is ahead of `currentEpoch`, but within what was accepted, is what a crash between a
 * sync and the epoch's write leaves: it is a prefix of that epoch's history, so the epoch follows it (Apache asks an
 * operator).
 *
 * @throws StartRefused when data and epochs cannot belong together; nothing was changed then
 */
export async function openEpochs(files: EpochFiles, snapDir: string, lastZxid: Zxid): Promise<Epochs> {
  const dataEpoch = epochOf(lastZxid > ZXID_ZERO ? lastZxid : ZXID_ZERO);
  const stored = { accepted: await files.readAccepted(), current: await files.readCurrent() };
  const accepted = stored.accepted ?? dataEpoch;
  const current = Math.max(stored.current ?? dataEpoch, dataEpoch);
  if (current > accepted) {
    throw refuse(
      dataEpoch > accepted
        ? `the last txn ${zxidText(lastZxid)} is of epoch ${dataEpoch}, but acceptedEpoch is ${accepted}`
        : `currentEpoch is ${current}, but acceptedEpoch is ${stored.accepted === undefined ? `missing (the last txn is of epoch ${dataEpoch})` : accepted}`,
      snapDir,
    );
  }
  if (stored.accepted === undefined) await files.writeAccepted(accepted);
  if (stored.current !== current) await files.writeCurrent(current);
  return { accepted, current };
}

function refuse(what: string, snapDir: string): StartRefused {
  return new StartRefused(
    "epoch-order",
    `${what}: these are data and epoch files of different ensembles or times, or an epoch file was lost. Put the right ` +
      `acceptedEpoch and currentEpoch back into ${snapDir}, or move version-2 of this server aside (keep myid) and start ` +
      "again: it gets its data from the leader.",
    { file: snapDir },
  );
}
