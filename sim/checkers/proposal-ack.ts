import { PacketType } from "../../src/core/zab/packets.ts";
import { counterOf, type Zxid } from "../../src/protocol/zxid.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/** S14: a server acknowledges a proposal when that and all before it on the link are on its disk (ZOOKEEPER-4646). */
export class ProposalAck implements Checker {
  readonly name = "proposal-ack";
  readonly #proposed = new Map<number, Zxid[]>();

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind === "linkClosed") this.#proposed.delete(seen.link.id);
    if (seen.kind !== "sent") return undefined;
    const { link, packet } = seen;
    if (seen.isFromLeader && packet.type === PacketType.PROPOSAL) {
      const proposed = this.#proposed.get(link.id);
      if (proposed === undefined) this.#proposed.set(link.id, [packet.zxid]);
      else proposed.push(packet.zxid);
    }
    if (seen.isFromLeader || packet.type !== PacketType.ACK || counterOf(packet.zxid) === 0) return undefined;
    const disk = facts.durable(link.learner);
    const proposed = this.#proposed.get(link.id) ?? [];
    const count = proposed.findIndex((zxid) => zxid > packet.zxid);
    const acked = proposed.splice(0, count < 0 ? proposed.length : count);
    const missing = [...acked, packet.zxid].find((zxid) => !disk.has(zxid));
    if (missing === undefined) return undefined;
    return `server ${link.learner} acknowledges ${show(packet.zxid)} and does not have ${show(missing)} on its disk`;
  }
}
