import type { Int64 } from "../../protocol/int64.ts";
import type { JuteWriter } from "../../protocol/jute-writer.ts";
import type { ACL, Stat, StatPersisted } from "../../protocol/records/data.ts";
import type { TxnHeader } from "../../protocol/records/txn.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import type { TxnBody } from "../../protocol/txn.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { ChangeSink, DataTreeOptions, NodeRef, OwnerKind, TxnResult } from "./tree-types.ts";

/** The public face; the body follows in the next commit. */
export declare class DataTree {
  constructor(options: DataTreeOptions);
  lastProcessedZxid: Zxid;
  /** Znodes, the root included; ZooKeeper's own commands show one more, for it counts "" and "/". */
  get nodeCount(): number;
  get approximateDataBytes(): number;
  get ephemeralCount(): number;
  lookup(path: string): NodeRef;
  pathOf(n: NodeRef): string;
  nameOf(n: NodeRef): string;
  parent(n: NodeRef): NodeRef;
  child(n: NodeRef, name: string): NodeRef;
  czxid(n: NodeRef): Zxid;
  mzxid(n: NodeRef): Zxid;
  pzxid(n: NodeRef): Zxid;
  ctime(n: NodeRef): number;
  mtime(n: NodeRef): number;
  version(n: NodeRef): number;
  /** The stored counter: how many children were ever created. */
  cversion(n: NodeRef): number;
  aversion(n: NodeRef): number;
  numChildren(n: NodeRef): number;
  dataLength(n: NodeRef): number;
  ownerKind(n: NodeRef): OwnerKind;
  ephemeralOwner(n: NodeRef): Int64;
  ttlMs(n: NodeRef): number;
  data(n: NodeRef): Uint8Array | null;
  writeData(n: NodeRef, writer: JuteWriter): void;
  aclId(n: NodeRef): number;
  acl(n: NodeRef): readonly ACL[];
  aclById(aclId: number): readonly ACL[];
  childNames(n: NodeRef): readonly string[];
  writeChildNames(n: NodeRef, writer: JuteWriter): void;
  countDescendants(n: NodeRef): number;
  stat(n: NodeRef): Stat;
  writeStat(n: NodeRef, writer: JuteWriter): void;
  statPersisted(n: NodeRef): StatPersisted;
  nodeDigest(n: NodeRef): number;
  treeDigest(): Int64;
  apply(header: TxnHeader, body: TxnBody, sink: ChangeSink): TxnResult;
  ephemeralsOf(session: SessionId): readonly string[];
  ephemeralOwners(): Iterable<SessionId>;
}
