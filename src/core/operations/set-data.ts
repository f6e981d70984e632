import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { TxnBody } from "../../protocol/txn.ts";
import { Perms } from "../auth/perms.ts";
import { validatePath } from "../tree/path.ts";
import type { PrepareContext, WriteOperation } from "./operation.ts";
import { writeStat } from "./stat-writer.ts";
import { isExpectedVersion, nextVersion } from "./versions.ts";

/** Checks a setData in the order of client-protocol 4.3 and records it, or returns why not. */
export function prepareSetData(
  context: PrepareContext,
  path: string | null,
  data: Uint8Array | null,
  version: number,
): TxnBody | ErrorCode {
  const sessionErr = context.checkSession();
  if (sessionErr !== ErrorCode.OK) return sessionErr;
  if (path === null || validatePath(path) !== undefined) return ErrorCode.BADARGUMENTS;
  const node = context.changes.find(path);
  if (node === undefined) return ErrorCode.NONODE;
  if (!context.authority.allows(node.acl, Perms.WRITE, context.ids)) return ErrorCode.NOAUTH;
  const dataLength = data === null ? 0 : data.length;
  const bytesDelta = dataLength - node.dataLength;
  if (bytesDelta !== 0 && context.exceedsQuota(path, 0, bytesDelta)) return ErrorCode.QUOTAEXCEEDED;
  if (!isExpectedVersion(version, node.version)) return ErrorCode.BADVERSION;
  const { changes } = context;
  changes.change(node);
  node.data = data;
  node.dataLength = dataLength;
  node.version = nextVersion(node.version);
  node.mzxid = context.zxid;
  node.mtime = context.timeMs;
  changes.changed(node);
  return { type: OpCode.setData, path, data, version: node.version };
}

/** Answers with the Stat after the change. */
export const setData: WriteOperation = {
  kind: "write",
  type: OpCode.setData,
  counter: "op_count_set_data",
  prepare(context, reader) {
    const path = reader.readString();
    const data = reader.readBuffer();
    return prepareSetData(context, path, data, reader.readInt());
  },
  respond(result, body) {
    writeStat(body, result.stat!);
  },
};
