import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { type MultiOp, writeMultiRequest } from "../../src/protocol/multi.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import {
  CreateRequest,
  DeleteRequest,
  GetDataRequest,
  SetDataRequest,
} from "../../src/protocol/records/proto.ts";

/** Bytes of a ReplyHeader, of a Stat, of a MultiHeader, of a length. */
const HEADER = 16;
const STAT = 68;
const MULTI_HEADER = 9;
const LENGTH = 4;

/** Offset of the xid in a frame: behind its length. */
export const XID_AT = 4;

const OPEN_ACL = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

/**
 * A request that is encoded once and sent many times, with what its reply must look like. A reply with another length or
 * with an error ends the run: throughput of refused requests is worth nothing.
 */
export interface RequestTemplate {
  /** The whole frame; its xid is patched at {@link XID_AT}. */
  readonly frame: Buffer;
  /** Length that the payload of a successful reply has. */
  readonly replyBytes: number;
  /** A write's zxid is higher than all before it on its connection. */
  readonly isWrite: boolean;
  /** First int of the data that a read must return, or undefined. */
  readonly tag?: number;
  /** How many setData it applies: what the versions must have grown by in the end. */
  readonly sets: number;
}

/** A frame with xid 0. */
export function encodeFrame(type: number, writeBody: (writer: JuteWriter) => void): Buffer {
  const writer = new JuteWriter();
  writer.writeInt(0);
  writer.writeInt(0);
  writer.writeInt(type);
  writeBody(writer);
  writer.setInt(0, writer.length - LENGTH);
  return writer.take(0);
}

/** Data of `length` bytes (at least 4) whose first int says which znode it belongs to. */
export function taggedData(tag: number, length: number): Buffer {
  const data = Buffer.alloc(length, 0x78);
  data.writeInt32BE(tag, 0);
  return data;
}

export function getTemplate(path: string, tag: number, dataBytes: number): RequestTemplate {
  const frame = encodeFrame(OpCode.getData, (w) => GetDataRequest.write(w, { path, watch: false }));
  return { frame, replyBytes: HEADER + LENGTH + dataBytes + STAT, isWrite: false, tag, sets: 0 };
}

export function setTemplate(path: string, tag: number, dataBytes: number): RequestTemplate {
  const data = taggedData(tag, dataBytes);
  const frame = encodeFrame(OpCode.setData, (w) => SetDataRequest.write(w, { path, data, version: -1 }));
  return { frame, replyBytes: HEADER + STAT, isWrite: true, sets: 1 };
}

export function createTemplate(path: string, data: Buffer): RequestTemplate {
  const request = { path, data, acl: OPEN_ACL, flags: 0 };
  const frame = encodeFrame(OpCode.create, (w) => CreateRequest.write(w, request));
  return { frame, replyBytes: HEADER + LENGTH + Buffer.byteLength(path), isWrite: true, sets: 0 };
}

export function deleteTemplate(path: string): RequestTemplate {
  const frame = encodeFrame(OpCode.delete, (w) => DeleteRequest.write(w, { path, version: -1 }));
  return { frame, replyBytes: HEADER, isWrite: true, sets: 0 };
}

/** One multi that sets every path; tags count up from `tag`. */
export function multiSetTemplate(paths: readonly string[], tag: number, dataBytes: number): RequestTemplate {
  const ops: MultiOp[] = paths.map((path, i) => ({
    type: OpCode.setData,
    path,
    data: taggedData(tag + i, dataBytes),
    version: -1,
  }));
  const frame = encodeFrame(OpCode.multi, (w) => writeMultiRequest(w, ops));
  const replyBytes = HEADER + ops.length * (MULTI_HEADER + STAT) + MULTI_HEADER;
  return { frame, replyBytes, isWrite: true, sets: ops.length };
}
