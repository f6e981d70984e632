import { PacketType } from "../../src/core/zab/packets.ts";
import type { DurableSend, LinkSend, Packet, PeerInput, PeerReady } from "../../src/core/zab/peer-face.ts";
import { counterOf } from "../../src/protocol/zxid.ts";
import type { PeerMutation } from "../peer-hooks.ts";
import { typeOf, zxidOf } from "./packet-bytes.ts";

/** What has to wait for the disk and is `early` leaves at once. */
function hurry(ready: PeerReady, early: (bytes: Uint8Array) => boolean): PeerReady {
  const hurried = ready.sendAfterPersist.filter(({ bytes }) => early(bytes));
  if (hurried.length === 0) return ready;
  const now = hurried.map(
    ({ link, bytes }): LinkSend => ({ kind: "packet", link, bytes: bytes as unknown as Packet }),
  );
  const sendAfterPersist = ready.sendAfterPersist.filter(({ bytes }) => !early(bytes));
  return { ...ready, sendNow: [...ready.sendNow, ...now], sendAfterPersist };
}

const isAck = (bytes: Uint8Array): boolean => typeOf(bytes) === PacketType.ACK;

/** ZOOKEEPER-4646: a proposal is acknowledged before it is on disk. */
export function ackBeforeFsync(): PeerMutation {
  return { ready: (ready) => hurry(ready, (bytes) => isAck(bytes) && counterOf(zxidOf(bytes)) > 0) };
}

/** ZOOKEEPER-3911, -3023: NEWLEADER is acknowledged before the txns of the sync are in the log. */
export function newLeaderAckBeforeLog(): PeerMutation {
  return { ready: (ready) => hurry(ready, (bytes) => isAck(bytes) && counterOf(zxidOf(bytes)) === 0) };
}

/** F14: the acceptance of an epoch leaves before it is stored. */
export function ackEpochBeforeStored(): PeerMutation {
  return { ready: (ready) => hurry(ready, (bytes) => typeOf(bytes) === PacketType.ACKEPOCH) };
}

/** ZOOKEEPER-4643, -4785: currentEpoch is stored in front of the txns that came with the sync. */
export function epochBeforeLog(): PeerMutation {
  let held: Pick<PeerReady, "append" | "sendAfterPersist"> | undefined;
  return {
    ready(ready) {
      const append = [...(held?.append ?? []), ...ready.append];
      const sendAfterPersist: DurableSend[] = [...(held?.sendAfterPersist ?? []), ...ready.sendAfterPersist];
      held = undefined;
      if (ready.epochs?.current === undefined || append.length === 0)
        return { ...ready, append, sendAfterPersist };
      held = { append, sendAfterPersist };
      return { ...ready, append: [], sendAfterPersist: [] };
    },
  };
}

/** S15, F37: a leader counts itself before its own disk has the proposal. */
export function ownAckBeforeFsync(): PeerMutation {
  let persisted: PeerInput[] = [];
  return {
    ready(ready, peer) {
      const last = ready.append.at(-1);
      if (last !== undefined && peer.state === "leading")
        persisted.push({ kind: "persisted", zxid: last.zxid });
      return ready;
    },
    injected() {
      const inputs = persisted;
      persisted = [];
      return inputs;
    },
  };
}
