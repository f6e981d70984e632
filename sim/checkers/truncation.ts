import { PacketType } from "../../src/core/zab/packets.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/** S19: nobody is told to cut away what is decided. */
export class Truncation implements Checker {
  readonly name = "truncation";

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind !== "sent" || !seen.isFromLeader || seen.packet.type !== PacketType.TRUNC) return undefined;
    const { learner, leader } = seen.link;
    const disk = facts.durable(learner);
    const cut = facts.history.resolve(seen.packet.zxid) ?? seen.packet.zxid;
    const { committed } = facts.history;
    for (let i = committed.length - 1; i >= 0 && committed[i]!.zxid > cut; i--) {
      if (!disk.has(committed[i]!.zxid)) continue;
      return `leader ${leader} makes ${learner} cut to ${show(cut)}: ${show(committed[i]!.zxid)}, committed, would go`;
    }
    return undefined;
  }
}
