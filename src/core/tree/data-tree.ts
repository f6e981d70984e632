import type { Int64 } from "../../protocol/int64.ts";
import type { TxnDigest, TxnHeader } from "../../protocol/records/txn.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import type { TxnBody } from "../../protocol/txn.ts";
import { ZXID_ZERO, type Zxid } from "../../protocol/zxid.ts";
import { AclCache } from "./acl-cache.ts";
import { TxnApplier } from "./apply-txn.ts";
import { DigestTracker } from "./digest-tracker.ts";
import { OwnerRules } from "./owner.ts";
import { OwnerIndex } from "./owner-index.ts";
import { CONFIG_PATH } from "./path.ts";
import { QuotaRegistry } from "./quota.ts";
import { type SnapshotParts, TreeSnapshotSource } from "./snapshot-source.ts";
import { plantSystemZnodes } from "./system-znodes.ts";
import { TreeChanges } from "./tree-changes.ts";
import { TreeLoader } from "./tree-loader.ts";
import {
  type ChangeSink,
  type DataTreeOptions,
  NO_CHANGE_SINK,
  type NodeRef,
  type TxnResult,
  type ZxidDigest,
} from "./tree-types.ts";
import { ZnodeReader } from "./znode-reader.ts";
import { ZnodeStore } from "./znode-store.ts";

/**
 * The znodes: what is replicated. The same transactions make the same tree on every server, so nothing here asks for
 * the time or for anything else that is not in the transaction. Reads are inherited from {@link ZnodeReader}.
 *
 * A new tree holds "/", "/zookeeper", "/zookeeper/quota" and "/zookeeper/config" (client-protocol 4.8).
 */
export class DataTree extends ZnodeReader {
  /** Every effect of every transaction up to here is in the tree. */
  lastProcessedZxid: Zxid = ZXID_ZERO;
  readonly quota: QuotaRegistry;
  readonly digests: DigestTracker;
  /** Fills the tree from a snapshot. */
  readonly loader: TreeLoader;
  readonly #owners: OwnerIndex;
  readonly #changes: TreeChanges;
  readonly #applier: TxnApplier;

  constructor(options: DataTreeOptions) {
    const ownerRules = new OwnerRules(options);
    super(new ZnodeStore(options.hashSeed), new AclCache(), ownerRules);
    const { store, acls } = this;
    this.#owners = new OwnerIndex(ownerRules);
    this.digests = new DigestTracker(options);
    this.quota = new QuotaRegistry(store, options);
    const parts = { store, acls, owners: this.#owners, digests: this.digests, quota: this.quota };
    this.#changes = new TreeChanges(parts);
    this.#applier = new TxnApplier({
      changes: this.#changes,
      owners: this.#owners,
      options,
      stat: (row) => this.stat(row),
      pathOf: (row) => this.pathOf(row),
    });
    this.loader = new TreeLoader(parts, this.#changes, ownerRules, options);
    plantSystemZnodes(this.loader);
  }

  /** Characters of all paths and bytes of all data: metric approximate_data_size. */
  get approximateDataBytes(): number {
    return this.#changes.pathChars + this.store.dataBytes;
  }

  get ephemeralCount(): number {
    return this.#owners.ephemeralCount;
  }

  /**
   * Applies a transaction: the next one live, or any later than the snapshot in replay, where its effects may be in the
   * tree already (storage-formats 3.6). `header.type` is `body.type`. Tells `sink` of each change while it is made.
   */
  apply(header: TxnHeader, body: TxnBody, sink: ChangeSink): TxnResult {
    const result = this.#applier.apply(header, body, sink);
    // Only when all of a multi is in: a snapshot that begins now must not claim half of it.
    if (header.zxid > this.lastProcessedZxid) this.lastProcessedZxid = header.zxid;
    this.digests.applied(header.zxid);
    return result;
  }

  /** After {@link apply}: whether the tree is what the transaction's digest says. Reports a mismatch and goes on. */
  checkDigest(zxid: Zxid, digest: TxnDigest | undefined): boolean {
    return this.digests.compareTxn(zxid, digest);
  }

  /** Sum of all node digests mod 2^64; 0 when digests are off. */
  treeDigest(): Int64 {
    return this.digests.sum.toInt64();
  }

  /** The last tree digests at zxids divisible by 128, oldest first: admin command hash. */
  digestLog(): readonly ZxidDigest[] {
    return this.digests.log();
  }

  /** Paths of the session's ephemerals, in the order of their creation. */
  ephemeralsOf(session: SessionId): readonly string[] {
    return Array.from(this.#owners.ephemeralsOf(session), (row) => this.pathOf(row));
  }

  /** Sessions that own at least one ephemeral. */
  ephemeralOwners(): Iterable<SessionId> {
    return this.#owners.sessions();
  }

  /**
   * Deletes the session's ephemerals at lastProcessedZxid, without a transaction: for sessions that turned out dead at
   * start. Returns their paths.
   */
  removeEphemerals(session: SessionId, sink: ChangeSink): readonly string[] {
    const paths = this.ephemeralsOf(session);
    for (const path of paths) this.#changes.delete(path, this.lastProcessedZxid, sink);
    return paths;
  }

  /** Sets /zookeeper/config without a transaction: where it is made from this server's own configuration (quorum-protocol 5.2). */
  setConfiguration(data: Uint8Array, version: Zxid, timeMs: number): void {
    this.#changes.setData(CONFIG_PATH, data, -1, version, timeMs, NO_CHANGE_SINK);
  }

  /** The owner looks like a TTL, but extendedTypesEnabled is off, so that it counts as a session (client-protocol 15 #13). */
  isStrandedTtlOwner(owner: Int64): boolean {
    return this.ownerRules.isStrandedTtl(owner.hi, owner.lo);
  }

  /** For a new snapshot at lastProcessedZxid, with these sessions. */
  snapshotSource(sessions: SnapshotParts["sessions"]): TreeSnapshotSource {
    return new TreeSnapshotSource({
      reader: this,
      store: this.store,
      acls: this.acls,
      sessions,
      zxid: this.lastProcessedZxid,
      lastProcessedZxid: () => this.lastProcessedZxid,
      digest: () => (this.digests.isEnabled ? this.digests.last() : undefined),
    });
  }

  /** Rows of all container and TTL znodes, live: iteration survives changes of the tree. */
  get containers(): ReadonlySet<NodeRef> {
    return this.#owners.containers;
  }

  get ttlZnodes(): ReadonlySet<NodeRef> {
    return this.#owners.ttls;
  }

  /** Interned ACLs in use, without world:anyone:cdrwa of the system znodes. */
  get aclCount(): number {
    return this.acls.size;
  }
}
