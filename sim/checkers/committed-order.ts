import { PacketType } from "../../src/core/zab/packets.ts";
import { epochOf, makeZxid } from "../../src/protocol/zxid.ts";
import type { Checker, Facts, Observation } from "../observation.ts";

const DECIDES: ReadonlySet<number> = new Set([
  PacketType.COMMIT,
  PacketType.INFORM,
  PacketType.COMMITANDACTIVATE,
  PacketType.INFORMANDACTIVATE,
]);

/** They name the last txn that is committed. */
const SYNCS_TO: ReadonlySet<number> = new Set([PacketType.DIFF, PacketType.SNAP]);

/**
 * S2, S4, S6, S7: what is decided is one chain that only grows. A COMMIT behind NEWLEADER decides; one in front of it belongs to
 * the leader's history, which is decided when a quorum has it: with the first UPTODATE. What a client is told is decided too.
 */
export class CommittedOrder implements Checker {
  readonly name = "committed-order";
  /** Epoch by link, from NEWLEADER on. */
  readonly #epochs = new Map<number, number>();

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind === "acknowledged") {
      const contradiction = facts.commit(seen.zxid);
      return contradiction && `${seen.client} was told that its write is done: ${contradiction}`;
    }
    if (seen.kind !== "sent" || !seen.isFromLeader) return undefined;
    const { link, packet } = seen;
    const { type, zxid } = packet;
    if (type === PacketType.NEWLEADER) {
      const epoch = epochOf(zxid);
      this.#epochs.set(link.id, epoch);
      const { lastZxid } = facts.durable(link.leader);
      // A learner that comes later finds a leader that has gone on.
      if (link.isRelayed || epochOf(lastZxid) >= epoch) return undefined;
      const contradiction = facts.history.begin(epoch, lastZxid);
      return contradiction && `leader ${link.leader}: ${contradiction}`;
    }
    const epoch = this.#epochs.get(link.id);
    if (epoch === undefined) {
      // What a leader that is a quorum alone has decided in the meantime, only who comes to it later hears.
      // Of its epoch, that is: it may have begun with a reconfig that needs others too.
      const isOfItsEpoch = epochOf(zxid) === facts.durable(link.leader).accepted;
      const isAlone = SYNCS_TO.has(type) && !link.isRelayed && facts.rule.isQuorum([link.leader]);
      const isDecided = isAlone && isOfItsEpoch;
      const contradiction = isDecided ? facts.commit(zxid) : undefined;
      return contradiction && `leader ${link.leader}: ${contradiction}`;
    }
    if (type !== PacketType.UPTODATE && !DECIDES.has(type)) return undefined;
    const contradiction = facts.commit(type === PacketType.UPTODATE ? makeZxid(epoch, 0) : zxid);
    return contradiction && `leader ${link.leader}: ${contradiction}`;
  }
}
