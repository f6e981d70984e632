import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { isWatcherType } from "../watch/watch-types.ts";
import type { ReadOperation } from "./operation.ts";

/** Removes every matching watch of this connection on exactly this path; no event is sent (client-protocol 5.7). */
export const removeWatches: ReadOperation = {
  kind: "read",
  type: OpCode.removeWatches,
  counter: "op_count_remove_watches",
  read(context, reader) {
    const path = reader.readString();
    const type = reader.readInt();
    if (path === null || !isWatcherType(type)) return ErrorCode.MARSHALLINGERROR;
    return context.watches.remove(context.connection, path, type) ? ErrorCode.OK : ErrorCode.NOWATCHER;
  },
};
