import { PacketType } from "../../src/core/zab/packets.ts";
import { counterOf, epochOf, type Zxid } from "../../src/protocol/zxid.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

interface Sent {
  /** Where the learner's history ends by now, proposals under way included. */
  end: Zxid | undefined;
  readonly pending: Zxid[];
  /** It began with a snapshot, which may hold parts of what was decided while it was made. */
  isWhole: boolean;
}

/**
 * S16, S25: what a leader sends on one link goes on where the learner's history ends, without a gap, and each COMMIT is for
 * the oldest proposal that has none (ZOOKEEPER-4394, -4925). NEWLEADER says that the learner has everything: behind a snapshot it
 * comes when all txns that the snapshot holds parts of are sent (ZOOKEEPER-3104).
 */
export class LinkOrder implements Checker {
  readonly name = "link-order";
  readonly #sent = new Map<number, Sent>();

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind === "linkClosed") this.#sent.delete(seen.link.id);
    if (seen.kind !== "sent") return undefined;
    const { link, packet } = seen;
    const { type, zxid } = packet;
    if (!seen.isFromLeader) {
      // A change of epoch on a link that is in use does not interrupt what is sent: what comes behind NEWLEADER may be under way.
      if (type === PacketType.ACKEPOCH && !this.#sent.has(link.id))
        this.#sent.set(link.id, { end: zxid, pending: [], isWhole: false });
      return undefined;
    }
    const sent = this.#sent.get(link.id);
    if (sent === undefined) return undefined;
    const where = `leader ${link.leader} to ${link.learner}`;
    switch (type) {
      case PacketType.TRUNC:
      case PacketType.SNAP:
        sent.end = zxid;
        sent.isWhole = type === PacketType.SNAP;
        return undefined;
      case PacketType.NEWLEADER: {
        const { tip } = facts.history;
        const { end, isWhole } = sent;
        // Who feeds observers may not have heard yet of what is decided.
        if (link.isRelayed || !isWhole || end === undefined || epochOf(tip) !== epochOf(zxid) || end >= tip)
          return undefined;
        return `${where}: NEWLEADER behind ${show(end)}, and the snapshot may hold parts of ${show(tip)}`;
      }
      case PacketType.PROPOSAL:
      case PacketType.INFORM:
      case PacketType.INFORMANDACTIVATE: {
        const { end } = sent;
        sent.end = zxid;
        if (type === PacketType.PROPOSAL) sent.pending.push(zxid);
        return isNext(end, zxid, facts) ? undefined : `${where}: ${show(zxid)} behind ${end && show(end)}`;
      }
      case PacketType.COMMIT:
      case PacketType.COMMITANDACTIVATE: {
        const head = sent.pending.shift();
        if (head === zxid) return undefined;
        return `${where}: COMMIT of ${show(zxid)}, the oldest proposal is ${head === undefined ? "none" : show(head)}`;
      }
      default:
        return undefined;
    }
  }
}

function isNext(end: Zxid | undefined, zxid: Zxid, { history }: Facts): boolean {
  if (end === undefined) return true;
  if (epochOf(end) === epochOf(zxid)) return zxid === end + 1;
  if (zxid < end || counterOf(zxid) !== 1) return false;
  const previous = history.get(zxid)?.previous;
  const resolved = history.resolve(end);
  return previous === undefined || resolved === undefined || previous === resolved;
}
