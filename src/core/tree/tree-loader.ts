import { JuteError } from "../../protocol/jute-reader.ts";
import type { ACL, StatPersisted } from "../../protocol/records/data.ts";
import type { AclCache } from "./acl-cache.ts";
import type { DigestTracker } from "./digest-tracker.ts";
import { DoubleField, IntField } from "./node-rows.ts";
import type { OwnerRules } from "./owner.ts";
import type { OwnerIndex } from "./owner-index.ts";
import { CONFIG_PATH, QUOTA_PATH, ROOT_PATH, ZOOKEEPER_PATH } from "./path.ts";
import type { QuotaRegistry } from "./quota.ts";
import { rowDigest } from "./row-digest.ts";
import { plantConfigZnode } from "./system-znodes.ts";
import type { TreeChanges, TreeParts } from "./tree-changes.ts";
import { type DataTreeOptions, NO_NODE, type NodeRef } from "./tree-types.ts";
import type { ZnodeStore } from "./znode-store.ts";

/**
 * Fills a tree from a snapshot, in file order: ACL map, znodes with parents before children, then {@link finish}. Throws
 * JuteError for what cannot be a tree; the half-filled tree must then be thrown away.
 */
export class TreeLoader {
  readonly #store: ZnodeStore;
  readonly #acls: AclCache;
  readonly #owners: OwnerIndex;
  readonly #digests: DigestTracker;
  readonly #quota: QuotaRegistry;
  readonly #changes: TreeChanges;
  readonly #ownerRules: OwnerRules;
  readonly #options: DataTreeOptions;
  #parentPath = "";
  #parentRow: NodeRef;
  #strandedTtls = 0;
  #strandedExample = "";
  #unknownAcls = 0;
  #unknownExample = "";

  constructor(parts: TreeParts, changes: TreeChanges, ownerRules: OwnerRules, options: DataTreeOptions) {
    this.#store = parts.store;
    this.#acls = parts.acls;
    this.#owners = parts.owners;
    this.#digests = parts.digests;
    this.#quota = parts.quota;
    this.#changes = changes;
    this.#ownerRules = ownerRules;
    this.#options = options;
    this.#parentRow = this.#store.root;
  }

  /** Takes the system znodes of a new tree out again: a snapshot brings its own. Only before anything was applied. */
  begin(): void {
    const store = this.#store;
    for (const path of [CONFIG_PATH, QUOTA_PATH, ZOOKEEPER_PATH]) {
      const row = store.lookup(path);
      if (row === NO_NODE) continue;
      this.#forget(row, path);
      store.removeLeaf(row, path, path.lastIndexOf("/") + 1, path.length);
    }
    this.#forget(store.root, "");
    this.#acls.clear();
    this.#parentPath = "";
    this.#parentRow = store.root;
    store.rows.setInt(store.root, IntField.aclSlot, -1);
  }

  acl(aclId: number, acl: readonly ACL[]): void {
    this.#acls.load(aclId, acl);
  }

  /** An id to give to {@link node} at once. */
  internAcl(acl: readonly ACL[]): number {
    return this.#acls.intern(acl);
  }

  /** The root has path "". A path that comes again replaces what was there: two snapshots of it were taken. */
  node(path: string, data: Uint8Array | null, aclId: number, stat: StatPersisted): void {
    const { hi, lo } = stat.ephemeralOwner;
    if (hi < 0) this.#ownerRules.refuseUnknownType(hi, lo, path);
    const row = this.#rowFor(path);
    const { rows } = this.#store;
    rows.setInt(row, IntField.aclSlot, this.#acls.acquireById(aclId));
    this.#store.setCzxid(row, stat.czxid);
    rows.setDouble(row, DoubleField.mzxid, stat.mzxid);
    rows.setDouble(row, DoubleField.pzxid, stat.pzxid);
    rows.setDouble(row, DoubleField.ctime, stat.ctime);
    rows.setDouble(row, DoubleField.mtime, stat.mtime);
    rows.setInt(row, IntField.version, stat.version);
    rows.setInt(row, IntField.cversion, stat.cversion);
    rows.setInt(row, IntField.aversion, stat.aversion);
    rows.setInt(row, IntField.ownerHi, hi);
    rows.setInt(row, IntField.ownerLo, lo);
    this.#store.setData(row, data);
    if (this.#digests.isEnabled) {
      const digest = rowDigest(this.#store, row, path, path.length);
      rows.setInt(row, IntField.digest, digest);
      this.#digests.sum.add(digest);
    }
    this.#owners.add(row, hi, lo);
    this.#changes.addPathChars(path.length);
    this.#note(row, path, hi, lo);
  }

  /** After the last znode: what follows from all of them together. */
  finish(): void {
    if (this.#store.lookup(CONFIG_PATH) === NO_NODE && this.#store.lookup(ZOOKEEPER_PATH) !== NO_NODE) {
      plantConfigZnode(this);
    }
    this.#acls.purgeUnused();
    this.#quota.rebuild();
    const { onReport } = this.#options;
    if (this.#strandedTtls > 0) {
      const kind = "ttlOwnersWithoutExtendedTypes";
      onReport?.({ kind, count: this.#strandedTtls, example: this.#strandedExample });
    }
    if (this.#unknownAcls > 0) {
      onReport?.({ kind: "aclsUnknown", count: this.#unknownAcls, example: this.#unknownExample });
    }
  }

  #rowFor(path: string): NodeRef {
    const store = this.#store;
    if (path === "") {
      this.#forget(store.root, path);
      return store.root;
    }
    const slash = path.lastIndexOf("/");
    const parent = slash < 0 ? NO_NODE : this.#parentAt(path, slash);
    if (parent === NO_NODE || path === ROOT_PATH) {
      throw new JuteError(`the snapshot holds znode ${JSON.stringify(path)} without its parent`);
    }
    const existing = store.child(parent, path, slash + 1, path.length);
    if (existing === NO_NODE) return store.addChild(parent, path, slash + 1, path.length);
    this.#forget(existing, path);
    return existing;
  }

  /** The znode at `path[0 … end)`. A directory's znodes mostly follow each other, so the last answer is tried first. */
  #parentAt(path: string, end: number): NodeRef {
    if (end !== this.#parentPath.length || !path.startsWith(this.#parentPath)) {
      this.#parentPath = path.slice(0, end);
      this.#parentRow = this.#store.lookupPrefix(path, end);
    }
    return this.#parentRow;
  }

  /** Takes a znode out of all sums and indexes, but leaves it in the tree. */
  #forget(row: NodeRef, path: string): void {
    const { rows } = this.#store;
    this.#digests.sum.subtract(rows.int(row, IntField.digest) >>> 0);
    rows.setInt(row, IntField.digest, 0);
    this.#owners.remove(row, rows.int(row, IntField.ownerHi), rows.int(row, IntField.ownerLo));
    this.#acls.release(rows.int(row, IntField.aclSlot));
    rows.setInt(row, IntField.aclSlot, -1);
    this.#changes.addPathChars(-path.length);
  }

  #note(row: NodeRef, path: string, ownerHi: number, ownerLo: number): void {
    if (this.#acls.isUnknown(this.#store.rows.int(row, IntField.aclSlot)) && this.#unknownAcls++ === 0) {
      this.#unknownExample = path;
    }
    if (ownerHi < 0 && this.#ownerRules.isStrandedTtl(ownerHi, ownerLo) && this.#strandedTtls++ === 0) {
      this.#strandedExample = path;
    }
  }
}
