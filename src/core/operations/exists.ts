import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { Perms } from "../auth/perms.ts";
import type { ReadOperation } from "./operation.ts";

/** A missing znode is an error too, but its watch is set; one that may not be read gets none (client-protocol 3.2). */
export const exists: ReadOperation = {
  kind: "read",
  type: OpCode.exists,
  counter: "op_count_exists",
  read(context, reader) {
    const path = reader.readString();
    const watch = reader.readBoolean();
    if (path === null) return ErrorCode.MARSHALLINGERROR;
    if (path.includes("\0")) return ErrorCode.BADARGUMENTS;
    const node = context.tree.lookup(path);
    if (node >= 0 && !context.allows(node, Perms.READ)) return ErrorCode.NOAUTH;
    if (watch) context.watches.addDataWatch(context.connection, path);
    if (node < 0) return ErrorCode.NONODE;
    context.tree.writeStat(node, context.body);
    context.countRead(path, 0);
    return ErrorCode.OK;
  },
};
