import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { ReadOperation } from "./operation.ts";

/** Keeps the session alive; has neither record nor body, and waits behind earlier requests like any read. */
export const ping: ReadOperation = {
  kind: "read",
  type: OpCode.ping,
  counter: "op_count_ping",
  read: () => ErrorCode.OK,
};
