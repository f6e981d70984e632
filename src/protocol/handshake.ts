import type { Buffer } from "node:buffer";
import { Int64 } from "./int64.ts";
import { JuteError, JuteReader } from "./jute-reader.ts";
import { JuteWriter } from "./jute-writer.ts";
import { ConnectRequest, ConnectResponse } from "./records/proto.ts";

/**
 * The two frames that open a connection; they have no header (client-protocol 2.1). Their last byte, `readOnly`, is
 * missing from clients before 3.4 and from some later ones, and a server then leaves it out of its answer too.
 */
export interface Handshake<T> {
  readonly record: T;
  /** Whether the readOnly byte was there (request: 45 instead of 44 bytes; response: 37 instead of 36). */
  readonly hasReadOnly: boolean;
}

/** Length of a session's password in bytes. */
export const PASSWORD_BYTES = 16;

/**
 * Payload of the first frame of a client.
 * @throws {@link JuteError} when it is too short or its password has an impossible length
 */
export function decodeConnectRequest(bytes: Uint8Array, fieldBytesMax?: number): Handshake<ConnectRequest> {
  const reader = new JuteReader(bytes, fieldBytesMax);
  const protocolVersion = reader.readInt();
  const lastZxidSeen = reader.readLong();
  const timeOut = reader.readInt();
  const sessionId = reader.readInt64();
  const passwd = reader.readBuffer();
  const hasReadOnly = reader.remaining > 0;
  const readOnly = hasReadOnly && reader.readBoolean();
  return { record: { protocolVersion, lastZxidSeen, timeOut, sessionId, passwd, readOnly }, hasReadOnly };
}

export function encodeConnectRequest(request: ConnectRequest, hasReadOnly = true): Buffer {
  const writer = new JuteWriter(64);
  ConnectRequest.write(writer, request);
  if (!hasReadOnly) writer.reset(writer.length - 1);
  return writer.take(0);
}

/**
 * Payload of the first frame of a server.
 * @throws {@link JuteError} when it is something else, for example the ReplyHeader with which a server refuses a
 * connection it cannot use (client-protocol 13)
 */
export function decodeConnectResponse(bytes: Uint8Array): Handshake<ConnectResponse> {
  const reader = new JuteReader(bytes);
  const protocolVersion = reader.readInt();
  const timeOut = reader.readInt();
  const sessionId = reader.readInt64();
  const passwd = reader.readBuffer();
  if (passwd === null) throw new JuteError("a ConnectResponse without a password");
  const hasReadOnly = reader.remaining > 0;
  const readOnly = hasReadOnly && reader.readBoolean();
  return { record: { protocolVersion, timeOut, sessionId, passwd, readOnly }, hasReadOnly };
}

/** Appends the response, with the readOnly byte only for a client that sent one itself. */
export function writeConnectResponse(
  writer: JuteWriter,
  response: ConnectResponse,
  hasReadOnly: boolean,
): void {
  ConnectResponse.write(writer, response);
  if (!hasReadOnly) writer.reset(writer.length - 1);
}

/**
 * What a client gets whose session is expired, unknown or has another password: all zero, and nobody can tell which it
 * was (client-protocol 2.2). Clients look at timeOut, at the id, or at whether the id changed: all three show it.
 */
export function refusedConnectResponse(readOnly: boolean): ConnectResponse {
  return {
    protocolVersion: 0,
    timeOut: 0,
    sessionId: Int64.ZERO,
    passwd: new Uint8Array(PASSWORD_BYTES),
    readOnly,
  };
}
