import { unreachable } from "../base/invariant.ts";
import { ErrorCode } from "./error-code.ts";
import { JuteError, type JuteReader } from "./jute-reader.ts";
import type { JuteWriter } from "./jute-writer.ts";
import { OpCode } from "./opcode.ts";
import { buffer, type Codec, ustring, type ValueOf, vector } from "./record.ts";
import { Stat } from "./records/data.ts";
import {
  CheckVersionRequest,
  CreateRequest,
  CreateTTLRequest,
  DeleteRequest,
  GetChildrenRequest,
  GetDataRequest,
  SetDataRequest,
} from "./records/proto.ts";

/**
 * Requests and responses of multi and multiRead (client-protocol 3.3): a list without a count, each element behind a
 * MultiHeader `int type, boolean done, int err`, ended by a header with done = true.
 */

type CreateOpCode = typeof OpCode.create | typeof OpCode.create2 | typeof OpCode.createContainer;

/** One operation of a multi or multiRead. The watch flag of a read is on the wire, and never sets a watch. */
export type MultiOp =
  | ({ readonly type: CreateOpCode } & ValueOf<typeof CreateRequest>)
  | ({ readonly type: typeof OpCode.createTTL } & ValueOf<typeof CreateTTLRequest>)
  | ({ readonly type: typeof OpCode.delete } & ValueOf<typeof DeleteRequest>)
  | ({ readonly type: typeof OpCode.setData } & ValueOf<typeof SetDataRequest>)
  | ({ readonly type: typeof OpCode.check } & ValueOf<typeof CheckVersionRequest>)
  | ({ readonly type: typeof OpCode.getData } & ValueOf<typeof GetDataRequest>)
  | ({ readonly type: typeof OpCode.getChildren } & ValueOf<typeof GetChildrenRequest>);

export type MultiKind = "write" | "read";

export interface MultiRequest {
  /** What its operations are, whatever the opcode of the request says; undefined when there are none. */
  readonly kind: MultiKind | undefined;
  readonly ops: readonly MultiOp[];
}

const OPS = new Map<number, { readonly kind: MultiKind; readonly codec: Codec<object> }>([
  [OpCode.create, { kind: "write", codec: CreateRequest }],
  [OpCode.create2, { kind: "write", codec: CreateRequest }],
  [OpCode.createContainer, { kind: "write", codec: CreateRequest }],
  [OpCode.createTTL, { kind: "write", codec: CreateTTLRequest }],
  [OpCode.delete, { kind: "write", codec: DeleteRequest }],
  [OpCode.setData, { kind: "write", codec: SetDataRequest }],
  [OpCode.check, { kind: "write", codec: CheckVersionRequest }],
  [OpCode.getData, { kind: "read", codec: GetDataRequest }],
  [OpCode.getChildren, { kind: "read", codec: GetChildrenRequest }],
]);

/** `int type, boolean done, int err`. */
const MULTI_HEADER_BYTES = 9;

function writeHeader(writer: JuteWriter, type: number, isDone: boolean, err: number): void {
  writer.writeInt(type);
  writer.writeBoolean(isDone);
  writer.writeInt(err);
}

/**
 * Reads the body of a multi or multiRead. Type and err of a header are not looked at once done is true.
 * @throws {@link JuteError} for an operation that may not stand in a multi, for reads among writes or the reverse, and for
 * a list without its end
 */
export function readMultiRequest(reader: JuteReader): MultiRequest {
  const ops: MultiOp[] = [];
  let kind: MultiKind | undefined;
  for (;;) {
    const type = reader.readInt();
    const isDone = reader.readBoolean();
    reader.readInt();
    if (isDone) return { kind, ops };
    const op = OPS.get(type);
    if (op === undefined) throw new JuteError(`operation type ${type} in a multi`);
    if (kind !== undefined && kind !== op.kind) throw new JuteError("reads and writes in one multi");
    kind = op.kind;
    ops.push({ type, ...op.codec.read(reader) } as MultiOp);
  }
}

export function writeMultiRequest(writer: JuteWriter, ops: readonly MultiOp[]): void {
  for (const op of ops) {
    writeHeader(writer, op.type, false, -1);
    (OPS.get(op.type)!.codec as Codec<object>).write(writer, op);
  }
  writeHeader(writer, -1, true, -1);
}

/**
 * One result, in the order of the operations. A failed multi has an error in every place: 0 for those before the one
 * that failed, its code, and RUNTIMEINCONSISTENCY for those behind it.
 */
export type MultiResult =
  | { readonly type: typeof OpCode.create; readonly path: string | null }
  | { readonly type: typeof OpCode.create2; readonly path: string | null; readonly stat: Stat }
  | { readonly type: typeof OpCode.delete | typeof OpCode.check }
  | { readonly type: typeof OpCode.setData; readonly stat: Stat }
  | { readonly type: typeof OpCode.getData; readonly data: Uint8Array | null; readonly stat: Stat }
  | { readonly type: typeof OpCode.getChildren; readonly children: readonly (string | null)[] | null }
  | { readonly type: typeof OpCode.error; readonly err: number };

const children = vector(ustring);

/** Appends the header and the body of one result. */
export function writeMultiResult(writer: JuteWriter, result: MultiResult): void {
  writeHeader(writer, result.type, false, result.type === OpCode.error ? result.err : ErrorCode.OK);
  switch (result.type) {
    case OpCode.create:
      writer.writeString(result.path);
      break;
    case OpCode.create2:
      writer.writeString(result.path);
      Stat.write(writer, result.stat);
      break;
    case OpCode.delete:
    case OpCode.check:
      break;
    case OpCode.setData:
      Stat.write(writer, result.stat);
      break;
    case OpCode.getData:
      writer.writeBuffer(result.data);
      Stat.write(writer, result.stat);
      break;
    case OpCode.getChildren:
      children.write(writer, result.children);
      break;
    case OpCode.error:
      writer.writeInt(result.err);
      break;
    default:
      unreachable(result, "multi result");
  }
}

/** Appends the end of a list of results. */
export function writeMultiEnd(writer: JuteWriter): void {
  writeHeader(writer, -1, true, -1);
}

export function writeMultiResponse(writer: JuteWriter, results: readonly MultiResult[]): void {
  for (const result of results) writeMultiResult(writer, result);
  writeMultiEnd(writer);
}

function readMultiResult(reader: JuteReader, type: number): MultiResult {
  switch (type) {
    case OpCode.create:
      return { type, path: reader.readString() };
    case OpCode.create2:
      return { type, path: reader.readString(), stat: Stat.read(reader) };
    case OpCode.delete:
    case OpCode.check:
      return { type };
    case OpCode.setData:
      return { type, stat: Stat.read(reader) };
    case OpCode.getData:
      return { type, data: buffer.read(reader), stat: Stat.read(reader) };
    case OpCode.getChildren:
      return { type, children: children.read(reader) };
    case OpCode.error:
      return { type, err: reader.readInt() };
    default:
      throw new JuteError(`result type ${type} in a multi response`);
  }
}

/** Reads the body of the reply to a multi or multiRead. @throws {@link JuteError} */
export function readMultiResponse(reader: JuteReader): readonly MultiResult[] {
  const results: MultiResult[] = [];
  while (reader.remaining >= MULTI_HEADER_BYTES) {
    const type = reader.readInt();
    const isDone = reader.readBoolean();
    reader.readInt();
    if (isDone) return results;
    results.push(readMultiResult(reader, type));
  }
  throw new JuteError(`a multi response of ${results.length} results without its end`);
}
