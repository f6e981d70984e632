import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { TxnBody } from "../../protocol/txn.ts";
import { Perms } from "../auth/perms.ts";
import { validatePath } from "../tree/path.ts";
import type { PrepareContext } from "./operation.ts";
import { isExpectedVersion, nextVersion } from "./versions.ts";

/** A version check inside a multi. Alone it is refused as an unknown request (client-protocol 3.2). */
export function prepareCheck(
  context: PrepareContext,
  path: string | null,
  version: number,
): TxnBody | ErrorCode {
  const sessionErr = context.checkSession();
  if (sessionErr !== ErrorCode.OK) return sessionErr;
  if (path === null || validatePath(path) !== undefined) return ErrorCode.BADARGUMENTS;
  const node = context.changes.find(path);
  if (node === undefined) return ErrorCode.NONODE;
  if (!context.authority.allows(node.acl, Perms.READ, context.ids)) return ErrorCode.NOAUTH;
  if (!isExpectedVersion(version, node.version)) return ErrorCode.BADVERSION;
  return { type: OpCode.check, path, version: nextVersion(node.version) };
}
