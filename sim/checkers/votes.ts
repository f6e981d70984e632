import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

const LOOKING = 0;

/** S17: who votes for itself offers the last txn and the epoch that its disk has (ZOOKEEPER-2845). */
export class Votes implements Checker {
  readonly name = "votes";

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind !== "voted") return undefined;
    const { state, leader, zxid, peerEpoch } = seen.notification;
    if (state !== LOOKING || leader !== seen.from) return undefined;
    const { lastZxid, current = 0 } = facts.durable(seen.from);
    const { history } = facts;
    if (zxid !== lastZxid && history.resolve(zxid) !== history.resolve(lastZxid)) {
      return `server ${seen.from} offers ${show(zxid)}, its disk has ${show(lastZxid)}`;
    }
    if (peerEpoch === current) return undefined;
    return `server ${seen.from} offers epoch ${peerEpoch}, currentEpoch on its disk is ${current}`;
  }
}
