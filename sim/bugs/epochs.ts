import { PacketType } from "../../src/core/zab/packets.ts";
import type { PeerInput } from "../../src/core/zab/peer-face.ts";
import { PeerState } from "../../src/core/zab/peer-state.ts";
import { epochOf, makeZxid } from "../../src/protocol/zxid.ts";
import type { PeerMutation } from "../peer-hooks.ts";
import { epochBeforeLog } from "./early-acks.ts";
import { withInt, withLong } from "./packet-bytes.ts";

const LOOKING = 0;
const FOLLOWING = 1;

/** S1: a leader begins with the epoch that it has accepted last, be it another leader's, instead of the next one. */
export function acceptedEpochLedAgain(): () => void {
  const { event } = PeerState.prototype;
  PeerState.prototype.event = function (this: PeerState, what) {
    // What comes next is the making of the leader, which adds one.
    const isElected = what.kind === "roleChanged" && what.state === "leading";
    if (isElected && this.acceptedEpoch > 0) this.acceptedEpoch--;
    event.call(this, what);
  };
  return () => {
    PeerState.prototype.event = event;
  };
}

/**
 * S1: a leader does not go above the epoch that its followers have accepted, and counts those that have accepted it from
 * another one.
 */
export function epochLedTwice(): PeerMutation {
  return {
    step(input, peer): readonly PeerInput[] {
      if (input.kind !== "packet" || input.link < 0) return [input];
      const { packet } = input;
      if (packet.type === PacketType.FOLLOWERINFO) {
        const zxid = makeZxid(Math.max(0, epochOf(packet.zxid) - 1), 0);
        return [{ ...input, packet: { ...packet, zxid } }];
      }
      if (packet.type !== PacketType.ACKEPOCH || packet.data === null) return [input];
      if (new DataView(packet.data.buffer, packet.data.byteOffset).getInt32(0) !== -1) return [input];
      return [{ ...input, packet: { ...packet, data: withInt(packet.data, 0, peer.currentEpoch) } }];
    },
  };
}

/** ZOOKEEPER-1732, -1818: a follower goes on telling the epoch that it had when it was elected; its leader tells the new one. */
export function voteNotUpdated(): PeerMutation {
  const EPOCH_AT = 28;
  let elected = 0n;
  return {
    ready: (ready) => ({
      ...ready,
      notify: ready.notify.map(({ to, payload }) => {
        const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
        const state = view.getInt32(0);
        if (state === LOOKING) elected = view.getBigInt64(EPOCH_AT);
        return { to, payload: state === FOLLOWING ? withLong(payload, EPOCH_AT, Number(elected)) : payload };
      }),
    }),
  };
}

/** F67, 3.15: an observer stores the epoch in front of the txns that came with the sync. */
export function observerEpochBeforeLog(): PeerMutation {
  const { ready } = epochBeforeLog();
  return { ready: (now, peer) => (peer.state === "observing" ? ready!(now, peer) : now) };
}

/** S23: a proposed configuration is acted on as if it were decided. */
export function actsOnProposedConfiguration(): PeerMutation {
  return {
    ready(ready) {
      const lastSeen = ready.memberships?.lastSeen;
      if (lastSeen === undefined || lastSeen === null) return ready;
      return { ...ready, memberships: { committed: lastSeen, lastSeen: null } };
    },
  };
}
