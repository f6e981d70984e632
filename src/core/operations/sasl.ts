import { ErrorCode } from "../../protocol/error-code.ts";
import { JuteError } from "../../protocol/jute-reader.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { GetSASLRequest } from "../../protocol/records/proto.ts";
import { NO_IDS } from "../auth/auth-scheme.ts";
import type { ConnectionOperation } from "./operation.ts";

/**
 * A step of a SASL exchange. A server without a SASL login answers with a null token and stays open, and the client goes on
 * unauthenticated (client-protocol 6.6).
 */
export const sasl: ConnectionOperation = {
  kind: "connection",
  type: OpCode.sasl,
  counter: undefined,
  handle(_context, reader) {
    const { token } = GetSASLRequest.read(reader);
    if (token === null) throw new JuteError("a SASL request without a token");
    return {
      kind: "answer",
      err: ErrorCode.OK,
      scheme: "sasl",
      ids: NO_IDS,
      token: null,
      failure: undefined,
    };
  },
};
