import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { Perms } from "../auth/perms.ts";
import type { ReadOperation } from "./operation.ts";

function childrenOperation(type: number, hasStat: boolean): ReadOperation {
  return {
    kind: "read",
    type,
    counter: "op_count_get_children",
    read(context, reader) {
      const path = reader.readString();
      const watch = reader.readBoolean();
      if (path === null) return ErrorCode.MARSHALLINGERROR;
      const { tree, body } = context;
      const node = tree.lookup(path);
      if (node < 0) return ErrorCode.NONODE;
      if (!context.allows(node, Perms.READ)) return ErrorCode.NOAUTH;
      const start = body.length;
      tree.writeChildNames(node, body);
      context.countRead(path, body.length - start);
      if (hasStat) tree.writeStat(node, body);
      if (watch) context.watches.addChildWatch(context.connection, path);
      return ErrorCode.OK;
    },
  };
}

/** Names only, in no particular order. */
export const getChildren = childrenOperation(OpCode.getChildren, false);
/** Names and the parent's Stat. */
export const getChildren2 = childrenOperation(OpCode.getChildren2, true);
