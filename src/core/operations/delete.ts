import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { TxnBody } from "../../protocol/txn.ts";
import { Perms } from "../auth/perms.ts";
import type { ChangeRecord } from "../pipeline/outstanding-changes.ts";
import { hasSlashAndNoNul, isSystemPath, parentOf } from "../tree/path.ts";
import type { PrepareContext, WriteOperation } from "./operation.ts";
import { isExpectedVersion } from "./versions.ts";

/** Checks a delete in the order of client-protocol 4.3 and records it, or returns why not. */
export function prepareDelete(
  context: PrepareContext,
  path: string | null,
  version: number,
): TxnBody | ErrorCode {
  const sessionErr = context.checkSession();
  if (sessionErr !== ErrorCode.OK) return sessionErr;
  if (path === null) return ErrorCode.MARSHALLINGERROR;
  if (!isDeletablePath(path)) return ErrorCode.BADARGUMENTS;
  const parent = context.changes.find(parentOf(path)!);
  if (parent === undefined) return ErrorCode.NONODE;
  if (!context.authority.allows(parent.acl, Perms.DELETE, context.ids)) return ErrorCode.NOAUTH;
  const node = context.changes.find(path);
  if (node === undefined) return ErrorCode.NONODE;
  if (!isExpectedVersion(version, node.version)) return ErrorCode.BADVERSION;
  if (node.numChildren > 0) return ErrorCode.NOTEMPTY;
  recordDelete(context, parent, node);
  return { type: OpCode.delete, path };
}

/** Has a parent and is none of the four system znodes. */
export function isDeletablePath(path: string): boolean {
  return hasSlashAndNoNul(path) && !isSystemPath(path);
}

/** Records that `node` goes: alone, by the reaper, or with its session. */
export function recordDelete(context: PrepareContext, parent: ChangeRecord, node: ChangeRecord): void {
  const { changes } = context;
  changes.change(parent);
  parent.numChildren--;
  if (context.zxid > parent.pzxid) parent.pzxid = context.zxid;
  changes.changed(parent);
  changes.change(node);
  node.exists = false;
  node.data = null;
  changes.changed(node);
}

const operation: WriteOperation = {
  kind: "write",
  type: OpCode.delete,
  counter: "op_count_delete",
  prepare(context, reader) {
    const path = reader.readString();
    return prepareDelete(context, path, reader.readInt());
  },
  respond() {},
};

export { operation as delete };
