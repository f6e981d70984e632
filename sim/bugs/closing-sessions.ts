import { SessionTracker } from "../../src/core/session/session-tracker.ts";
import { PacketType } from "../../src/core/zab/packets.ts";
import type { PeerInput } from "../../src/core/zab/peer-face.ts";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import type { PeerMutation } from "../peer-hooks.ts";
import { withInt } from "./packet-bytes.ts";

const EPHEMERAL_SEQUENTIAL = 3;
/** Of a REQUEST: session, cxid, type. */
const TYPE_AT = 12;
const HEAD_BYTES = 16;
/** Every so often a session is closed in front of what it asks for. */
const ONE_OF = 8;

/** F43: a leader does not look whether the session of a write is being closed. */
export function closingSessionsWrite(): () => void {
  const { check, checkGlobal } = SessionTracker.prototype;
  SessionTracker.prototype.check = () => ErrorCode.OK;
  SessionTracker.prototype.checkGlobal = () => ErrorCode.OK;
  return () => {
    Object.assign(SessionTracker.prototype, { check, checkGlobal });
  };
}

/** What makes it visible: closeSession comes to the leader right in front of a create. */
export function closesBeforeCreate(): PeerMutation {
  let count = 0;
  return {
    step(input): readonly PeerInput[] {
      if (input.kind !== "packet" || input.link < 0 || input.packet.type !== PacketType.REQUEST)
        return [input];
      const { data } = input.packet;
      if (data === null || !createsEphemeral(data) || ++count % ONE_OF !== 0) return [input];
      const close = withInt(data.subarray(0, HEAD_BYTES), TYPE_AT, OpCode.closeSession);
      return [{ ...input, packet: { ...input.packet, data: close } }, input];
    },
  };
}

function createsEphemeral(data: Uint8Array): boolean {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const type = view.getInt32(TYPE_AT);
  if (type !== OpCode.create && type !== OpCode.create2) return false;
  return view.getInt32(data.length - 4) === EPHEMERAL_SEQUENTIAL;
}
