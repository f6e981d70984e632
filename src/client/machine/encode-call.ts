import { FRAME_HEADER_BYTES } from "../../protocol/frame.ts";
import type { JuteWriter } from "../../protocol/jute-writer.ts";
import { type MultiOp, writeMultiRequest } from "../../protocol/multi.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { type ValueOf, vector } from "../../protocol/record.ts";
import { ACL } from "../../protocol/records/data.ts";
import { AuthPacket, ReconfigRequest, SetWatches, SetWatches2 } from "../../protocol/records/proto.ts";
import type { Call } from "./call.ts";

const acls = vector(ACL);

/** Offset of the xid in a frame. */
export const XID_AT = FRAME_HEADER_BYTES;

/** Appends the call's whole frame (length, header, body) and returns the length of its payload in bytes. */
export function encodeCall(writer: JuteWriter, call: Call): number {
  const start = writer.length;
  writer.writeInt(0);
  writer.writeInt(call.xid);
  writer.writeInt(call.op);
  encodeBody(writer, call);
  const payload = writer.length - start - FRAME_HEADER_BYTES;
  writer.setInt(start, payload);
  return payload;
}

function encodeBody(writer: JuteWriter, call: Call): void {
  switch (call.op) {
    case OpCode.exists:
    case OpCode.getData:
    case OpCode.getChildren2:
      writer.writeString(call.path);
      writer.writeBoolean(call.number !== 0);
      break;
    case OpCode.setData:
      writer.writeString(call.path);
      writer.writeBuffer(call.data);
      writer.writeInt(call.number);
      break;
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      writer.writeString(call.path);
      writer.writeBuffer(call.data);
      acls.write(writer, call.acl);
      writer.writeInt(call.number);
      if (call.op === OpCode.createTTL) writer.writeLong(call.ttlMs);
      break;
    case OpCode.delete:
    case OpCode.addWatch:
    case OpCode.removeWatches:
    case OpCode.checkWatches:
      writer.writeString(call.path);
      writer.writeInt(call.number);
      break;
    case OpCode.getACL:
    case OpCode.sync:
    case OpCode.getEphemerals:
    case OpCode.getAllChildrenNumber:
      writer.writeString(call.path);
      break;
    case OpCode.setACL:
      writer.writeString(call.path);
      acls.write(writer, call.acl);
      writer.writeInt(call.number);
      break;
    case OpCode.sasl:
      writer.writeBuffer(call.data);
      break;
    default:
      encodeRareBody(writer, call);
  }
}

function encodeRareBody(writer: JuteWriter, call: Call): void {
  switch (call.op) {
    case OpCode.multi:
    case OpCode.multiRead:
      writeMultiRequest(writer, call.extra as readonly MultiOp[]);
      break;
    case OpCode.auth:
      AuthPacket.write(writer, call.extra as ValueOf<typeof AuthPacket>);
      break;
    case OpCode.setWatches:
      SetWatches.write(writer, call.extra as ValueOf<typeof SetWatches>);
      break;
    case OpCode.setWatches2:
      SetWatches2.write(writer, call.extra as ValueOf<typeof SetWatches2>);
      break;
    case OpCode.reconfig:
      ReconfigRequest.write(writer, call.extra as ValueOf<typeof ReconfigRequest>);
      break;
    default: // ping, closeSession, whoAmI: a header only
      break;
  }
}
