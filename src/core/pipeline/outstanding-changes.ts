import { Fifo } from "../../base/fifo.ts";
import { Int64 } from "../../protocol/int64.ts";
import type { ACL } from "../../protocol/records/data.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { DataTree } from "../tree/data-tree.ts";
import { DigestSum, nodeDigest } from "../tree/digest.ts";
import { type TextKey, textKeyOf } from "../tree/text-key.ts";
import type { NodeRef } from "../tree/tree-types.ts";

/** A znode as it will be when everything outstanding has been applied. Changed in place while txns are prepared. */
export class ChangeRecord {
  readonly path: string;
  /** False: it will have been deleted. */
  exists = true;
  czxid = 0 as Zxid;
  mzxid = 0 as Zxid;
  pzxid = 0 as Zxid;
  ctime = 0;
  mtime = 0;
  version = 0;
  /** The stored cversion as apply will leave it: it only grows. */
  cversion = 0;
  /** The number of the next sequential child; other than cversion it wraps (client-protocol 4.6). */
  sequence = 0;
  aversion = 0;
  /** Persisted form. */
  ephemeralOwner: Int64 = Int64.ZERO;
  isEphemeral = false;
  numChildren = 0;
  acl: readonly ACL[] | null = null;
  /** Undefined: as the tree has it. */
  data: Uint8Array | null | undefined;
  dataLength = 0;
  /** The znode's part of the tree digest; 0 without digests and for one that does not exist. */
  digest = 0;
  /** Prepared txns that have changed it and are not applied. */
  pendingCount = 0;

  constructor(path: string) {
    this.path = path;
  }

  copy(): ChangeRecord {
    const copy = new ChangeRecord(this.path);
    copy.restore(this);
    return copy;
  }

  /** Takes over everything from `other`, a record of the same path. Field by field: multis do this for every part. */
  restore(other: ChangeRecord): void {
    this.exists = other.exists;
    this.czxid = other.czxid;
    this.mzxid = other.mzxid;
    this.pzxid = other.pzxid;
    this.ctime = other.ctime;
    this.mtime = other.mtime;
    this.version = other.version;
    this.cversion = other.cversion;
    this.sequence = other.sequence;
    this.aversion = other.aversion;
    this.ephemeralOwner = other.ephemeralOwner;
    this.isEphemeral = other.isEphemeral;
    this.numChildren = other.numChildren;
    this.acl = other.acl;
    this.data = other.data;
    this.dataLength = other.dataLength;
    this.digest = other.digest;
    this.pendingCount = other.pendingCount;
  }
}

/**
 * The znodes that prepared but not yet applied txns change: checks look here first, then into the tree, so that pipelined
 * writes behave as if executed one by one (client-protocol 4.3). It also knows what the tree's digest will be.
 */
export class OutstandingChanges {
  readonly #tree: DataTree;
  readonly #digestEnabled: boolean;
  readonly #records = new Map<TextKey, ChangeRecord>();
  /** One element per change, in the order of preparation. */
  readonly #changes = new Fifo<ChangeRecord>();
  readonly #digest = new DigestSum();
  /** While a multi is prepared: the changed records as they were, oldest first; a new record has none. */
  #undo: { readonly record: ChangeRecord; readonly before: ChangeRecord | undefined }[] | undefined;
  #digestBefore = Int64.ZERO;
  #ephemeralsPending = 0;

  constructor(tree: DataTree, digestEnabled: boolean) {
    this.#tree = tree;
    this.#digestEnabled = digestEnabled;
  }

  /** Changes recorded and not yet applied. */
  get length(): number {
    return this.#changes.length;
  }

  /** The tree's digest after everything recorded. */
  get treeDigest(): Int64 {
    return this.#changes.length === 0 ? this.#tree.treeDigest() : this.#digest.toInt64();
  }

  exists(path: string): boolean {
    const record = this.#records.get(textKeyOf(path));
    return record === undefined ? this.#tree.lookup(path) >= 0 : record.exists;
  }

  /** The znode, or undefined when there is none. To change the result, call {@link change} first. */
  find(path: string): ChangeRecord | undefined {
    const record = this.#records.get(textKeyOf(path));
    if (record !== undefined) return record.exists ? record : undefined;
    const node = this.#tree.lookup(path);
    return node < 0 ? undefined : this.#fromTree(path, node);
  }

