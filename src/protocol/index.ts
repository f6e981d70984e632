/**
 * `menagerie/protocol`: ZooKeeper's wire and log language, for programs that want to speak or read it themselves. Client,
 * server and tools of this package use the same code.
 */
export { ErrorCode, type ErrorName, errorName } from "./error-code.ts";
export { FRAME_BYTES_MAX, FRAME_HEADER_BYTES, FrameLengthError, FrameReader } from "./frame.ts";
export {
  decodeConnectRequest,
  decodeConnectResponse,
  encodeConnectRequest,
  type Handshake,
  PASSWORD_BYTES,
  refusedConnectResponse,
  writeConnectResponse,
} from "./handshake.ts";
export { Int64 } from "./int64.ts";
export { FIELD_BYTES_MAX, JuteError, JuteReader } from "./jute-reader.ts";
export { JuteWriter } from "./jute-writer.ts";
export {
  type MultiKind,
  type MultiOp,
  type MultiRequest,
  type MultiResult,
  readMultiRequest,
  readMultiResponse,
  writeMultiEnd,
  writeMultiRequest,
  writeMultiResponse,
  writeMultiResult,
} from "./multi.ts";
export { OpCode, type OpName, opName, Xid } from "./opcode.ts";
export { childOf, nameOf, parentOf, validatePath } from "./path.ts";
export type { Codec, RecordCodec, ValueOf } from "./record.ts";
export * from "./records/data.ts";
export * from "./records/persistence.ts";
export * from "./records/proto.ts";
export * from "./records/quorum.ts";
export * from "./records/txn.ts";
export { NO_SESSION, type SessionId } from "./session-id.ts";
export { decodeTxn, encodeTxn, type LoggedTxn, type TxnBody, writeTxn } from "./txn.ts";
export {
  COUNTER_MAX,
  counterOf,
  EPOCH_MAX,
  epochOf,
  isExactZxid,
  makeZxid,
  ZXID_NONE,
  ZXID_ZERO,
  type Zxid,
  zxidFromHex,
  zxidToHex,
} from "./zxid.ts";
