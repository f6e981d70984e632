import { OpCode } from "../../protocol/opcode.ts";
import { parentOf } from "../tree/path.ts";
import { recordDelete } from "./delete.ts";
import type { WriteOperation } from "./operation.ts";

/**
 * Ends a session, asked for by its client or because it expired: all its ephemerals go in this one txn, those of outstanding
 * creates included (client-protocol 7.2).
 */
export const closeSession: WriteOperation = {
  kind: "write",
  type: OpCode.closeSession,
  counter: "op_count_close_session",
  prepare(context) {
    context.startClosingSession();
    const paths = context.changes.ephemeralsOf(context.session);
    for (const path of paths) {
      const node = context.changes.find(path);
      const parent = context.changes.find(parentOf(path)!);
      if (node !== undefined && parent !== undefined) recordDelete(context, parent, node);
    }
    // Without the list each server deletes the ephemerals that it knows of: the same ones (storage-formats 3.6).
    const isListed = context.listsEphemeralsInCloseSession && context.budget.affordsPaths(paths);
    return { type: OpCode.closeSession, paths2Delete: isListed ? paths : null };
  },
  respond() {},
};
