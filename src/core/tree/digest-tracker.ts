import type { TxnDigest } from "../../protocol/records/txn.ts";
import { ZXID_ZERO, type Zxid } from "../../protocol/zxid.ts";
import { DIGEST_VERSION, DigestSum } from "./digest.ts";
import type { DataTreeOptions, DigestMismatch, ZxidDigest } from "./tree-types.ts";

/** Every 128th zxid is kept, so that servers can be compared at the same ones. */
const LOG_INTERVAL = 128;
const LOG_LENGTH_MAX = 1024;

/**
 * The tree digest, what it was at which zxid, and whether that is what it must be (quorum-protocol 7). While a loaded
 * snapshot is fuzzy, that is until the zxid of its digest section is reached, the tree may already hold effects of later
 * transactions, so nothing is compared and nothing recorded.
 */
export class DigestTracker {
  readonly isEnabled: boolean;
  readonly sum: DigestSum = new DigestSum();
  readonly #options: DataTreeOptions;
  readonly #log: ZxidDigest[] = [];
  #logStart = 0;
  #snapshotDigest: ZxidDigest | undefined;
  #isFuzzy = false;
  #lastZxid: Zxid = ZXID_ZERO;
  #mismatches = 0;

  constructor(options: DataTreeOptions) {
    this.isEnabled = options.digestEnabled;
    this.#options = options;
  }

  /** Mismatches so far: metric digest_mismatches_count. */
  get mismatches(): number {
    return this.#mismatches;
  }

  /** The zxid that a loaded snapshot waits for before digests mean anything; undefined when it waits for none. */
  get fuzzyUntil(): Zxid | undefined {
    return this.#snapshotDigest?.zxid;
  }

  /** The last digests at zxids divisible by 128, oldest first, at most 1024. */
  log(): readonly ZxidDigest[] {
    return [...this.#log.slice(this.#logStart), ...this.#log.slice(0, this.#logStart)];
  }

  /** For the digest section of a snapshot: zxid 0 and digest 0 while nothing was recorded since the load. */
  last(): ZxidDigest {
    const digest = this.#lastZxid === ZXID_ZERO ? new DigestSum() : this.sum;
    return { zxid: this.#lastZxid, version: DIGEST_VERSION, treeDigest: digest.toInt64() };
  }

  /** The tree holds effects of txns to come, until {@link endFuzziness}. */
  beginFuzziness(): void {
    this.#isFuzzy = true;
  }

  /** The tree is what the txns up to `zxid` have made of it. */
  endFuzziness(zxid: Zxid): void {
    this.#isFuzzy = false;
    this.applied(zxid);
  }

  /** A snapshot named `snapshotZxid` was loaded; `digest` is its digest section, if it has one. */
  snapshotLoaded(snapshotZxid: Zxid, digest: ZxidDigest | undefined): void {
    if (!this.isEnabled || digest === undefined) return;
    // Older than the snapshot: a new leader had set its zxid to epoch:0. Such a snapshot is not fuzzy (storage-formats 3.4).
    if (digest.zxid <= ZXID_ZERO || digest.zxid < snapshotZxid || digest.version !== DIGEST_VERSION) return;
    this.#snapshotDigest = digest;
    if (digest.zxid === snapshotZxid) this.applied(snapshotZxid);
  }

  /** The tree has been through all of the transaction `zxid`. */
  applied(zxid: Zxid): void {
    if (!this.isEnabled || this.#isFuzzy) return;
    const awaited = this.#snapshotDigest;
    if (awaited !== undefined) {
      if (zxid < awaited.zxid) return;
      this.#snapshotDigest = undefined;
      this.#compareSnapshot(awaited, zxid);
    }
    this.#record(zxid);
  }

  /** Compares the tree with the digest that came with the transaction just applied. False on a mismatch. */
  compareTxn(zxid: Zxid, digest: TxnDigest | undefined): boolean {
    if (!this.isEnabled || digest === undefined || digest.version !== DIGEST_VERSION) return true;
    if (this.#isFuzzy || this.#snapshotDigest !== undefined || this.sum.equals(digest.treeDigest))
      return true;
    this.#report(zxid, digest.treeDigest, "txn");
    return false;
  }

  #compareSnapshot(awaited: ZxidDigest, zxid: Zxid): void {
    if (zxid > awaited.zxid) {
      const kind = "snapshotDigestNotReached";
      this.#options.onReport?.({ kind, snapshotDigestZxid: awaited.zxid, zxid });
    } else if (!this.sum.equals(awaited.treeDigest)) {
      this.#report(zxid, awaited.treeDigest, "snapshot");
    }
  }

  #record(zxid: Zxid): void {
    this.#lastZxid = zxid;
    if (zxid % LOG_INTERVAL !== 0) return;
    const entry = { zxid, version: DIGEST_VERSION, treeDigest: this.sum.toInt64() };
    if (this.#log.length < LOG_LENGTH_MAX) {
      this.#log.push(entry);
    } else {
      this.#log[this.#logStart] = entry;
      this.#logStart = (this.#logStart + 1) % LOG_LENGTH_MAX;
    }
  }

  #report(zxid: Zxid, expected: DigestMismatch["expected"], source: DigestMismatch["source"]): void {
    this.#mismatches++;
    this.#options.onDigestMismatch?.({
      zxid,
      expected,
      actual: this.sum.toInt64(),
      source,
      isFirst: this.#mismatches === 1,
    });
  }
}
