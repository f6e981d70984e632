import { epochOf } from "../../src/protocol/zxid.ts";
import { quorumRuleIn } from "../membership-txn.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/**
 * S9, S15, S23: when a txn is decided, a quorum has it on its disks; of a reconfig, one of the old and one of the new members. Who has
 * not stored the txn's epoch as its own does not count: it would lose an election against those that have, and lack the txn (F20).
 */
export class CommitQuorum implements Checker {
  readonly name = "commit-quorum";

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind !== "committed") return undefined;
    let { rule } = facts;
    for (const { zxid, bytes } of seen.txns) {
      const next = quorumRuleIn(bytes) ?? rule;
      for (const needed of next === rule ? [rule] : [rule, next]) {
        const holders = needed.voters.filter((server) => {
          const disk = facts.durable(server);
          return disk.has(zxid) && (disk.current ?? 0) >= epochOf(zxid);
        });
        if (needed.isQuorum(holders)) continue;
        const where = holders.length === 0 ? "no server" : `[${holders}] only`;
        return `${show(zxid)} is committed and durable on ${where}, of [${needed.voters}]`;
      }
      rule = next;
    }
    return undefined;
  }
}
