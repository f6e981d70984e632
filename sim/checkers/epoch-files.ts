import { epochOf } from "../../src/protocol/zxid.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/** S10, S11: stored epochs never go back, the current one is accepted, and no record is of an epoch that is not. */
export class EpochFiles implements Checker {
  readonly name = "epoch-files";
  readonly #accepted = new Map<number, number>();
  readonly #current = new Map<number, number>();

  see(seen: Observation, facts: Facts): string | undefined {
    if (seen.kind !== "durable" && seen.kind !== "started") return undefined;
    const { server } = seen;
    const { accepted = 0, current = 0, lastZxid } = facts.durable(server);
    const who = `server ${server}`;
    const [oldAccepted, oldCurrent] = [this.#accepted.get(server) ?? 0, this.#current.get(server) ?? 0];
    this.#accepted.set(server, accepted);
    this.#current.set(server, current);
    if (accepted < oldAccepted) return `${who}: acceptedEpoch goes back from ${oldAccepted} to ${accepted}`;
    if (current < oldCurrent) return `${who}: currentEpoch goes back from ${oldCurrent} to ${current}`;
    if (current > accepted) return `${who}: currentEpoch ${current} is above acceptedEpoch ${accepted}`;
    if (epochOf(lastZxid) > accepted)
      return `${who} has ${show(lastZxid)} and has accepted epoch ${accepted} only`;
    return undefined;
  }
}
