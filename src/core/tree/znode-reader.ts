import { Int64 } from "../../protocol/int64.ts";
import type { JuteWriter } from "../../protocol/jute-writer.ts";
import type { ACL, Stat, StatPersisted } from "../../protocol/records/data.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { AclCache } from "./acl-cache.ts";
import { DoubleField, IntField } from "./node-rows.ts";
import { type OwnerRules, ttlMsOf } from "./owner.ts";
import { NO_NODE, type NodeRef, type OwnerKind } from "./tree-types.ts";
import type { ZnodeStore } from "./znode-store.ts";

/**
 * Everything that can be asked of a tree. Unless said otherwise a method wants a row that is in use and allocates
 * nothing.
 */
export class ZnodeReader {
  protected readonly store: ZnodeStore;
  protected readonly acls: AclCache;
  protected readonly ownerRules: OwnerRules;

  constructor(store: ZnodeStore, acls: AclCache, ownerRules: OwnerRules) {
    this.store = store;
    this.acls = acls;
    this.ownerRules = ownerRules;
  }

  /** Znodes, the root included. Four-letter words and JMX of ZooKeeper show one more: they count "" and "/". */
  get nodeCount(): number {
    return this.store.rows.count;
  }

  /** The znode at `path`, or NO_NODE (-1); "" and "/" are the root. A malformed path is a missing one. */
  lookup(path: string): NodeRef {
    return this.store.lookup(path);
  }

  child(n: NodeRef, name: string): NodeRef {
    return this.store.child(n, name, 0, name.length);
  }

  /** NO_NODE for the root. */
  parent(n: NodeRef): NodeRef {
    return this.store.parent(n);
  }

  /** A new string. */
  pathOf(n: NodeRef): string {
    return this.store.path(n);
  }

  /** A new string; "" for the root. */
  nameOf(n: NodeRef): string {
    return this.store.name(n);
  }

  czxid(n: NodeRef): Zxid {
    return this.store.rows.double(n, DoubleField.czxid) as Zxid;
  }

  mzxid(n: NodeRef): Zxid {
    return this.store.rows.double(n, DoubleField.mzxid) as Zxid;
  }

  pzxid(n: NodeRef): Zxid {
    return this.store.rows.double(n, DoubleField.pzxid) as Zxid;
  }

  /** Wall clock of the leader, ms since 1970; so is mtime. */
  ctime(n: NodeRef): number {
    return this.store.rows.double(n, DoubleField.ctime);
  }

  mtime(n: NodeRef): number {
    return this.store.rows.double(n, DoubleField.mtime);
  }

  version(n: NodeRef): number {
    return this.store.rows.int(n, IntField.version);
  }

  /** The stored counter: how many children were ever created. Sequence suffixes come from it. */
  cversion(n: NodeRef): number {
    return this.store.rows.int(n, IntField.cversion);
  }

  aversion(n: NodeRef): number {
    return this.store.rows.int(n, IntField.aversion);
  }

  numChildren(n: NodeRef): number {
    return this.store.rows.int(n, IntField.numChildren);
  }

  /** Bytes; 0 for null. */
  dataLength(n: NodeRef): number {
    return this.store.dataLength(n);
  }

  ownerKind(n: NodeRef): OwnerKind {
    const { rows } = this.store;
    return this.ownerRules.kindOf(rows.int(n, IntField.ownerHi), rows.int(n, IntField.ownerLo));
  }

  /** The persisted form (client-protocol 4.4), which clients see only of ephemerals. */
  ephemeralOwner(n: NodeRef): Int64 {
    const { rows } = this.store;
    const hi = rows.int(n, IntField.ownerHi);
    const lo = rows.int(n, IntField.ownerLo);
    return hi === 0 && lo === 0 ? Int64.ZERO : new Int64(hi, lo);
  }

  /** Of a TTL znode, in ms. */
  ttlMs(n: NodeRef): number {
    return ttlMsOf(this.store.rows.int(n, IntField.ownerHi), this.store.rows.int(n, IntField.ownerLo));
  }

  /** A view, valid until the next apply: copy it to keep it. */
  data(n: NodeRef): Uint8Array | null {
    return this.store.data(n);
  }

  /** The data as a jute buffer. */
  writeData(n: NodeRef, writer: JuteWriter): void {
    writer.writeBuffer(this.store.data(n));
  }

  /** Equal for equal ACLs and never given to another one; -1 is world:anyone:cdrwa. */
  aclId(n: NodeRef): number {
    return this.acls.idOf(this.store.rows.int(n, IntField.aclSlot));
  }

