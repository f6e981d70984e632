import { ErrorCode } from "../../src/protocol/error-code.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import type { PeerMutation } from "../peer-hooks.ts";
import { revalidatesByItself } from "./false-words.ts";
import { withLong } from "./packet-bytes.ts";
import { several } from "./several.ts";

/** Where what stands in a ConnectRequest, and behind the length in a ConnectResponse. */
const LAST_ZXID_AT = 4;
const SESSION_AT = 16;
const PASSWORD_AT = 28;
const RESPONSE_SESSION_AT = 12;
const RESPONSE_PASSWORD_AT = 24;
const PASSWORD_BYTES = 16;
const RESPONSE_BYTES = RESPONSE_PASSWORD_AT + PASSWORD_BYTES + 1;
const ERR_AT = 16;
const TIMEOUT_MS = 4000;

type Peer = Parameters<NonNullable<PeerMutation["step"]>>[1];

const isReadOnly = (peer: Peer): boolean => peer.server?.role === "read-only";

/** Changes the first frame of each connection. */
function firstFrames(change: (bytes: Uint8Array, peer: Peer) => Uint8Array): PeerMutation {
  const fresh = new Set<number>();
  return {
    step(input, peer) {
      if (input.kind === "connectionOpened") fresh.add(input.connection);
      if (input.kind !== "frame" || !fresh.delete(input.connection)) return [input];
      return [{ ...input, bytes: change(input.bytes, peer) }];
    },
  };
}

/** S24: a server without a quorum says that writes are done. */
export function readOnlyAnswersWrites(): PeerMutation {
  return {
    ready(ready, peer) {
      if (!isReadOnly(peer)) return ready;
      return {
        ...ready,
        output: ready.output.map((output) => ({ ...output, bytes: praised(output.bytes) })),
      };
    },
  };
}

/** Frames without NOTREADONLY. */
function praised(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  for (let at = 0; at + ERR_AT + 4 <= copy.length; at += 4 + view.getInt32(at))
    if (view.getInt32(at + ERR_AT) === ErrorCode.NOTREADONLY) view.setInt32(at + ERR_AT, ErrorCode.OK);
  return copy;
}

/** Client-protocol 2.2 #3: a server without a quorum serves also those who did not ask for it. */
export function readOnlyUninvited(): PeerMutation {
  return firstFrames((bytes, peer) => {
    if (!isReadOnly(peer)) return bytes;
    const copy = new Uint8Array(bytes);
    copy[copy.length - 1] = 1;
    return copy;
  });
}

/** Client-protocol 2.2 #4: a server without a quorum does not look at what the client has seen. */
export function readOnlyShowsPast(): PeerMutation {
  return firstFrames((bytes, peer) => (isReadOnly(peer) ? withLong(bytes, LAST_ZXID_AT, 0) : bytes));
}

/** S24: a server without a quorum accepts an epoch. */
export function readOnlyAcceptsEpoch(): PeerMutation {
  let isDone = false;
  return {
    ready(ready, peer) {
      if (isDone || !isReadOnly(peer) || ready.output.length === 0) return ready;
      isDone = true;
      return { ...ready, epochs: { accepted: peer.acceptedEpoch + 1 } };
    },
  };
}

function idIn(bytes: Uint8Array): Int64 {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return new Int64(view.getInt32(0), view.getInt32(4));
}

/** Client-protocol 8.4: a session that began without a quorum goes on at the same server when it has one. */
export function readOnlySessionLivesOn(): PeerMutation {
  let last: { readonly session: Uint8Array; readonly password: Uint8Array } | undefined;
  let revived: Uint8Array | undefined;
  const { step } = firstFrames((bytes, peer) => {
    const isNew = bytes.subarray(SESSION_AT, SESSION_AT + 8).every((byte) => byte === 0);
    if (isReadOnly(peer) || last === undefined || !isNew) return bytes;
    const copy = new Uint8Array(bytes);
    copy.set(last.session, SESSION_AT);
    copy.set(last.password, PASSWORD_AT);
    revived = last.session;
    // A leader knows it from somewhere; a learner does not ask its leader.
    if (peer.state === "leading") peer.server?.sessions.trackGlobal(idIn(last.session), TIMEOUT_MS, 0);
    last = undefined;
    return copy;
  });
  const lives: PeerMutation = {
    step: step!,
    ready(ready, peer) {
      if (!isReadOnly(peer)) return ready;
      for (const { bytes } of ready.output) {
        if (bytes.length < RESPONSE_BYTES || bytes[3] !== RESPONSE_BYTES - 4) continue;
        last = {
          session: new Uint8Array(bytes.subarray(RESPONSE_SESSION_AT, RESPONSE_SESSION_AT + 8)),
          password: new Uint8Array(
            bytes.subarray(RESPONSE_PASSWORD_AT, RESPONSE_PASSWORD_AT + PASSWORD_BYTES),
          ),
        };
      }
      return ready;
    },
  };
  const isRevived = (session: Uint8Array): boolean =>
    revived?.every((byte, i) => byte === session[i]) === true;
  return several(
    () => lives,
    () => revalidatesByItself(isRevived),
  );
}
