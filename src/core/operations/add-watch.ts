import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { AddWatchMode } from "../watch/watch-types.ts";
import type { ReadOperation } from "./operation.ts";

/** Sets a persistent watch on any path, existing or not, even malformed; answers with an int 0 (client-protocol 3.2). */
export const addWatch: ReadOperation = {
  kind: "read",
  type: OpCode.addWatch,
  counter: "op_count_add_watch",
  read(context, reader) {
    const path = reader.readString();
    const mode = reader.readInt();
    if (path === null) return ErrorCode.MARSHALLINGERROR;
    if (mode === AddWatchMode.persistent) context.watches.addPersistent(context.connection, path);
    else if (mode === AddWatchMode.persistentRecursive)
      context.watches.addRecursive(context.connection, path);
    else return ErrorCode.MARSHALLINGERROR;
    context.body.writeInt(ErrorCode.OK);
    return ErrorCode.OK;
  },
};