  /** Notes that `record` is about to be changed by the txn being prepared. Call {@link changed} when it has been. */
  change(record: ChangeRecord): void {
    if (this.#digestEnabled) {
      if (this.#changes.length === 0) this.#digest.set(this.#tree.treeDigest());
      this.#digest.subtract(record.digest);
    }
    if (this.#undo !== undefined) {
      this.#undo.push({ record, before: record.pendingCount === 0 ? undefined : record.copy() });
    }
    if (record.isEphemeral && record.exists && record.pendingCount > 0) this.#ephemeralsPending--;
    if (record.pendingCount === 0) this.#records.set(textKeyOf(record.path), record);
    record.pendingCount++;
    this.#changes.push(record);
  }

  /** The change that {@link change} announced has been made. */
  changed(record: ChangeRecord): void {
    if (record.isEphemeral && record.exists) this.#ephemeralsPending++;
    if (!this.#digestEnabled) return;
    record.digest = record.exists ? this.#digestOf(record) : 0;
    this.#digest.add(record.digest);
  }

  /** The record of a znode that does not exist, to be filled between {@link change} and {@link changed}. */
  missing(path: string): ChangeRecord {
    const record = this.#records.get(textKeyOf(path)) ?? new ChangeRecord(path);
    record.exists = false;
    record.data = null;
    return record;
  }

  /** Begins a multi: {@link rollback} takes back everything recorded from here on. */
  begin(): void {
    this.#undo = [];
    this.#digestBefore = this.treeDigest;
  }

  /** The multi has succeeded. */
  commit(): void {
    this.#undo = undefined;
  }

  rollback(): void {
    const undo = this.#undo ?? [];
    this.#undo = undefined;
    for (let i = undo.length - 1; i >= 0; i--) {
      const { record, before } = undo[i]!;
      if (record.isEphemeral && record.exists) this.#ephemeralsPending--;
      if (before === undefined) {
        this.#records.delete(textKeyOf(record.path));
        continue;
      }
      if (before.isEphemeral && before.exists) this.#ephemeralsPending++;
      record.restore(before);
    }
    this.#changes.truncate(this.#changes.length - undo.length);
    this.#digest.set(this.#digestBefore);
  }

  /** The txn that made the oldest `count` changes has been applied. */
  release(count: number): void {
    for (let i = 0; i < count; i++) {
      const record = this.#changes.shift()!;
      if (--record.pendingCount > 0) continue;
      if (record.isEphemeral && record.exists) this.#ephemeralsPending--;
      this.#records.delete(textKeyOf(record.path));
    }
  }

  /** The session's ephemerals once everything outstanding is applied. */
  ephemeralsOf(session: SessionId): readonly string[] {
    const committed = this.#tree.ephemeralsOf(session);
    if (this.#changes.length === 0) return committed;
    const paths = new Map<TextKey, string>();
    for (const path of committed) {
      const record = this.#records.get(textKeyOf(path));
      if (record === undefined || (record.exists && isOwnedBy(record, session)))
        paths.set(textKeyOf(path), path);
    }
    if (this.#ephemeralsPending > 0) {
      for (const record of this.#records.values()) {
        if (record.exists && isOwnedBy(record, session)) paths.set(textKeyOf(record.path), record.path);
      }
    }
    return [...paths.values()];
  }

  #digestOf(record: ChangeRecord): number {
    let data = record.data;
    if (data === undefined) data = this.#tree.data(this.#tree.lookup(record.path));
    return nodeDigest(record.path, data, record);
  }

  #fromTree(path: string, node: NodeRef): ChangeRecord {
    const tree = this.#tree;
    const record = new ChangeRecord(path);
    record.czxid = tree.czxid(node);
    record.mzxid = tree.mzxid(node);
    record.pzxid = tree.pzxid(node);
    record.ctime = tree.ctime(node);
    record.mtime = tree.mtime(node);
    record.version = tree.version(node);
    record.cversion = record.sequence = tree.cversion(node);
    record.aversion = tree.aversion(node);
    record.ephemeralOwner = tree.ephemeralOwner(node);
    record.isEphemeral = tree.ownerKind(node) === "session";
    record.numChildren = tree.numChildren(node);
    record.acl = tree.acl(node);
    record.dataLength = tree.dataLength(node);
    record.digest = tree.nodeDigest(node);
    return record;
  }
}

function isOwnedBy(record: ChangeRecord, session: SessionId): boolean {
  return record.isEphemeral && record.ephemeralOwner.equals(session);
}
