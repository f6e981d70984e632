import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { AuthPacket } from "../../protocol/records/proto.ts";
import { CONNECTION_IDS_MAX, mergeIds, NO_IDS } from "../auth/auth-scheme.ts";
import type { ConnectionOperation, ConnectionOutcome } from "./operation.ts";

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
      if (mergeIds(context.ids, result.ids).length > CONNECTION_IDS_MAX) {
        return failed(scheme, `the connection has ${CONNECTION_IDS_MAX} identities, and cannot get more`);
      }
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
    return failed(scheme, result === undefined ? "there is no such scheme" : result.reason);
  },
};

function failed(scheme: string, failure: string): ConnectionOutcome {
  return { kind: "answer", err: ErrorCode.AUTHFAILED, scheme, ids: NO_IDS, token: undefined, failure };
}
