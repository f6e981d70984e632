import { unreachable } from "../base/invariant.ts";
import type { Log } from "../base/ports.ts";
import type { DigestMismatch, TreeReport } from "../core/tree/tree-types.ts";
import { zxidToHex } from "../protocol/zxid.ts";

/** Only the first mismatch is an error line: most that follow are the same damage seen again (quorum-protocol 7). */
export function reportDigestMismatch(mismatch: DigestMismatch, log: Log): void {
  const fields = {
    zxid: zxidToHex(mismatch.zxid),
    expected: mismatch.expected.key,
    actual: mismatch.actual.key,
    source: mismatch.source,
  };
  const message =
    "the tree's digest is not the expected one: this server's data differs from what was logged";
  if (mismatch.isFirst) log.error(fields, message);
  else log.debug(fields, message);
}

/** Writes one line for each thing that the tree has to tell an operator. */
export function reportTree(report: TreeReport, log: Log): void {
  switch (report.kind) {
    case "quotaExceeded": {
      const { prefix, measure, value, limit, isHard } = report;
      log.warn(
        { path: prefix, measure, value, limit },
        isHard ? "hard quota exceeded" : "soft quota exceeded",
      );
      return;
    }
    case "quotaLimitUnreadable":
      log.warn({ path: report.path }, "this quota znode holds no quota: it limits nothing");
      return;
    case "quotaOnRootIgnored":
      log.warn({ path: report.path }, 'a quota on "/" has no effect');
      return;
    case "ttlOwnersWithoutExtendedTypes":
      log.warn(
        { count: report.count, example: report.example },
        "the data holds TTL znodes, but extendedTypesEnabled is off: they are kept and never expire",
      );
      return;
    case "ephemeralsMissingInTxn":
      log.warn(
        { session: String(report.session), zxid: zxidToHex(report.zxid), count: report.paths.length },
        "a closeSession txn did not list all ephemerals of its session: the others were deleted too",
      );
      return;
    case "snapshotDigestNotReached":
      log.warn(
        { digestZxid: zxidToHex(report.snapshotDigestZxid), zxid: zxidToHex(report.zxid) },
        "the snapshot's digest could not be compared: the log holds no txn with its zxid",
      );
      return;
    case "aclsUnknown":
      log.error(
        { count: report.count, example: report.example },
        "the snapshot refers to ACLs that it does not hold: only the super user has access there",
      );
      return;
    default:
      unreachable(report, "tree report");
  }
}
