import { PacketType } from "../../src/core/zab/packets.ts";
import { epochOf, type Zxid } from "../../src/protocol/zxid.ts";
import type { Checker, Facts, LearnerLink, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

const { COMMIT, COMMITANDACTIVATE, INFORM, INFORMANDACTIVATE, LEADERINFO, TRUNC } = PacketType;
const COMMITS: ReadonlySet<number> = new Set([COMMIT, COMMITANDACTIVATE, INFORM, INFORMANDACTIVATE]);

/**
 * S19: nobody is told to cut away what is decided. A leader that has not noticed that a later epoch has begun may still have a learner cut
 * away, to give it again, what it has proposed and only that later epoch has decided: who can be cut so has not accepted the later epoch,
 * and had no part in its decision.
 */
export class Truncation implements Checker {
  readonly name = "truncation";
  /** By link, the epoch of its leader. */
  readonly #epochs = new Map<number, number>();
  /** By epoch, the last txn that its leader has said to be committed. */
  readonly #told = new Map<number, Zxid>();

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind !== "sent" || !seen.isFromLeader) return undefined;
    const { link, packet } = seen;
    if (packet.type === LEADERINFO) this.#epochs.set(link.id, epochOf(packet.zxid));
    const epoch = this.#epochs.get(link.id);
    if (COMMITS.has(packet.type) && epoch !== undefined) {
      this.#told.set(epoch, Math.max(packet.zxid, this.#told.get(epoch) ?? 0) as Zxid);
    }
    return packet.type === TRUNC ? this.#cut(link, epoch, packet.zxid, facts) : undefined;
  }

  #cut(link: LearnerLink, epoch: number | undefined, zxid: Zxid, facts: Facts): string | undefined {
    const { learner, leader } = link;
    const disk = facts.durable(learner);
    const cut = facts.history.resolve(zxid) ?? zxid;
    const { committed } = facts.history;
    for (let i = committed.length - 1; i >= 0 && committed[i]!.zxid > cut; i--) {
      const txn = committed[i]!.zxid;
      if (!disk.has(txn) || this.#isOnlyLater(txn, epoch)) continue;
      return `leader ${leader} makes ${learner} cut to ${show(cut)}: ${show(txn)}, committed, would go`;
    }
    return undefined;
  }

  /** Whether it is a txn of this epoch, and no leader of this or an earlier one has said that it is committed. */
  #isOnlyLater(txn: Zxid, epoch: number | undefined): boolean {
    if (epoch === undefined || epochOf(txn) !== epoch) return false;
    for (const [other, told] of this.#told) if (other <= epoch && told >= txn) return false;
    return true;
  }
}
