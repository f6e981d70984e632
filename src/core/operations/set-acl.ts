import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { SetACLRequest } from "../../protocol/records/proto.ts";
import { Perms } from "../auth/perms.ts";
import { validatePath } from "../tree/path.ts";
import type { WriteOperation } from "./operation.ts";
import { writeStat } from "./stat-writer.ts";
import { isExpectedVersion, nextVersion } from "./versions.ts";

export const setACL: WriteOperation = {
  kind: "write",
  type: OpCode.setACL,
  counter: "op_count_set_acl",
  prepare(context, reader) {
    const { path, acl, version } = SetACLRequest.read(reader);
    const sessionErr = context.checkSession();
    if (sessionErr !== ErrorCode.OK) return sessionErr;
    if (path === null || validatePath(path) !== undefined) return ErrorCode.BADARGUMENTS;
    const fixed = context.authority.fixUp(acl, context.ids);
    if ("err" in fixed) return fixed.err;
    if (!context.budget.affordsAcl(acl, fixed.acl)) return ErrorCode.INVALIDACL;
    const node = context.changes.find(path);
    if (node === undefined) return ErrorCode.NONODE;
    if (!context.authority.allows(node.acl, Perms.ADMIN, context.ids)) return ErrorCode.NOAUTH;
    if (!isExpectedVersion(version, node.aversion)) return ErrorCode.BADVERSION;
    const { changes } = context;
    changes.change(node);
    node.acl = fixed.acl;
    node.aversion = nextVersion(node.aversion);
    changes.changed(node);
    return { type: OpCode.setACL, path, acl: fixed.acl, version: node.aversion };
  },
  respond(result, body) {
    writeStat(body, result.stat!);
  },
};
