import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { AuthPacket } from "../../protocol/records/proto.ts";
import { NO_IDS } from "../auth/auth-scheme.ts";
import type { ConnectionOperation } from "./operation.ts";

/** Adds identities to the connection; a failure ends it (client-protocol 6.5). */
export const auth: ConnectionOperation = {
  kind: "connection",
  type: OpCode.auth,
  counter: undefined,
  handle(context, reader) {
    const packet = AuthPacket.read(reader);
    const scheme = packet.scheme ?? "";
    const result = context.authority.scheme(scheme)?.authenticate(packet.auth, context.peer);
    if (result?.outcome === "accepted") {
      return {
        kind: "answer",
        err: ErrorCode.OK,
        scheme,
        ids: result.ids,
        token: undefined,
        failure: undefined,
      };
    }
    if (result?.outcome === "closed") return { kind: "close", scheme, reason: result.reason };
    const failure = result === undefined ? "there is no such scheme" : result.reason;
    return { kind: "answer", err: ErrorCode.AUTHFAILED, scheme, ids: NO_IDS, token: undefined, failure };
  },
};
