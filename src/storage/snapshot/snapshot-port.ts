import type { Int64 } from "../../protocol/int64.ts";
import type { JuteWriter } from "../../protocol/jute-writer.ts";
import type { ACL, StatPersisted } from "../../protocol/records/data.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import type { Zxid } from "../../protocol/zxid.ts";

/** The tree's digest at a zxid, as the snapshot's digest section holds it. */
export interface ZxidDigest {
  readonly zxid: Zxid;
  readonly version: number;
  readonly treeDigest: Int64;
}

/**
 * What a snapshot is written from. It is fuzzy by design: the tree may change between two calls, and the snapshot has
 * every effect up to {@link zxid} and possibly some of later ones (storage-formats 3.4).
 */
export interface SnapshotSource {
  /** The last processed zxid at the moment the source was made: it names the file. */
  readonly zxid: Zxid;
  /**
   * Appends the next part of the stream `sessions | acl map | nodes | "/"` to `out`: at least something, and it stops soon
   * after `bytesMax` bytes. Returns true once the end-of-nodes marker has been written.
   */
  writeNext(out: JuteWriter, bytesMax: number): boolean;
  /** Asked after writeNext returned true; undefined when digests are off. */
  digest(): ZxidDigest | undefined;
  /** Asked after writeNext returned true: the last processed zxid at that moment. */
  lastProcessedZxid(): Zxid;
}

/** What a snapshot is read into. Called in file order; a thrown JuteError makes the snapshot invalid. */
export interface SnapshotSink {
  session(id: SessionId, timeoutMs: number): void;
  acl(aclId: number, acl: readonly ACL[]): void;
  /** `data` is a view: copy it to keep it. The root has path "". */
  node(path: string, data: Uint8Array | null, aclId: number, stat: StatPersisted): void;
  digest(digest: ZxidDigest): void;
}

/** A database being recovered: a fresh one for every attempt (storage-formats 3.3). */
export interface RecoveryTarget extends SnapshotSink {
  /** After the last node of the snapshot: its zxid is the one in the file's name. */
  snapshotLoaded(zxid: Zxid): void;
  /** One log record with a zxid above the snapshot's, in file order; `bytes` is the payload (a view). */
  replay(bytes: Uint8Array): void;
  /**
   * Whether the record just replayed told the digest that the tree must have after it, and the tree has it: then no txn
   * is missing before it. False when digests are off, or cannot be compared yet. A target without digests leaves it out.
   */
  confirmsLastTxn?(): boolean;
}
