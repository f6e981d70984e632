import { PacketType } from "../../src/core/zab/packets.ts";
import type { LinkSend, Packet, PeerInput } from "../../src/core/zab/peer-face.ts";
import { counterOf, epochOf, ZXID_ZERO, type Zxid } from "../../src/protocol/zxid.ts";
import type { PeerMutation } from "../peer-hooks.ts";
import { typeOf, withInt, withLong, zxidOf } from "./packet-bytes.ts";

const typeOfSend = (send: LinkSend | undefined): number | undefined =>
  send?.kind === "packet" ? typeOf(send.bytes) : undefined;

/** ZOOKEEPER-3526, S19: a leader with a committed log that is wrong at its end takes the last txn of a learner for uncommitted. */
export function falseTrunc(): PeerMutation {
  return {
    ready: (ready) => ({
      ...ready,
      sendNow: ready.sendNow.map((send) => {
        if (send.kind !== "packet" || typeOf(send.bytes) !== PacketType.DIFF) return send;
        const sends = ready.sendNow.filter(({ link }) => link === send.link);
        const isInSync = typeOfSend(sends[sends.indexOf(send) + 1]) === PacketType.NEWLEADER;
        const zxid = zxidOf(send.bytes);
        if (!isInSync || counterOf(zxid) < 2) return send;
        return { ...send, bytes: withLong(withInt(send.bytes, 0, PacketType.TRUNC), 4, zxid - 1) as Packet };
      }),
    }),
  };
}

/** A log that is cut behind the record that `keep` names, and said to end where it should. `last`: where it ended before. */
function cutsLess(keep: (cut: Zxid, last: Zxid) => Zxid): () => PeerMutation {
  return () => {
    let last = ZXID_ZERO;
    let cut: Zxid | undefined;
    return {
      ready: (ready) => ({
        ...ready,
        jobs: ready.jobs.map((job) => {
          if (job.kind !== "truncate") return job;
          cut = job.zxid;
          return { ...job, zxid: keep(job.zxid, last) };
        }),
      }),
      step(input, peer): readonly PeerInput[] {
        if (input.kind === "packet" && input.packet.type === PacketType.TRUNC) last = peer.lastZxid;
        if (input.kind !== "recovered" || cut === undefined) return [input];
        const lastZxid = cut;
        cut = undefined;
        input.database.tree.lastProcessedZxid = lastZxid;
        return [{ ...input, lastZxid }];
      },
    };
  };
}

/** F29, F64: what the leader wants cut stays. */
export const truncCutsNothing = cutsLess((_cut, last) => last);

/** F64, storage-formats 2.4: the record behind the cut survives. */
export const truncKeepsNext = cutsLess((cut) => (cut + 1) as Zxid);

/** F65: what is of a later epoch survives. */
export const truncKeepsLaterEpoch = cutsLess((cut, last) => (epochOf(last) > epochOf(cut) ? last : cut));

/**
 * ZOOKEEPER-5094, F26: the connection is lost between TRUNC and NEWLEADER, and txns that came in between stay in memory, ahead of
 * the log.
 */
export function interruptedTruncKeepsMemory(): PeerMutation {
  let proposals: Uint8Array[] = [];
  let commits = 0;
  let isCut = false;
  let isCutting = false;
  let isLost = false;
  let link = 0;
  return {
    ready(ready) {
      if (ready.jobs.some(({ kind }) => kind === "truncate")) isCutting = true;
      return ready;
    },
    step(input, peer): readonly PeerInput[] {
      if (input.kind === "recovered" && isCutting) {
        isCutting = false;
        if (!isLost) return [input];
        isLost = false;
        for (const bytes of proposals.slice(0, commits)) input.database.replay(bytes);
        return [input, { kind: "linkDown", link: link, reason: "it was lost" }];
      }
      if (input.kind !== "packet" || input.link > 0) return [input];
      link = input.link;
      const { type, data } = input.packet;
      switch (type) {
        case PacketType.TRUNC:
          isCut = true;
          proposals = [];
          commits = 0;
          break;
        case PacketType.DIFF:
        case PacketType.SNAP:
          isCut = false;
          break;
        case PacketType.PROPOSAL:
          if (isCut) proposals.push(new Uint8Array(data!));
          break;
        case PacketType.COMMIT:
          if (isCut) commits++;
          break;
        case PacketType.NEWLEADER: {
          if (!isCut || commits === 0) break;
          isCut = false;
          isLost = isCutting;
          if (isLost) return [];
          for (const bytes of proposals.slice(0, commits)) peer.database.replay(bytes);
          return [{ kind: "linkDown", link, reason: "it was lost" }];
        }
      }
      return [input];
    },
  };
}
