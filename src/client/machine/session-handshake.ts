import { decodeConnectResponse, PASSWORD_BYTES } from "../../protocol/handshake.ts";
import type { JuteWriter } from "../../protocol/jute-writer.ts";
import { ConnectRequest } from "../../protocol/records/proto.ts";
import { NO_SESSION } from "../../protocol/session-id.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { Session } from "../types.ts";

export interface ConnectFields {
  readonly lastZxidSeen: Zxid;
  readonly sessionTimeoutMs: number;
  readonly session: Session | undefined;
  readonly allowsReadOnly: boolean;
}

/** Appends the first frame of a connection (client-protocol 2.1). */
export function writeConnectRequest(writer: JuteWriter, fields: ConnectFields): void {
  const start = writer.length;
  writer.writeInt(0);
  ConnectRequest.write(writer, {
    protocolVersion: 0,
    lastZxidSeen: fields.lastZxidSeen,
    timeOut: fields.sessionTimeoutMs,
    sessionId: fields.session?.id ?? NO_SESSION,
    passwd: fields.session?.password ?? new Uint8Array(PASSWORD_BYTES),
    readOnly: fields.allowsReadOnly,
  });
  writer.setInt(start, writer.length - start - 4);
}

export interface ConnectReply {
  /** undefined: the server does not know the session, or not any more. */
  readonly session: Session | undefined;
  readonly isReadOnly: boolean;
}

/** @throws JuteError when it is no ConnectResponse */
export function readConnectResponse(frame: Uint8Array): ConnectReply {
  const { record } = decodeConnectResponse(frame);
  const isRefused = record.timeOut <= 0 || record.sessionId.isZero();
  const session = {
    id: record.sessionId,
    password: new Uint8Array(record.passwd ?? []),
    timeoutMs: record.timeOut,
  };
  return { session: isRefused ? undefined : session, isReadOnly: record.readOnly };
}
