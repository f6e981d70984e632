import { PacketType } from "../../src/core/zab/packets.ts";
import { epochOf, ZXID_ZERO } from "../../src/protocol/zxid.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/**
 * S12, S18: an epoch is accepted on disk before that is said, to one leader only as one that counts, together with the true
 * end of the history.
 */
export class AckEpoch implements Checker {
  readonly name = "ack-epoch";
  readonly #offered = new Map<number, number>();
  readonly #counted = new Set<string>();

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind !== "sent") return undefined;
    const { link, packet } = seen;
    if (packet.type === PacketType.LEADERINFO) {
      const epoch = epochOf(packet.zxid);
      this.#offered.set(link.id, epoch);
      const { accepted = 0 } = facts.durable(link.leader);
      if (accepted !== epoch) return `leader ${link.leader} offers epoch ${epoch}, its disk says ${accepted}`;
    }
    if (packet.type !== PacketType.ACKEPOCH || seen.isFromLeader) return undefined;
    const who = `server ${link.learner}`;
    const epoch = this.#offered.get(link.id);
    if (epoch === undefined) return `${who} accepts an epoch that nobody offered`;
    const { accepted = 0, current = 0, lastZxid } = facts.durable(link.learner);
    if (accepted < epoch) return `${who} accepts epoch ${epoch}, its disk says ${accepted}`;
    const claimed = new DataView(packet.data!.buffer, packet.data!.byteOffset).getInt32(0);
    const end = packet.zxid;
    // An answer that does not count may ask for everything: the leader's cut cannot be made here.
    if (claimed === -1 && end === ZXID_ZERO) return undefined;
    if (end !== lastZxid && facts.history.resolve(end) !== facts.history.resolve(lastZxid)) {
      return `${who} says that its history ends with ${show(end)}, on its disk it ends with ${show(lastZxid)}`;
    }
    if (claimed === -1) return undefined;
    if (claimed !== current) return `${who} says that its epoch is ${claimed}, its disk says ${current}`;
    const key = `${link.learner}/${epoch}`;
    if (this.#counted.has(key)) return `${who} counts for two leaders of epoch ${epoch}`;
    this.#counted.add(key);
    return undefined;
  }
}
