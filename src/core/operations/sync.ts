import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { ReadOperation } from "./operation.ts";

/**
 * Echoes its path. What it is for, seeing all that was committed elsewhere, is the chain's work: on a leader and on a
 * standalone server it passes like a read (client-protocol 8.3).
 */
export const sync: ReadOperation = {
  kind: "read",
  type: OpCode.sync,
  counter: "op_count_sync",
  read(context, reader) {
    const path = reader.readString();
    context.body.writeString(path);
    return ErrorCode.OK;
  },
};
