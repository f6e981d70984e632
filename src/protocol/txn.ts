import { invariant } from "../base/invariant.ts";
import { JuteError, JuteReader } from "./jute-reader.ts";
import { JuteWriter } from "./jute-writer.ts";
import { OpCode } from "./opcode.ts";
import type { RecordCodec } from "./record.ts";
import {
  CheckVersionTxn,
  CloseSessionTxn,
  CreateContainerTxn,
  CreateSessionTxn,
  CreateTTLTxn,
  CreateTxn,
  CreateTxnV0,
  DeleteTxn,
  ErrorTxn,
  MultiTxn,
  SetACLTxn,
  SetDataTxn,
  TxnDigest,
  TxnHeader,
} from "./records/txn.ts";

/**
 * The body of a transaction, by type. `multi` holds its parts already decoded; `closeSession` without a list
 * (older than 3.6, or `closeSessionTxn.enabled=false`) has `paths2Delete` null.
 */
export type TxnBody =
  | ({ readonly type: typeof OpCode.create | typeof OpCode.create2 } & CreateTxn)
  | ({ readonly type: typeof OpCode.createContainer } & CreateContainerTxn)
  | ({ readonly type: typeof OpCode.createTTL } & CreateTTLTxn)
  | ({ readonly type: typeof OpCode.delete | typeof OpCode.deleteContainer } & DeleteTxn)
  | ({ readonly type: typeof OpCode.setData | typeof OpCode.reconfig } & SetDataTxn)
  | ({ readonly type: typeof OpCode.setACL } & SetACLTxn)
  | ({ readonly type: typeof OpCode.check } & CheckVersionTxn)
  | ({ readonly type: typeof OpCode.createSession } & CreateSessionTxn)
  | ({ readonly type: typeof OpCode.closeSession } & CloseSessionTxn)
  | ({ readonly type: typeof OpCode.error } & ErrorTxn)
  | { readonly type: typeof OpCode.multi; readonly txns: readonly TxnBody[] };

/** One record of the log, and the data of a PROPOSAL: header, body, and the digest of the tree after it, if any. */
export interface LoggedTxn {
  readonly header: TxnHeader;
  readonly body: TxnBody;
  readonly digest: TxnDigest | undefined;
}

/** Version of every TxnDigest that was ever written; it names the algorithm (storage-formats 2.2). */
const TXN_DIGEST_VERSION = 2;

const BODIES = new Map<number, RecordCodec<unknown>>([
  [OpCode.create, CreateTxn as RecordCodec<unknown>],
  [OpCode.create2, CreateTxn as RecordCodec<unknown>],
  [OpCode.createContainer, CreateContainerTxn as RecordCodec<unknown>],
  [OpCode.createTTL, CreateTTLTxn as RecordCodec<unknown>],
  [OpCode.delete, DeleteTxn as RecordCodec<unknown>],
  [OpCode.deleteContainer, DeleteTxn as RecordCodec<unknown>],
  [OpCode.setData, SetDataTxn as RecordCodec<unknown>],
  [OpCode.reconfig, SetDataTxn as RecordCodec<unknown>],
  [OpCode.setACL, SetACLTxn as RecordCodec<unknown>],
  [OpCode.check, CheckVersionTxn as RecordCodec<unknown>],
  [OpCode.createSession, CreateSessionTxn as RecordCodec<unknown>],
  [OpCode.closeSession, CloseSessionTxn as RecordCodec<unknown>],
  [OpCode.error, ErrorTxn as RecordCodec<unknown>],
]);

function codecOf(type: number): RecordCodec<unknown> {
  const codec = BODIES.get(type);
  if (codec === undefined) throw new JuteError(`unknown transaction type ${type}`);
  return codec;
}

/**
 * Whether a closeSession comes without its list of paths: nothing follows, or only a digest, which Apache's reader takes
 * for a list and loses (storage-formats 4). Read as a list, a digest's version 2 would announce two empty paths.
 */
function lacksPathList(reader: JuteReader): boolean {
  if (reader.remaining === 0) return true;
  if (reader.remaining !== TxnDigest.bytesMin) return false;
  const start = reader.position;
  const isDigest = reader.readInt() === TXN_DIGEST_VERSION;
  reader.position = start;
  return isDigest;
}

function readBody(reader: JuteReader, type: number): TxnBody {
  if (type === OpCode.multi) {
    const { txns } = MultiTxn.read(reader);
    const parts = (txns ?? []).map((part) => {
      if (part.type === OpCode.multi) throw new JuteError("a multi inside a multi");
      return readBody(new JuteReader(part.data ?? new Uint8Array(0), reader.fieldBytesMax), part.type);
    });
    return { type, txns: parts };
  }
  if (type === OpCode.closeSession && lacksPathList(reader)) return { type, paths2Delete: null };
  const start = reader.position;
  try {
    const body = { type, ...(codecOf(type).read(reader) as object) } as TxnBody;
    // A list that is there but null is an empty one: null means that there was none.
    if (body.type === OpCode.closeSession && body.paths2Delete === null)
      return { type: body.type, paths2Delete: [] };
    return body;
  } catch (error) {
    // A create from before 3.3 ends without parentCVersion (storage-formats 4).
    if (type !== OpCode.create || !(error instanceof JuteError)) throw error;
    reader.position = start;
    return { type, ...CreateTxnV0.read(reader), parentCVersion: -1 };
  }
}

/** Decodes the payload of a log record or PROPOSAL. Throws JuteError. Buffers in the result are views into `bytes`. */
export function decodeTxn(bytes: Uint8Array, fieldBytesMax?: number): LoggedTxn {
  const reader = new JuteReader(bytes, fieldBytesMax);
  const header = TxnHeader.read(reader);
  const body = readBody(reader, header.type);
  const digest = reader.remaining >= TxnDigest.bytesMin ? TxnDigest.read(reader) : undefined;
  return { header, body, digest };
}

function writeBody(writer: JuteWriter, body: TxnBody): void {
  if (body.type === OpCode.multi) {
    MultiTxn.write(writer, {
      txns: body.txns.map((part) => {
        const inner = new JuteWriter();
        writeBody(inner, part);
        return { type: part.type, data: inner.bytes() };
      }),
    });
    return;
  }
  if (body.type === OpCode.closeSession && body.paths2Delete === null) return;
  codecOf(body.type).write(writer, body);
}

/** Writes header, body and digest as they stand in the log. The header's type must be the body's. */
export function writeTxn(
  writer: JuteWriter,
  header: TxnHeader,
  body: TxnBody,
  digest: TxnDigest | undefined,
): void {
  invariant(
    header.type === body.type,
    () => `txn header of type ${header.type} on a body of type ${body.type}`,
  );
  TxnHeader.write(writer, header);
  writeBody(writer, body);
  if (digest !== undefined) TxnDigest.write(writer, digest);
}

export function encodeTxn(txn: LoggedTxn): Uint8Array {
  const writer = new JuteWriter();
  writeTxn(writer, txn.header, txn.body, txn.digest);
  return writer.take(0);
}
