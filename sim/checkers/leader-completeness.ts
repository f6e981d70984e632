import { PacketType } from "../../src/core/zab/packets.ts";
import { counterOf, epochOf, makeZxid, type Zxid } from "../../src/protocol/zxid.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/**
 * S8, S9: a leader that begins to serve has everything that was ever decided. One that began when it had, and has not yet
 * noticed that a later epoch has begun, may still bring a learner to what it has: that is old, and nothing else. It has begun when a
 * quorum has acknowledged its epoch, whenever it hears of that.
 */
export class LeaderCompleteness implements Checker {
  readonly name = "leader-completeness";
  readonly #epochs = new Map<number, number>();
  readonly #begun = new Set<number>();
  /** By epoch: who has acknowledged it before anything was decided in a later one. */
  readonly #followers = new Map<number, Set<number>>();

  see(seen: Observation, { history, rule }: Facts): string | undefined {
    if (seen.kind === "sent" && !seen.isFromLeader && seen.packet.type === PacketType.ACK)
      this.#acknowledged(seen.link.learner, seen.packet.zxid, history.tip);
    // An observer may go on behind a follower that has yet to hear of a new leader.
    if (seen.kind !== "sent" || !seen.isFromLeader || seen.link.isRelayed) return undefined;
    const { link, packet } = seen;
    if (packet.type === PacketType.NEWLEADER) this.#epochs.set(link.id, epochOf(packet.zxid));
    if (packet.type !== PacketType.UPTODATE) return undefined;
    const epoch = this.#epochs.get(link.id);
    if (epoch === undefined)
      return `leader ${link.leader} sends UPTODATE to ${link.learner} without NEWLEADER`;
    if (this.#begun.has(epoch)) return undefined;
    this.#begun.add(epoch);
    const { tip } = history;
    if (epochOf(tip) === epoch) return undefined;
    if (epochOf(tip) > epoch && !rule.isQuorum([link.leader, ...(this.#followers.get(epoch) ?? [])])) {
      return `leader ${link.leader} makes ${link.learner} serve in epoch ${epoch}, and ${show(tip)} is committed`;
    }
    const before = history.committed.findLast(({ zxid }) => epochOf(zxid) < epoch)?.zxid;
    const beginning = history.resolve(makeZxid(epoch, 0));
    if (before === undefined || beginning === undefined || beginning >= before) return undefined;
    return `leader ${link.leader} begins epoch ${epoch} with ${show(beginning)}, and ${show(before)} is committed`;
  }

  #acknowledged(learner: number, zxid: Zxid, tip: Zxid): void {
    const epoch = epochOf(zxid);
    if (counterOf(zxid) !== 0 || epochOf(tip) > epoch) return;
    const followers = this.#followers.get(epoch) ?? new Set();
    this.#followers.set(epoch, followers.add(learner));
  }
}
