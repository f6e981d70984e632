import type { Int64 } from "../../protocol/int64.ts";
import type { Stat } from "../../protocol/records/data.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import type { Zxid } from "../../protocol/zxid.ts";

/**
 * A znode as the number of its row. Valid only within the synchronous turn in which it was looked up: rows are
 * recycled. {@link NO_NODE} means that there is no such znode.
 */
export type NodeRef = number;
export const NO_NODE: NodeRef = -1;

/** What the persisted ephemeralOwner of a znode says it is (client-protocol 4.4). */
export type OwnerKind = "none" | "session" | "container" | "ttl";

/** A tree digest and the zxid after which the tree had it. */
export interface ZxidDigest {
  readonly zxid: Zxid;
  readonly version: number;
  readonly treeDigest: Int64;
}

/** The tree is not what the transaction or the snapshot says it must be after `zxid` (quorum-protocol 7). */
export interface DigestMismatch {
  readonly zxid: Zxid;
  readonly expected: Int64;
  readonly actual: Int64;
  readonly source: "txn" | "snapshot";
  /** The first one since this tree exists: the later ones mostly follow from it. */
  readonly isFirst: boolean;
}

/** Things an operator must hear about; the host turns each into one log line. */
export type TreeReport =
  /** A quota is or would be exceeded; only a hard one refuses the request (client-protocol 9). */
  | {
      readonly kind: "quotaExceeded";
      readonly isHard: boolean;
      readonly prefix: string;
      readonly measure: "count" | "bytes";
      readonly value: number;
      readonly limit: number;
    }
  /** The limit znode at `path` holds something that is not a quota: it limits nothing (client-protocol 15 #9). */
  | { readonly kind: "quotaLimitUnreadable"; readonly path: string }
  /** Someone set a quota on "/": accepted and without effect (client-protocol 15 #2). */
  | { readonly kind: "quotaOnRootIgnored"; readonly path: string }
  /**
   * The data holds znodes whose owner looks like a TTL, but extendedTypesEnabled is off: they count as ephemerals of
   * sessions that do not exist. They are kept, where Apache deletes them (storage-formats 3.1, client-protocol 15 #13).
   */
  | { readonly kind: "ttlOwnersWithoutExtendedTypes"; readonly count: number; readonly example: string }
  /** A closeSession txn did not list ephemerals that this tree has for the session: they were deleted too. */
  | {
      readonly kind: "ephemeralsMissingInTxn";
      readonly session: SessionId;
      readonly zxid: Zxid;
      readonly paths: readonly string[];
    }
  /** The log has no txn with the zxid at which the snapshot's digest could be compared (storage-formats 3.4). */
  | { readonly kind: "snapshotDigestNotReached"; readonly snapshotDigestZxid: Zxid; readonly zxid: Zxid }
  /** The snapshot refers to an ACL that it does not hold; unless replay brings it, only the super user gets in. */
  | { readonly kind: "aclsUnknown"; readonly count: number; readonly example: string };

export interface DataTreeOptions {
  /** `zookeeper.digest.enabled` */
  readonly digestEnabled: boolean;
  /** `zookeeper.extendedTypesEnabled`: TTL znodes exist. Must be the same on all servers for ever once used. */
  readonly extendedTypesEnabled: boolean;
  /** `zookeeper.emulate353TTLNodes`: with extended types, every other negative owner is a TTL of 3.5.3. */
  readonly emulate353TTLNodes: boolean;
  /** An int32 that nobody outside can know, against names chosen to collide. The tree is the same with any. */
  readonly hashSeed?: number;
  readonly onDigestMismatch?: (mismatch: DigestMismatch) => void;
  readonly onReport?: (report: TreeReport) => void;
}

/**
 * Hears of every change while it is applied, in the order of client-protocol 5.2. `aclId` is the ACL against which READ
 * is checked when the event is delivered: the new znode's, the znode's (for `deleted`: as it was), the parent's for
 * `childrenChanged`. Look it up at once with `DataTree.aclById`: a deleted znode's ACL may be gone after the call.
 * Paths are full, the root is "/". The sink must not change the tree.
 */
export interface ChangeSink {
  created(path: string, aclId: number): void;
  deleted(path: string, aclId: number): void;
  dataChanged(path: string, aclId: number): void;
  childrenChanged(parentPath: string, parentAclId: number): void;
}

/** For replay and wherever nobody watches. */
export const NO_CHANGE_SINK: ChangeSink = {
  created() {},
  deleted() {},
  dataChanged() {},
  childrenChanged() {},
};

/** What applying one transaction, or one part of a multi, came to. */
export interface TxnResult {
  readonly type: number;
  /**
   * An ErrorCode. For an error txn the code inside it; for a multi the first one of its parts that is not 0; otherwise 0, or
   * NONODE / NODEEXISTS where replay met its own effects (storage-formats 3.6).
   */
  readonly err: number;
  /** The txn's path; null for session, error and multi txns. */
  readonly path: string | null;
  /** The znode right after the change: create*, setData, reconfig and setACL, when err is 0. */
  readonly stat: Stat | null;
  /** One result per part of a multi; null for everything else. */
  readonly parts: readonly TxnResult[] | null;
}
