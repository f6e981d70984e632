import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { vector } from "../../protocol/record.ts";
import { ACL } from "../../protocol/records/data.ts";
import { maskAcl } from "../auth/acl.ts";
import { Perms } from "../auth/perms.ts";
import type { ReadOperation } from "./operation.ts";

const aclVector = vector(ACL);

/** The whole list for one with ADMIN; with READ alone without the hashes of digest ids (client-protocol 6.8). */
export const getACL: ReadOperation = {
  kind: "read",
  type: OpCode.getACL,
  counter: "op_count_get_acl",
  read(context, reader) {
    const path = reader.readString();
    if (path === null) return ErrorCode.MARSHALLINGERROR;
    const { tree, body } = context;
    const node = tree.lookup(path);
    if (node < 0) return ErrorCode.NONODE;
    if (!context.allows(node, Perms.READ | Perms.ADMIN)) return ErrorCode.NOAUTH;
    const acl = tree.acl(node);
    aclVector.write(body, context.allows(node, Perms.ADMIN) ? acl : maskAcl(acl));
    tree.writeStat(node, body);
    return ErrorCode.OK;
  },
};
