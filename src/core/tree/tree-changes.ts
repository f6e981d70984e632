import { ErrorCode } from "../../protocol/error-code.ts";
import type { ACL } from "../../protocol/records/data.ts";
import type { AclCache } from "./acl-cache.ts";
import type { DigestTracker } from "./digest-tracker.ts";
import { DoubleField, IntField } from "./node-rows.ts";
import type { OwnerIndex } from "./owner-index.ts";
import { ROOT_PATH } from "./path.ts";
import type { QuotaRegistry } from "./quota.ts";
import { rowDigest } from "./row-digest.ts";
import { type ChangeSink, NO_NODE, type NodeRef } from "./tree-types.ts";
import type { ZnodeStore } from "./znode-store.ts";

/** What a tree is made of. */
export interface TreeParts {
  readonly store: ZnodeStore;
  readonly acls: AclCache;
  readonly owners: OwnerIndex;
  readonly digests: DigestTracker;
  readonly quota: QuotaRegistry;
}

/** The row of the changed znode, or (negative) the ErrorCode that says why nothing, or not all, was changed. */
export type ChangeResult = NodeRef | typeof ErrorCode.NONODE | typeof ErrorCode.NODEEXISTS;

/**
 * The changes that transactions make. Each is exact about a state that already holds effects of later transactions,
 * as it is met when a fuzzy snapshot is replayed (storage-formats 3.6), and keeps digests, owners, ACL references and
 * quotas in step.
 */
export class TreeChanges {
  readonly #store: ZnodeStore;
  readonly #acls: AclCache;
  readonly #owners: OwnerIndex;
  readonly #digests: DigestTracker;
  readonly #quota: QuotaRegistry;
  /** Sum of the paths' lengths in UTF-16 units; 1 is the "/" that ZooKeeper counts beside "". */
  #pathChars = 1;

  constructor(parts: TreeParts) {
    this.#store = parts.store;
    this.#acls = parts.acls;
    this.#owners = parts.owners;
    this.#digests = parts.digests;
    this.#quota = parts.quota;
  }

  get pathChars(): number {
    return this.#pathChars;
  }

  /** For the loader, which fills the store itself. */
  addPathChars(chars: number): void {
    this.#pathChars += chars;
  }

