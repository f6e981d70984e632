import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { ReconfigRequest } from "../../protocol/records/proto.ts";
import { Perms } from "../auth/perms.ts";
import { CONFIG_PATH } from "../tree/path.ts";
import type { WriteOperation } from "./operation.ts";
import { writeStat } from "./stat-writer.ts";

/**
 * Changes the ensemble's members: the txn sets /zookeeper/config to the new configuration, whose version is the txn's zxid
 * (quorum-protocol 5.3, in that order of checks). A standalone server has no members to change. Answers as getData does.
 */
export const reconfig: WriteOperation = {
  kind: "write",
  type: OpCode.reconfig,
  counter: "op_count_reconfig",
  prepare(context, reader) {
    const request = ReconfigRequest.read(reader);
    if (!context.isReconfigEnabled) return ErrorCode.RECONFIGDISABLED;
    const sessionErr = context.checkSession();
    if (sessionErr !== ErrorCode.OK) return sessionErr;
    const { reconfigDesk: desk, changes } = context;
    if (desk === undefined) return ErrorCode.UNIMPLEMENTED;
    const text = desk.decide(request, context.zxid);
    if (typeof text !== "string") return text;
    const node = changes.find(CONFIG_PATH);
    if (node === undefined) return ErrorCode.NONODE;
    if (!context.authority.allows(node.acl, Perms.WRITE, context.ids)) return ErrorCode.NOAUTH;
    const data = new TextEncoder().encode(text);
    changes.change(node);
    node.data = data;
    node.dataLength = data.length;
    node.version = -1;
    node.mzxid = context.zxid;
    node.mtime = context.timeMs;
    changes.changed(node);
    desk.propose();
    return { type: OpCode.reconfig, path: CONFIG_PATH, data, version: -1 };
  },
  respond(result, body, txn) {
    body.writeBuffer(txn.type === OpCode.reconfig ? txn.data : null);
    writeStat(body, result.stat!);
  },
};
