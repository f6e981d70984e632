import { PacketType } from "../../src/core/zab/packets.ts";
import type { DurableSend, PeerInput, PeerReady } from "../../src/core/zab/peer-face.ts";
import { counterOf } from "../../src/protocol/zxid.ts";
import type { PeerMutation } from "../peer-hooks.ts";
import { typeOf, zxidOf } from "./packet-bytes.ts";

const isAck = ({ bytes }: DurableSend): boolean => typeOf(bytes) === PacketType.ACK;
const isOfNewLeader = (send: DurableSend): boolean => isAck(send) && counterOf(zxidOf(send.bytes)) === 0;

/** ZOOKEEPER-4685: the ACK of a proposal that came with the sync overtakes that of NEWLEADER. */
export function proposalAckFirst(): PeerMutation {
  return {
    ready(ready): PeerReady {
      const { sendAfterPersist: sends } = ready;
      const first = sends.findIndex(isOfNewLeader);
      const next = sends[first + 1];
      if (first < 0 || next === undefined || !isAck(next) || isOfNewLeader(next)) return ready;
      const others = sends.slice(first + 2);
      return { ...ready, sendAfterPersist: [...sends.slice(0, first), next, sends[first]!, ...others] };
    },
  };
}

/** ZOOKEEPER-4685, F20: a leader takes for the ACK of NEWLEADER what is none. */
export function newLeaderAckNotAwaited(): PeerMutation {
  let acks: PeerInput[] = [];
  return {
    ready(ready) {
      for (const send of ready.sendNow) {
        if (send.kind !== "packet" || send.link < 0 || typeOf(send.bytes) !== PacketType.NEWLEADER) continue;
        const packet = { type: PacketType.ACK, zxid: zxidOf(send.bytes), data: null, authinfo: null };
        acks.push({ kind: "packet", link: send.link, packet });
      }
      return ready;
    },
    injected() {
      const inputs = acks;
      acks = [];
      return inputs;
    },
  };
}

/** ZOOKEEPER-3104: NEWLEADER is queued before the snapshot has ended, and in front of what the snapshot holds parts of. */
export function newLeaderBeforeSnapshotEnds(): PeerMutation {
  let begun: PeerInput[] = [];
  return {
    step: (input) => (input.kind === "snapshotSent" ? [] : [input]),
    ready(ready) {
      for (const { kind, link } of ready.sendNow) {
        if (kind === "snapshot" && link > 0) begun.push({ kind: "snapshotSent", link });
      }
      return ready;
    },
    injected() {
      const inputs = begun;
      begun = [];
      return inputs;
    },
  };
}