  /** `parentCversion` is the parent's counter after this create, or -1 (records of 3.2): one more than it is. */
  create(
    path: string,
    data: Uint8Array | null,
    acl: readonly ACL[] | null,
    ownerHi: number,
    ownerLo: number,
    parentCversion: number,
    zxid: number,
    time: number,
    sink: ChangeSink,
  ): ChangeResult {
    const slash = path.lastIndexOf("/");
    const parent = slash < 0 ? NO_NODE : this.#store.lookupPrefix(path, slash);
    if (parent === NO_NODE) return ErrorCode.NONODE;
    const existing = path === ROOT_PATH ? parent : this.#store.child(parent, path, slash + 1, path.length);
    if (existing !== NO_NODE) {
      this.#replaceAcl(existing, acl);
      this.#raiseCversion(parent, path, slash, parentCversion, zxid);
      return ErrorCode.NODEEXISTS;
    }
    const { rows } = this.#store;
    const row = this.#store.addChild(parent, path, slash + 1, path.length);
    this.#raiseCversion(parent, path, slash, parentCversion, zxid);
    rows.setInt(row, IntField.aclSlot, this.#acls.acquire(acl));
    this.#store.setCzxid(row, zxid);
    rows.setDouble(row, DoubleField.mzxid, zxid);
    rows.setDouble(row, DoubleField.pzxid, zxid);
    rows.setDouble(row, DoubleField.ctime, time);
    rows.setDouble(row, DoubleField.mtime, time);
    rows.setInt(row, IntField.ownerHi, ownerHi);
    rows.setInt(row, IntField.ownerLo, ownerLo);
    this.#store.setData(row, data);
    this.#updateDigest(row, path, path.length);
    this.#owners.add(row, ownerHi, ownerLo);
    this.#pathChars += path.length;
    this.#quota.created(path, data === null ? 0 : data.length);
    sink.created(path, this.#aclIdOf(row));
    sink.childrenChanged(slash === 0 ? ROOT_PATH : path.slice(0, slash), this.#aclIdOf(parent));
    return row;
  }

  /** The result is the parent's row: the znode is gone. */
  delete(path: string, zxid: number, sink: ChangeSink): ChangeResult {
    const slash = path.lastIndexOf("/");
    const parent = slash < 0 || path === ROOT_PATH ? NO_NODE : this.#store.lookupPrefix(path, slash);
    if (parent === NO_NODE) return ErrorCode.NONODE;
    // Also when the znode is gone already: a later state of it was in the snapshot (ZOOKEEPER-3125).
    this.#raisePzxid(parent, path, slash, zxid);
    const row = this.#store.child(parent, path, slash + 1, path.length);
    if (row === NO_NODE) return ErrorCode.NONODE;
    if (this.#store.firstChild(row) !== NO_NODE) this.#removeDescendants(row, path);
    const aclSlot = this.#store.rows.int(row, IntField.aclSlot);
    this.#remove(row, path);
    sink.deleted(path, this.#acls.idOf(aclSlot));
    sink.childrenChanged(slash === 0 ? ROOT_PATH : path.slice(0, slash), this.#aclIdOf(parent));
    this.#acls.release(aclSlot);
    return parent;
  }

  /** `version` is the new one. */
  setData(
    path: string,
    data: Uint8Array | null,
    version: number,
    zxid: number,
    time: number,
    sink: ChangeSink,
  ): ChangeResult {
    const row = this.#store.lookup(path);
    if (row === NO_NODE) return ErrorCode.NONODE;
    const { rows } = this.#store;
    const bytesDelta = (data === null ? 0 : data.length) - this.#store.dataLength(row);
    this.#store.setData(row, data);
    rows.setInt(row, IntField.version, version);
    rows.setDouble(row, DoubleField.mzxid, zxid);
    rows.setDouble(row, DoubleField.mtime, time);
    this.#updateDigest(row, path, path.length);
    this.#quota.resized(path, bytesDelta);
    sink.dataChanged(path, this.#aclIdOf(row));
    return row;
  }

  /** `aversion` is the new one. No watch fires. */
  setAcl(path: string, acl: readonly ACL[] | null, aversion: number): ChangeResult {
    const row = this.#store.lookup(path);
    if (row === NO_NODE) return ErrorCode.NONODE;
    this.#replaceAcl(row, acl);
    this.#store.rows.setInt(row, IntField.aversion, aversion);
    this.#updateDigest(row, path, path.length);
    return row;
  }

  /** Computes the digest of the znode at `path[0 … pathEnd)` anew and puts the difference into the tree's. */
  #updateDigest(row: NodeRef, path: string, pathEnd: number): void {
    if (!this.#digests.isEnabled) return;
    const { rows } = this.#store;
    this.#digests.sum.subtract(rows.int(row, IntField.digest) >>> 0);
    const digest = rowDigest(this.#store, row, path, pathEnd);
    rows.setInt(row, IntField.digest, digest);
    this.#digests.sum.add(digest);
  }

  /**
   * A create counted in the parent at `path[0 … end)`. Only upwards: the snapshot may hold a later count, and then also
   * a later pzxid (ZOOKEEPER-3249).
   */
  #raiseCversion(parent: NodeRef, path: string, end: number, parentCversion: number, zxid: number): void {
    const { rows } = this.#store;
    const current = rows.int(parent, IntField.cversion);
    const cversion = parentCversion === -1 ? (current + 1) | 0 : parentCversion;
    if (cversion <= current) return;
    rows.setInt(parent, IntField.cversion, cversion);
    rows.setDouble(parent, DoubleField.pzxid, zxid);
    this.#updateDigest(parent, path, end);
  }

  #raisePzxid(parent: NodeRef, path: string, end: number, zxid: number): void {
    const { rows } = this.#store;
    if (zxid <= rows.double(parent, DoubleField.pzxid)) return;
    rows.setDouble(parent, DoubleField.pzxid, zxid);
    this.#updateDigest(parent, path, end);
  }

  /** Released before acquired: then ids are given out as Apache does. */
  #replaceAcl(row: NodeRef, acl: readonly ACL[] | null): void {
    const { rows } = this.#store;
    this.#acls.release(rows.int(row, IntField.aclSlot));
    rows.setInt(row, IntField.aclSlot, this.#acls.acquire(acl));
  }

  /**
   * A znode that a transaction deletes had no children then; if it has some now, they belong to a later life of the
   * same path that a fuzzy snapshot caught, and replay creates them again. Without this they would stay behind as
   * orphans. No events: this happens in replay only.
   */
  #removeDescendants(top: NodeRef, topPath: string): void {
    const store = this.#store;
    for (let row = lastLeaf(store, top); row !== top; row = lastLeaf(store, top)) {
      const path = `${topPath}/${pathBelow(store, top, row)}`;
      const aclSlot = store.rows.int(row, IntField.aclSlot);
      this.#remove(row, path);
      this.#acls.release(aclSlot);
    }
  }

  #remove(row: NodeRef, path: string): void {
    const { rows } = this.#store;
    const bytes = this.#store.dataLength(row);
    if (this.#digests.isEnabled) this.#digests.sum.subtract(rows.int(row, IntField.digest) >>> 0);
    this.#owners.remove(row, rows.int(row, IntField.ownerHi), rows.int(row, IntField.ownerLo));
    this.#store.removeLeaf(row, path, path.lastIndexOf("/") + 1, path.length);
    this.#pathChars -= path.length;
    this.#quota.deleted(path, bytes);
  }

  #aclIdOf(row: NodeRef): number {
    return this.#acls.idOf(this.#store.rows.int(row, IntField.aclSlot));
  }
}

/** The first leaf below `top`, or `top` itself when it has no children. */
function lastLeaf(store: ZnodeStore, top: NodeRef): NodeRef {
  let row = top;
  for (let child = store.firstChild(row); child !== NO_NODE; child = store.firstChild(row)) row = child;
  return row;
}

function pathBelow(store: ZnodeStore, top: NodeRef, row: NodeRef): string {
  let path = store.name(row);
  for (let at = store.parent(row); at !== top; at = store.parent(at)) path = `${store.name(at)}/${path}`;
  return path;
}
