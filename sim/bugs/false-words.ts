import { PacketType } from "../../src/core/zab/packets.ts";
import type { DurablePacket, LinkSend, PeerInput } from "../../src/core/zab/peer-face.ts";
import { counterOf, type Zxid } from "../../src/protocol/zxid.ts";
import type { PeerMutation } from "../peer-hooks.ts";
import { typeOf, withInt, withLong, zxidOf } from "./packet-bytes.ts";

const LOOKING = 0;

/** ZOOKEEPER-2845: a server votes with an older txn than the last one in its log. */
export function staleVote(): PeerMutation {
  return {
    ready: (ready, { sid }) => ({
      ...ready,
      notify: ready.notify.map(({ to, payload }) => {
        const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
        const zxid = Number(view.getBigInt64(12));
        const isOwn = view.getInt32(0) === LOOKING && Number(view.getBigInt64(4)) === sid;
        const isOlder = isOwn && counterOf(zxid as Zxid) > 1;
        return { to, payload: isOlder ? withLong(payload, 12, zxid - 1) : payload };
      }),
    }),
  };
}

/** S12: an epoch that was accepted before counts once more, for another leader. */
export function epochCountsTwice(): PeerMutation {
  return {
    ready: (ready, { currentEpoch }) => ({
      ...ready,
      sendAfterPersist: ready.sendAfterPersist.map(({ link, bytes }) => ({
        link,
        bytes:
          typeOf(bytes) === PacketType.ACKEPOCH ? (withInt(bytes, 16, currentEpoch) as DurablePacket) : bytes,
      })),
    }),
  };
}

/** A leader counts the ACK of one learner for another one too. */
export function ackCountedTwice(): PeerMutation {
  const links = new Set<number>();
  return {
    step(input): readonly PeerInput[] {
      if (input.kind === "linkDown") links.delete(input.link);
      if (input.kind !== "packet" || input.packet.type !== PacketType.ACK) return [input];
      links.add(input.link);
      if (counterOf(input.packet.zxid) === 0) return [input];
      return [input, ...[...links].filter((link) => link !== input.link).map((link) => ({ ...input, link }))];
    },
  };
}

/**
 * S22: a follower continues a session without asking the leader, and does not look at the zxid that the client has seen: one
 * that lags shows it the past.
 */
export function revalidatesByItself(isMeant: (session: Uint8Array) => boolean = () => true): PeerMutation {
  const fresh = new Set<number>();
  let answers: PeerInput[] = [];
  return {
    step(input): readonly PeerInput[] {
      if (input.kind === "connectionOpened") fresh.add(input.connection);
      if (input.kind !== "frame" || !fresh.delete(input.connection)) return [input];
      if (!isMeant(input.bytes.subarray(16, 24))) return [input];
      return [{ ...input, bytes: withLong(input.bytes, 4, 0) }];
    },
    ready(ready) {
      const isAsked = (send: LinkSend): boolean =>
        send.kind === "packet" &&
        send.link < 0 &&
        typeOf(send.bytes) === PacketType.REVALIDATE &&
        isMeant(send.bytes.subarray(16, 24));
      for (const send of ready.sendNow) {
        if (send.kind !== "packet" || !isAsked(send)) continue;
        const data = new Uint8Array(9);
        data.set(send.bytes.subarray(16, 24));
        data[8] = 1;
        const packet = { type: PacketType.REVALIDATE, zxid: zxidOf(send.bytes), data, authinfo: null };
        answers.push({ kind: "packet", link: send.link, packet });
      }
      return { ...ready, sendNow: ready.sendNow.filter((send) => !isAsked(send)) };
    },
    injected() {
      const inputs = answers;
      answers = [];
      return inputs;
    },
  };
}

/** 3.12: which sessions learners have heard of does not reach the leader's clock, and they expire although they live. */
export function touchesLost(): PeerMutation {
  return {
    step(input): readonly PeerInput[] {
      if (input.kind !== "packet" || input.link < 0 || input.packet.type !== PacketType.PING) return [input];
      return [{ ...input, packet: { ...input.packet, data: new Uint8Array(0) } }];
    },
  };
}

/** 4.1: a follower stamps txns with its own clock instead of the leader's. */
export function ownTimeInTxns(): PeerMutation {
  const TIME_AT = 20;
  return {
    step(input): readonly PeerInput[] {
      if (input.kind !== "packet" || input.packet.type !== PacketType.PROPOSAL || input.packet.data === null)
        return [input];
      const { data } = input.packet;
      const time = Number(new DataView(data.buffer, data.byteOffset, data.length).getBigInt64(TIME_AT));
      return [{ ...input, packet: { ...input.packet, data: withLong(data, TIME_AT, time + 1) } }];
    },
  };
}

/** L4: a follower does not notice that its leader is gone, and goes on answering. */
export function outlivesLeader(): PeerMutation {
  let link: number | undefined;
  return {
    step(input, peer): readonly PeerInput[] {
      if (input.kind === "linkUp") link = input.link;
      if (peer.state !== "following" || !peer.isServing || link === undefined) return [input];
      if (input.kind === "linkDown" && input.link === link) return [];
      if (input.kind !== "tick") return [input];
      const packet = { type: PacketType.PING, zxid: peer.lastZxid, data: null, authinfo: null };
      return [{ kind: "packet", link, packet }, input];
    },
  };
}
