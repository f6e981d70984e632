import { PacketType } from "../../src/core/zab/packets.ts";
import type { LinkSend, PeerInput, PeerReady } from "../../src/core/zab/peer-face.ts";
import { counterOf } from "../../src/protocol/zxid.ts";
import type { PeerMutation } from "../peer-hooks.ts";
import { typeOf } from "./packet-bytes.ts";

/** ZOOKEEPER-4394: the COMMIT of a proposal that was sent with a DIFF is lost. */
export function commitLostInDiff(): PeerMutation {
  return {
    ready(ready) {
      const isSynced = (link: number): boolean =>
        ready.sendNow.some(
          (send) =>
            send.link === link && send.kind === "packet" && typeOf(send.bytes) === PacketType.NEWLEADER,
        );
      const last = ready.sendNow.findLastIndex(
        (send) => send.kind === "packet" && typeOf(send.bytes) === PacketType.COMMIT && isSynced(send.link),
      );
      if (last < 0) return ready;
      const sendNow: LinkSend[] = ready.sendNow.filter((_, i) => i !== last);
      return { ...ready, sendNow };
    },
  };
}

/** ZOOKEEPER-4925: a history with a hole is taken; of records that are logged together, one is not. */
export function holeInLog(): PeerMutation {
  return {
    ready(ready) {
      if (ready.append.length < 3) return ready;
      return { ...ready, append: ready.append.filter((_, i) => i !== 1) };
    },
  };
}

/** ZOOKEEPER-3642: the leader's snapshot counts before it is on disk. */
export function snapshotNotInstalled(): PeerMutation {
  let done: PeerInput[] = [];
  return {
    ready(ready): PeerReady {
      const installs = ready.jobs.filter((job) => job.kind === "installSnapshot");
      if (installs.length === 0) return ready;
      for (const { zxid } of installs) done.push({ kind: "snapshotInstalled", zxid });
      return { ...ready, jobs: ready.jobs.filter((job) => job.kind !== "installSnapshot") };
    },
    injected() {
      const inputs = done;
      done = [];
      return inputs;
    },
  };
}

/** S24: a learner serves when it has the history, and does not wait for UPTODATE. */
export function servesBeforeUpToDate(): PeerMutation {
  return {
    step(input) {
      if (input.kind !== "packet" || input.packet.type !== PacketType.NEWLEADER) return [input];
      const packet = {
        type: PacketType.UPTODATE,
        zxid: -1 as typeof input.packet.zxid,
        data: null,
        authinfo: null,
      };
      return [input, { kind: "packet", link: input.link, packet }];
    },
  };
}

/** ZOOKEEPER-4837, -1549: a voter takes a snapshot of its whole log when its role begins, whether that will be committed or not. */
export function snapshotOfUncommitted(): PeerMutation {
  let hadRole = false;
  let written = 0;
  return {
    ready(ready, peer) {
      const hasRole = peer.state === "leading" || peer.state === "following";
      const isDue = hasRole && !hadRole && ready.append.length === 0 && ready.jobs.length === 0;
      hadRole = hasRole;
      if (!isDue || counterOf(peer.lastZxid) === 0) return ready;
      written++;
      const { database, lastZxid: zxid } = peer;
      return { ...ready, jobs: [{ kind: "installSnapshot", zxid, database }] };
    },
    step(input) {
      if (input.kind !== "snapshotInstalled" || written === 0) return [input];
      written--;
      return [];
    },
  };
}
