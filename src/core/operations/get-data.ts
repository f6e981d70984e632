import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { Perms } from "../auth/perms.ts";
import type { ReadOperation } from "./operation.ts";

/** A watch is set only when the znode is there and may be read. */
export const getData: ReadOperation = {
  kind: "read",
  type: OpCode.getData,
  counter: "op_count_get_data",
  read(context, reader) {
    const path = reader.readString();
    const watch = reader.readBoolean();
    if (path === null) return ErrorCode.MARSHALLINGERROR;
    const { tree, body } = context;
    const node = tree.lookup(path);
    if (node < 0) return ErrorCode.NONODE;
    if (!context.allows(node, Perms.READ)) return ErrorCode.NOAUTH;
    tree.writeData(node, body);
    tree.writeStat(node, body);
    if (watch) context.watches.addDataWatch(context.connection, path);
    context.countRead(path, tree.dataLength(node));
    return ErrorCode.OK;
  },
};
