import { boolean, buffer, int, int64, long, record, ustring, type ValueOf, vector, zxid } from "../record.ts";
import { ACL } from "./data.ts";

/** Module `org.apache.zookeeper.txn`: what the log holds and the leader proposes (storage-formats 4). */

/** 32 bytes: clientId is the session (0 for the server's own), cxid the client's xid, time the leader's wall clock in ms. */
export const TxnHeader = record("TxnHeader", { clientId: int64, cxid: int, zxid, time: long, type: int });
export type TxnHeader = ValueOf<typeof TxnHeader>;

/** The optional tail of a txn, 12 bytes: what the tree's digest is after it. */
export const TxnDigest = record("TxnDigest", { version: int, treeDigest: int64 });
export type TxnDigest = ValueOf<typeof TxnDigest>;

export const CreateTxn = record("CreateTxn", {
  path: ustring,
  data: buffer,
  acl: vector(ACL),
  ephemeral: boolean,
  parentCVersion: int,
});
export type CreateTxn = ValueOf<typeof CreateTxn>;
/** Before 3.3: without parentCVersion, which then counts as -1. */
export const CreateTxnV0 = record("CreateTxnV0", {
  path: ustring,
  data: buffer,
  acl: vector(ACL),
  ephemeral: boolean,
});
export const CreateContainerTxn = record("CreateContainerTxn", {
  path: ustring,
  data: buffer,
  acl: vector(ACL),
  parentCVersion: int,
});
export type CreateContainerTxn = ValueOf<typeof CreateContainerTxn>;
export const CreateTTLTxn = record("CreateTTLTxn", {
  path: ustring,
  data: buffer,
  acl: vector(ACL),
  parentCVersion: int,
  ttl: long,
});
export type CreateTTLTxn = ValueOf<typeof CreateTTLTxn>;
export const DeleteTxn = record("DeleteTxn", { path: ustring });
export type DeleteTxn = ValueOf<typeof DeleteTxn>;
export const SetDataTxn = record("SetDataTxn", { path: ustring, data: buffer, version: int });
export type SetDataTxn = ValueOf<typeof SetDataTxn>;
export const SetACLTxn = record("SetACLTxn", { path: ustring, acl: vector(ACL), version: int });
export type SetACLTxn = ValueOf<typeof SetACLTxn>;
export const CheckVersionTxn = record("CheckVersionTxn", { path: ustring, version: int });
export type CheckVersionTxn = ValueOf<typeof CheckVersionTxn>;
export const CreateSessionTxn = record("CreateSessionTxn", { timeOut: int });
export type CreateSessionTxn = ValueOf<typeof CreateSessionTxn>;
export const CloseSessionTxn = record("CloseSessionTxn", { paths2Delete: vector(ustring) });
export type CloseSessionTxn = ValueOf<typeof CloseSessionTxn>;
export const ErrorTxn = record("ErrorTxn", { err: int });
export type ErrorTxn = ValueOf<typeof ErrorTxn>;
/** One part of a multi: its type and its body, without header or digest. */
export const Txn = record("Txn", { type: int, data: buffer });
export type Txn = ValueOf<typeof Txn>;
export const MultiTxn = record("MultiTxn", { txns: vector(Txn) });
export type MultiTxn = ValueOf<typeof MultiTxn>;
