import { PacketType } from "../../src/core/zab/packets.ts";
import type { PeerInput } from "../../src/core/zab/peer-face.ts";
import { epochOf } from "../../src/protocol/zxid.ts";
import type { PeerMutation } from "../peer-hooks.ts";
import { newLeaderAckBeforeLog } from "./early-acks.ts";
import { typeOf, zxidOf } from "./packet-bytes.ts";

/** 3.14: a leader whose zxids are used up gives up, and the next election begins another epoch, as Apache's do. */
export function leaderGivesUpAtEpochEnd(): PeerMutation {
  const links = new Set<number>();
  let lost: PeerInput[] = [];
  return {
    step(input) {
      if (input.kind === "linkAccepted") links.add(input.link);
      if (input.kind === "linkDown") links.delete(input.link);
      return [input];
    },
    ready(ready, peer) {
      const isNext = (bytes: Uint8Array): boolean =>
        typeOf(bytes) === PacketType.LEADERINFO && epochOf(zxidOf(bytes)) > peer.currentEpoch;
      if (peer.state !== "leading" || !peer.isServing) return ready;
      if (!ready.sendAfterPersist.some(({ bytes }) => isNext(bytes))) return ready;
      lost = [...links].map((link): PeerInput => ({ kind: "linkDown", link, reason: "it gives up" }));
      links.clear();
      return { ...ready, sendAfterPersist: ready.sendAfterPersist.filter(({ bytes }) => !isNext(bytes)) };
    },
    injected() {
      const inputs = lost;
      lost = [];
      return inputs;
    },
  };
}

/** S13: who goes on to its leader's next epoch says so before that is stored; only then. */
export function nextEpochAckedBeforeStored(): PeerMutation {
  const { ready } = newLeaderAckBeforeLog();
  return { ready: (wanted, peer) => (peer.isServing ? ready!(wanted, peer) : wanted) };
}
