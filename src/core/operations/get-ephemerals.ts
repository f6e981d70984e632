import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { ReadOperation } from "./operation.ts";

/** The session's own ephemerals whose path begins with a text; null, blank and "/" stand for all (client-protocol 3.2). */
export const getEphemerals: ReadOperation = {
  kind: "read",
  type: OpCode.getEphemerals,
  counter: "op_count_get_ephemerals",
  read(context, reader) {
    const prefix = reader.readString();
    const isAll = prefix === null || prefix.trim() === "" || prefix === "/";
    const all = context.tree.ephemeralsOf(context.session);
    const paths = isAll ? all : all.filter((path) => path.startsWith(prefix));
    const { body } = context;
    body.writeInt(paths.length);
    for (const path of paths) body.writeString(path);
    return ErrorCode.OK;
  },
};
