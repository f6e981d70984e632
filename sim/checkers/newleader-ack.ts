import { PacketType } from "../../src/core/zab/packets.ts";
import { counterOf, epochOf, type Zxid } from "../../src/protocol/zxid.ts";
import type { Checker, Facts, LearnerLink, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

interface Sync {
  readonly link: LearnerLink;
  /** What the learner must have before it follows: the snapshot, then each txn that came as committed. */
  wanted: Zxid[];
  epoch: number | undefined;
  isAcked: boolean;
  wasStored: boolean;
}

/**
 * S13: what came as committed before NEWLEADER is on disk before currentEpoch says the new epoch, and that before the ACK
 * (ZOOKEEPER-3911, -4643, -4646); no other ACK goes in front of that (ZOOKEEPER-4685).
 */
export class NewLeaderAck implements Checker {
  readonly name = "newleader-ack";
  readonly #syncs = new Map<number, Sync>();
  /** What is still said on them, by a learner that has yet to notice, reaches nobody. */
  readonly #closed = new Set<number>();

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind === "linkClosed") {
      this.#syncs.delete(seen.link.id);
      this.#closed.add(seen.link.id);
    }
    if ((seen.kind === "arrived" || seen.kind === "sent") && this.#closed.has(seen.link.id)) return undefined;
    if (seen.kind === "durable") return this.#seeDurable(seen.server, facts);
    // The learner knows what has arrived; what it says counts when it leaves.
    if (seen.kind === "arrived" && seen.isFromLeader) this.#collect(seen.link, seen.packet, facts);
    if (seen.kind !== "sent" || seen.isFromLeader || seen.packet.type !== PacketType.ACK) return undefined;
    const sync = this.#syncs.get(seen.link.id);
    if (sync === undefined || sync.isAcked) return undefined;
    const who = `server ${seen.link.learner}`;
    if (counterOf(seen.packet.zxid) !== 0)
      return `${who} acknowledges ${show(seen.packet.zxid)} before the leadership`;
    sync.isAcked = true;
    const epoch = epochOf(seen.packet.zxid);
    if (sync.epoch !== epoch)
      return `${who} acknowledges a leadership of epoch ${epoch} that was not announced`;
    const { current } = facts.durable(seen.link.learner);
    if (current !== epoch)
      return `${who} acknowledges epoch ${epoch}, currentEpoch on its disk is ${current}`;
    return this.#missing(sync, facts, `acknowledges epoch ${epoch}`);
  }

  #collect(
    link: LearnerLink,
    { type, zxid }: { readonly type: number; readonly zxid: Zxid },
    facts: Facts,
  ): void {
    let sync = this.#syncs.get(link.id);
    if (sync === undefined) {
      sync = { link, wanted: [], epoch: undefined, isAcked: false, wasStored: false };
      this.#syncs.set(link.id, sync);
    }
    if (sync.epoch !== undefined) {
      if (type === PacketType.NEWLEADER && epochOf(zxid) > sync.epoch) this.#goOn(sync, zxid, facts);
      return;
    }
    if (type === PacketType.NEWLEADER) {
      sync.epoch = epochOf(zxid);
      // Who comes back to the leader that it had has stored the epoch before.
      sync.wasStored = facts.durable(link.learner).current === sync.epoch;
    }
    if (type === PacketType.COMMIT || type === PacketType.COMMITANDACTIVATE || type === PacketType.SNAP) {
      sync.wanted.push(zxid);
    }
  }

  /** 3.14: the leader begins another epoch on the same link, behind all that it has committed in the one before. */
  #goOn(sync: Sync, zxid: Zxid, facts: Facts): void {
    const last = facts.history.resolve(zxid);
    sync.epoch = epochOf(zxid);
    sync.isAcked = false;
    sync.wasStored = facts.durable(sync.link.learner).current === sync.epoch;
    sync.wanted = last === undefined ? [] : [last];
  }

  #seeDurable(server: number, facts: Facts): string | undefined {
    for (const sync of this.#syncs.values()) {
      if (sync.link.learner !== server || sync.wasStored || sync.epoch === undefined) continue;
      if (facts.durable(server).current !== sync.epoch) continue;
      sync.wasStored = true;
      return this.#missing(sync, facts, `has stored currentEpoch ${sync.epoch}`);
    }
    return undefined;
  }

  #missing({ link, wanted }: Sync, facts: Facts, what: string): string | undefined {
    const disk = facts.durable(link.learner);
    const missing = wanted.find((zxid) => zxid > 0 && !disk.has(zxid));
    return missing && `server ${link.learner} ${what} and does not have ${show(missing)} on its disk`;
  }
}
