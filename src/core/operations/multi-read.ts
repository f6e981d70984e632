import { ErrorCode } from "../../protocol/error-code.ts";
import { JuteError } from "../../protocol/jute-reader.ts";
import { type MultiOp, readMultiRequest, writeMultiEnd } from "../../protocol/multi.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { Perms } from "../auth/perms.ts";
import type { ReadContext, ReadOperation } from "./operation.ts";

/**
 * Bytes of results above which a multiRead is refused: a request of a megabyte can ask thirty thousand times for a
 * znode of a megabyte, and no client takes a packet of even a part of that.
 */
export const MULTI_READ_BYTES_MAX: number = 64 * 1024 * 1024;

/**
 * Several getData and getChildren in one request; each succeeds or fails alone, and no watch is ever set
 * (client-protocol 3.3).
 */
export const multiRead: ReadOperation = {
  kind: "read",
  type: OpCode.multiRead,
  counter: "op_count_multi_read",
  read(context, reader) {
    const { kind, ops } = readMultiRequest(reader);
    if (kind === "write") {
      // The one error reply with a body: an empty list of results.
      writeMultiEnd(context.body);
      return ErrorCode.MARSHALLINGERROR;
    }
    const start = context.body.length;
    for (const op of ops) {
      readPart(context, op);
      if (context.body.length - start > MULTI_READ_BYTES_MAX) {
        throw new JuteError(`a multiRead of more than ${MULTI_READ_BYTES_MAX} bytes`);
      }
    }
    writeMultiEnd(context.body);
    return ErrorCode.OK;
  },
};

function readPart(context: ReadContext, op: MultiOp): void {
  const { body, tree } = context;
  const node = op.path === null ? -1 : tree.lookup(op.path);
  let err: ErrorCode = ErrorCode.OK;
  if (op.path === null) err = ErrorCode.MARSHALLINGERROR;
  else if (node < 0) err = ErrorCode.NONODE;
  else if (!context.allows(node, Perms.READ)) err = ErrorCode.NOAUTH;
  body.writeInt(err === ErrorCode.OK ? op.type : OpCode.error);
  body.writeBoolean(false);
  body.writeInt(err);
  if (err !== ErrorCode.OK) {
    body.writeInt(err);
  } else if (op.type === OpCode.getData) {
    tree.writeData(node, body);
    tree.writeStat(node, body);
  } else {
    tree.writeChildNames(node, body);
  }
}
