import { PacketType } from "../../src/core/zab/packets.ts";
import { counterOf, epochOf } from "../../src/protocol/zxid.ts";
import type { Checker, Facts, LearnerLink, Observation } from "../observation.ts";

const LOOKING = 0;

/**
 * S24: nobody answers a client before it is UPTODATE, or as a leader before a quorum has acknowledged its leadership; a
 * leader tells no learner that it is up to date before that has said so (F20).
 */
export class Service implements Checker {
  readonly name = "service";
  /** Until when a server may: what one turn of its loop has decided leaves in any order. */
  readonly #serving = new Map<number, number>();
  readonly #epochs = new Map<number, number>();
  readonly #acks = new Map<string, Set<number>>();

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind === "started" || seen.kind === "ended") this.#serving.delete(seen.server);
    if (seen.kind === "voted" && seen.notification.state === LOOKING && this.#serving.has(seen.from)) {
      this.#serving.set(seen.from, Math.min(this.#serving.get(seen.from)!, facts.nowMs));
    }
    if (seen.kind === "sent" && seen.packet.type === PacketType.NEWLEADER) {
      this.#epochs.set(seen.link.id, epochOf(seen.packet.zxid));
    }
    if (seen.kind === "sent" && seen.packet.type === PacketType.UPTODATE) return this.#upToDate(seen.link);
    if (seen.kind === "arrived") this.#seeArrived(seen, facts);
    // What servers without a quorum say is another checker's.
    if (seen.kind !== "served" || seen.as !== "member") return undefined;
    if ((this.#serving.get(seen.server) ?? -1) >= facts.nowMs) return undefined;
    // A reconfig may have left one voter, who is a quorum.
    if (facts.rule.isQuorum([seen.server])) return undefined;
    return `server ${seen.server} answers a client before it may`;
  }

  /** A follower that feeds observers counts nobody, and waits for nobody (3.16). */
  #upToDate({ id, leader, learner, isRelayed }: LearnerLink): string | undefined {
    const epoch = this.#epochs.get(id);
    if (isRelayed) return undefined;
    if (this.#acks.get(`${leader}/${epoch}`)?.has(learner)) return undefined;
    return `leader ${leader} tells ${learner} that it is up to date in epoch ${epoch}, which it has not acknowledged`;
  }

  #seeArrived(
    { link, packet, isFromLeader }: Extract<Observation, { kind: "sent" | "arrived" }>,
    facts: Facts,
  ): void {
    if (isFromLeader) {
      if (packet.type === PacketType.UPTODATE) this.#serving.set(link.learner, Number.POSITIVE_INFINITY);
      return;
    }
    if (link.isRelayed || packet.type !== PacketType.ACK || counterOf(packet.zxid) !== 0) return;
    if (this.#epochs.get(link.id) !== epochOf(packet.zxid)) return;
    const key = `${link.leader}/${epochOf(packet.zxid)}`;
    let acks = this.#acks.get(key);
    if (acks === undefined) this.#acks.set(key, (acks = new Set([link.leader])));
    acks.add(link.learner);
    if (facts.rule.isQuorum(acks)) this.#serving.set(link.leader, Number.POSITIVE_INFINITY);
  }
}
