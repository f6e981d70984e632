import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { isWatcherType } from "../watch/watch-types.ts";
import type { ReadOperation } from "./operation.ts";

/** Whether this connection has a watch of a type on a path (client-protocol 5.7). */
export const checkWatches: ReadOperation = {
  kind: "read",
  type: OpCode.checkWatches,
  counter: "op_count_check_watches",
  read(context, reader) {
    const path = reader.readString();
    const type = reader.readInt();
    if (path === null || !isWatcherType(type)) return ErrorCode.MARSHALLINGERROR;
    return context.watches.contains(context.connection, path, type) ? ErrorCode.OK : ErrorCode.NOWATCHER;
  },
};
