import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { Perms } from "../auth/perms.ts";
import type { ReadOperation } from "./operation.ts";

/** Descendants at any depth, the znode itself not counted; READ is needed on it alone. */
export const getAllChildrenNumber: ReadOperation = {
  kind: "read",
  type: OpCode.getAllChildrenNumber,
  counter: "op_count_get_all_children_number",
  read(context, reader) {
    const path = reader.readString();
    if (path === null) return ErrorCode.MARSHALLINGERROR;
    const node = context.tree.lookup(path);
    if (node < 0) return ErrorCode.NONODE;
    if (!context.allows(node, Perms.READ)) return ErrorCode.NOAUTH;
    context.body.writeInt(context.tree.countDescendants(node));
    return ErrorCode.OK;
  },
};
