import { unreachable } from "../../base/invariant.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { JuteError, JuteReader } from "../../protocol/jute-reader.ts";
import type { JuteWriter } from "../../protocol/jute-writer.ts";
import { type MultiOp, readMultiRequest, writeMultiEnd } from "../../protocol/multi.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { TxnBody } from "../../protocol/txn.ts";
import type { TxnResult } from "../tree/tree-types.ts";
import { prepareCheck } from "./check.ts";
import { type CreateArguments, prepareCreate } from "./create.ts";
import { areKnownFlags, CreateFlags, isTtlFlags } from "./create-flags.ts";
import { prepareDelete } from "./delete.ts";
import type { PrepareContext, WriteOperation } from "./operation.ts";
import { prepareSetData } from "./set-data.ts";
import { writeStat } from "./stat-writer.ts";

type CreateOp = Extract<MultiOp, { readonly acl: unknown }>;

/**
 * A create of a multi, as it is handled: container flags make any create a createContainer, and createTTL without TTL flags
 * is a plain create, whose flags are then refused alone (client-protocol 3.3).
 * @throws JuteError for flags that no create of its opcode may have here, and for a null ACL: the whole multi is refused
 */
function createArguments(op: CreateOp): CreateArguments {
  const { path, data, acl, flags } = op;
  if (!areKnownFlags(flags) && op.type !== OpCode.createTTL)
    throw new JuteError(`create flags ${flags} in a multi`);
  if (acl === null) throw new JuteError("a create without ACL in a multi");
  if (isTtlFlags(flags)) {
    if (op.type !== OpCode.createTTL) throw new JuteError(`create flags ${flags} without a ttl in a multi`);
    return { type: op.type, path, data, acl, flags, ttl: op.ttl };
  }
  let type: CreateArguments["type"] = op.type === OpCode.createTTL ? OpCode.create : op.type;
  if (flags === CreateFlags.container) type = OpCode.createContainer;
  return { type, path, data, acl, flags, ttl: undefined };
}

type Part = CreateArguments | Exclude<MultiOp, CreateOp>;

/** @throws JuteError for a part without path: Apache gives up on the whole multi */
function toPart(op: MultiOp): Part {
  if (op.path === null) throw new JuteError("a part without path in a multi");
  switch (op.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      return createArguments(op);
    default:
      return op;
  }
}

function preparePart(context: PrepareContext, part: Part): TxnBody | ErrorCode {
  switch (part.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      return prepareCreate(context, part);
    case OpCode.delete:
      return prepareDelete(context, part.path, part.version);
    case OpCode.setData:
      return prepareSetData(context, part.path, part.data, part.version);
    case OpCode.check:
      return prepareCheck(context, part.path, part.version);
    case OpCode.getData:
    case OpCode.getChildren:
      throw new JuteError(`operation type ${part.type} in a multi`);
    default:
      return unreachable(part, "part of a multi");
  }
}

function errorPart(err: ErrorCode): TxnBody {
  return { type: OpCode.error, err };
}

/**
 * All parts or none, at one zxid (client-protocol 3.3). At the first part that fails what the others have recorded is taken
 * back; it and those behind it become errors, and the txn is logged and answered all the same.
 */
export const multi: WriteOperation = {
  kind: "write",
  type: OpCode.multi,
  counter: "op_count_multi",
  prepare(context, reader) {
    const request = readMultiRequest(reader);
    if (request.kind === "read") throw new JuteError("reads in a multi");
    const parts = request.ops.map(toPart);
    const txns: TxnBody[] = [];
    let hasFailed = false;
    context.changes.begin();
    for (const part of parts) {
      if (hasFailed) {
        txns.push(errorPart(ErrorCode.RUNTIMEINCONSISTENCY));
        continue;
      }
      const prepared = preparePart(context, part);
      if (typeof prepared === "number") {
        context.changes.rollback();
        hasFailed = true;
        txns.push(errorPart(prepared));
      } else {
        txns.push(asLogged(prepared));
      }
    }
    if (!hasFailed) context.changes.commit();
    return { type: OpCode.multi, txns };
  },
  respond(result, body, _txn, request) {
    const parts = result.parts ?? [];
    const asked =
      result.err === ErrorCode.OK ? readMultiRequest(new JuteReader(request, request.length)).ops : [];
    for (const [at, part] of parts.entries()) {
      if (result.err !== ErrorCode.OK) writeErrorPart(body, part.err);
      else writePart(body, part, asked[at]?.type === OpCode.create2 ? OpCode.create2 : part.type);
    }
    writeMultiEnd(body);
  },
};

/**
 * A create2 is logged as a create: they do the same, and Apache 3.8.0 and 3.8.1 silently apply nothing of the other in a multi,
 * be it from the leader or from the log. The reply knows from the request what was asked for.
 */
function asLogged(txn: TxnBody): TxnBody {
  return txn.type === OpCode.create2 ? { ...txn, type: OpCode.create } : txn;
}

function writePartHeader(body: JuteWriter, type: number, err: number): void {
  body.writeInt(type);
  body.writeBoolean(false);
  body.writeInt(err);
}

function writeErrorPart(body: JuteWriter, err: number): void {
  writePartHeader(body, OpCode.error, err);
  body.writeInt(err);
}

function writePart(body: JuteWriter, part: TxnResult, type: number): void {
  switch (type) {
    case OpCode.create:
      writePartHeader(body, OpCode.create, ErrorCode.OK);
      body.writeString(part.path);
      break;
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      writePartHeader(body, OpCode.create2, ErrorCode.OK);
      body.writeString(part.path);
      writeStat(body, part.stat!);
      break;
    case OpCode.setData:
      writePartHeader(body, OpCode.setData, ErrorCode.OK);
      writeStat(body, part.stat!);
      break;
    default:
      writePartHeader(body, type, ErrorCode.OK);
  }
}
