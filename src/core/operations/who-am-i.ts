import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { ReadOperation } from "./operation.ts";

/** The connection's identities, newest first: scheme and user name, never a hash. */
export const whoAmI: ReadOperation = {
  kind: "read",
  type: OpCode.whoAmI,
  counter: "op_count_who_am_i",
  read(context) {
    const { body, ids, authority } = context;
    body.writeInt(ids.length);
    for (let i = ids.length - 1; i >= 0; i--) {
      body.writeString(ids[i]!.scheme);
      body.writeString(authority.userName(ids[i]!));
    }
    return ErrorCode.OK;
  },
};
