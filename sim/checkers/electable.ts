import { PacketType } from "../../src/core/zab/packets.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import type { QuorumRule } from "../quorum-rule.ts";

/**
 * 2.8: a server of weight 0 is never elected. Told of as long as the ensemble has the configuration that it began with: a leader
 * whose weight is taken away leads on.
 */
export class Electable implements Checker {
  readonly name = "electable";
  #rule: QuorumRule | undefined;

  see(seen: Observation, { rule }: Facts): string | undefined {
    this.#rule ??= rule;
    if (seen.kind !== "sent" || !seen.isFromLeader || seen.link.isRelayed) return undefined;
    const { leader } = seen.link;
    if (seen.packet.type !== PacketType.UPTODATE || rule !== this.#rule) return undefined;
    if (rule.voters.includes(leader) && rule.weightOf(leader) > 0) return undefined;
    return `server ${leader} leads, and must not be elected`;
  }
}