  acl(n: NodeRef): readonly ACL[] {
    return this.acls.aclOf(this.store.rows.int(n, IntField.aclSlot));
  }

  /** The ACL with an id from {@link aclId} or a ChangeSink; one that grants nothing when no znode uses the id any more. */
  aclById(aclId: number): readonly ACL[] {
    return this.acls.aclById(aclId);
  }

  /** New strings, in the order in which the children were created. */
  childNames(n: NodeRef): readonly string[] {
    const names: string[] = [];
    for (let row = this.store.firstChild(n); row !== NO_NODE; row = this.store.nextSibling(row)) {
      names.push(this.store.name(row));
    }
    return names;
  }

  /** The same as a jute vector of strings, without making strings. */
  writeChildNames(n: NodeRef, writer: JuteWriter): void {
    writer.writeInt(this.numChildren(n));
    for (let row = this.store.firstChild(n); row !== NO_NODE; row = this.store.nextSibling(row)) {
      const name = this.store.nameView(row);
      writer.writeInt(name.length);
      writer.writeRaw(name);
    }
  }

  /** Znodes below `n` at any depth: getAllChildrenNumber. Walks all of them, but for the root. */
  countDescendants(n: NodeRef): number {
    if (n === this.store.root) return this.nodeCount - 1;
    let count = 0;
    for (let row = this.store.nextInWalk(n, n); row !== NO_NODE; row = this.store.nextInWalk(row, n)) count++;
    return count;
  }

  /** What a client sees: cversion counts creates and deletes, the owner of containers and TTL znodes is 0. */
  stat(n: NodeRef): Stat {
    return {
      czxid: this.czxid(n),
      mzxid: this.mzxid(n),
      ctime: this.ctime(n),
      mtime: this.mtime(n),
      version: this.version(n),
      cversion: (2 * this.cversion(n) - this.numChildren(n)) | 0,
      aversion: this.aversion(n),
      ephemeralOwner: this.ownerKind(n) === "session" ? this.ephemeralOwner(n) : Int64.ZERO,
      dataLength: this.dataLength(n),
      numChildren: this.numChildren(n),
      pzxid: this.pzxid(n),
    };
  }

  /** {@link stat} as its 68 bytes. */
  writeStat(n: NodeRef, writer: JuteWriter): void {
    const { rows } = this.store;
    writer.writeZxid(this.czxid(n));
    writer.writeZxid(this.mzxid(n));
    writer.writeLong(this.ctime(n));
    writer.writeLong(this.mtime(n));
    writer.writeInt(this.version(n));
    writer.writeInt((2 * this.cversion(n) - this.numChildren(n)) | 0);
    writer.writeInt(this.aversion(n));
    const isEphemeral = this.ownerKind(n) === "session";
    writer.writeHalves(
      isEphemeral ? rows.int(n, IntField.ownerHi) : 0,
      isEphemeral ? rows.int(n, IntField.ownerLo) : 0,
    );
    writer.writeInt(this.dataLength(n));
    writer.writeInt(this.numChildren(n));
    writer.writeZxid(this.pzxid(n));
  }

  /** What a snapshot keeps of the znode, and what its digest is computed from. */
  statPersisted(n: NodeRef): StatPersisted {
    return {
      czxid: this.czxid(n),
      mzxid: this.mzxid(n),
      ctime: this.ctime(n),
      mtime: this.mtime(n),
      version: this.version(n),
      cversion: this.cversion(n),
      aversion: this.aversion(n),
      ephemeralOwner: this.ephemeralOwner(n),
      pzxid: this.pzxid(n),
    };
  }

  /** {@link statPersisted} as its 60 bytes. */
  writeStatPersisted(n: NodeRef, writer: JuteWriter): void {
    const { rows } = this.store;
    writer.writeZxid(this.czxid(n));
    writer.writeZxid(this.mzxid(n));
    writer.writeLong(this.ctime(n));
    writer.writeLong(this.mtime(n));
    writer.writeInt(this.version(n));
    writer.writeInt(this.cversion(n));
    writer.writeInt(this.aversion(n));
    writer.writeHalves(rows.int(n, IntField.ownerHi), rows.int(n, IntField.ownerLo));
    writer.writeZxid(this.pzxid(n));
  }

  /** The znode's part of the tree digest, 0 … 2^32-1; 0 below /zookeeper/ and with digests off. */
  nodeDigest(n: NodeRef): number {
    return this.store.rows.int(n, IntField.digest) >>> 0;
  }
}
