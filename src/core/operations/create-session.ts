import { OpCode } from "../../protocol/opcode.ts";
import type { WriteOperation } from "./operation.ts";

/**
 * Makes a session known to every server; the client's ConnectRequest asks for it, no other frame can
 * (client-protocol 15 #5). Its record is the timeout. It is answered with a ConnectResponse, by the handshake.
 */
export const createSession: WriteOperation = {
  kind: "write",
  type: OpCode.createSession,
  counter: "op_count_create_session",
  prepare(_context, reader) {
    return { type: OpCode.createSession, timeOut: reader.readInt() };
  },
  respond() {},
};
