import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { parentOf } from "../tree/path.ts";
import { isDeletablePath, recordDelete } from "./delete.ts";
import type { WriteOperation } from "./operation.ts";

/**
 * The server's own: takes away an empty container or TTL znode. No client may send it (client-protocol 15 #4), so it is
 * not among the operations that frames are looked up in.
 */
export const deleteContainer: WriteOperation = {
  kind: "write",
  type: OpCode.deleteContainer,
  counter: "op_count_delete",
  prepare(context, reader) {
    const path = reader.readString();
    if (path === null || !isDeletablePath(path)) return ErrorCode.BADARGUMENTS;
    const node = context.changes.find(path);
    if (node === undefined) return ErrorCode.NONODE;
    if (node.numChildren > 0) return ErrorCode.NOTEMPTY;
    if (node.isEphemeral) return ErrorCode.BADVERSION;
    const parent = context.changes.find(parentOf(path)!);
    if (parent === undefined) return ErrorCode.NONODE;
    recordDelete(context, parent, node);
    return { type: OpCode.deleteContainer, path };
  },
  respond() {},
};
