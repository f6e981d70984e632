import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/** S9, S15: when a txn is decided, a quorum has it on its disks. */
export class CommitQuorum implements Checker {
  readonly name = "commit-quorum";

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind !== "committed") return undefined;
    for (const { zxid } of seen.txns) {
      const holders = facts.voters.filter((server) => facts.durable(server).has(zxid));
      if (facts.hasQuorum(holders)) continue;
      return `${show(zxid)} is committed and durable on ${holders.length === 0 ? "no server" : `[${holders}] only`}`;
    }
    return undefined;
  }
}
