import { sessionPassword } from "../core/session/session-password.ts";
import { FrameReader } from "../protocol/frame.ts";
import { decodeConnectResponse, encodeConnectRequest } from "../protocol/handshake.ts";
import { JuteWriter } from "../protocol/jute-writer.ts";
import { OpCode } from "../protocol/opcode.ts";
import { RequestHeader } from "../protocol/records/proto.ts";
import type { SessionId } from "../protocol/session-id.ts";
import { dial, type Link } from "../transport/dialer.ts";

const FRAME_BYTES_MAX = 0xfffff;
/** Of the session while it is taken over: it ends before it matters. */
const TIMEOUT_MS = 10_000;

/**
 * Ends a session without its client: takes it over and closes it, both in one write, so that nothing of the client can come
 * in between. To the client it looks like an expiry: its connection breaks, and its session is gone when it comes back.
 *
 * Resolves when the session's ephemeral znodes are gone.
 *
 * @throws Error when the server does not know the session
 */
export function endSession(host: string, port: number, id: SessionId): Promise<void> {
  return new Promise((resolve, reject) => {
    const frames = new FrameReader(FRAME_BYTES_MAX);
    let isTakenOver = false;
    const finish = (error?: Error): void => {
      link.close();
      if (error === undefined) resolve();
      else reject(error);
    };
    const take = (frame: Uint8Array): void => {
      const isAnswerToClose = isTakenOver;
      isTakenOver ||= decodeConnectResponse(frame).record.sessionId.equals(id);
      if (isAnswerToClose) finish();
      else if (!isTakenOver) finish(new Error(`the server has no session ${id}`));
    };
    const link: Link = dial(
      { host, port },
      {
        opened: () => link.write(takeOverAndClose(id)),
        received(bytes) {
          frames.push(bytes);
          for (let frame = frames.next(); frame !== undefined; frame = frames.next()) take(frame);
        },
        closed: ({ message }) => {
          if (isTakenOver) resolve();
          else reject(new Error(`session ${id} cannot be ended: ${host}:${port} ${message}`));
        },
      },
    );
  });
}

function takeOverAndClose(id: SessionId): Uint8Array {
  const connect = encodeConnectRequest({
    protocolVersion: 0,
    lastZxidSeen: 0,
    timeOut: TIMEOUT_MS,
    sessionId: id,
    passwd: sessionPassword(id),
    readOnly: false,
  });
  const close = new JuteWriter(16);
  RequestHeader.write(close, { xid: 1, type: OpCode.closeSession });
  return Buffer.concat([framed(connect), framed(close.take(0))]);
}

function framed(payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + payload.length);
  frame.writeInt32BE(payload.length);
  frame.set(payload, 4);
  return frame;
}
