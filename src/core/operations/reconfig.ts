import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { ReconfigRequest } from "../../protocol/records/proto.ts";
import type { WriteOperation } from "./operation.ts";

/** Changes the ensemble's members; a standalone server has none to change (client-protocol 3.2). */
export const reconfig: WriteOperation = {
  kind: "write",
  type: OpCode.reconfig,
  counter: "op_count_reconfig",
  prepare(context, reader) {
    ReconfigRequest.read(reader);
    if (!context.isReconfigEnabled) return ErrorCode.RECONFIGDISABLED;
    const sessionErr = context.checkSession();
    return sessionErr === ErrorCode.OK ? ErrorCode.UNIMPLEMENTED : sessionErr;
  },
  respond() {},
};
